"""What is put to the ears: sentences in seven voices, foreign ones, numbers read out by people, and no speech."""

import random
import wave
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from benchmarks.voice.speech import read, spoken
from voice.audio import resampled
from voice.speaker import Speaker

FLITE = ("kal", "kal16", "awb", "rms", "slt")
ESPEAK = ("en-us", "en-gb-x-rp")
DIGITS = 7
RECORDED = 8000  # samples a second of the recorded digits
FOREIGN = {
    "de": (
        "Guten Tag, ich möchte einen Schaden melden.", "Wie hoch ist mein Beitrag in diesem Monat?",
        "Mein Auto steht seit gestern in der Werkstatt.", "Können Sie mich bitte zurückrufen?",
        "Ich brauche eine Bestätigung für meine Versicherung.",
    ),
    "fr": (
        "Bonjour, je voudrais déclarer un sinistre.", "Quel est le montant de ma prime ce mois-ci?",
        "Ma voiture a été volée pendant la nuit.", "Pouvez-vous me rappeler demain matin?",
        "J'ai besoin d'une attestation d'assurance.",
    ),
    "es": (
        "Buenos días, quiero dar parte de un accidente.", "Cuánto tengo que pagar este mes?",
        "Mi coche está en el taller desde ayer.", "Me pueden llamar mañana por la tarde?",
        "Necesito un certificado de mi seguro de hogar.",
    ),
    "pl": (
        "Dzień dobry, chciałbym zgłosić szkodę.", "Ile wynosi moja składka w tym miesiącu?",
        "Mój samochód stoi w warsztacie od wczoraj.", "Czy mogą państwo do mnie oddzwonić?",
        "Potrzebuję potwierdzenia ubezpieczenia mieszkania.",
    ),
    "cmn": (
        "你好，我想报案。", "我这个月的保费是多少？", "我的车昨天被偷了。",
        "请你们明天早上给我回电话。", "我需要一份保险证明。",
    ),
    "ru": (
        "Здравствуйте, я хочу сообщить о страховом случае.", "Сколько я должен заплатить в этом месяце?",
        "Моя машина со вчерашнего дня в мастерской.", "Перезвоните мне, пожалуйста, завтра утром.",
        "Мне нужна справка о страховании квартиры.",
    ),
}  # fmt: skip
READ_BY_ENGLISH_VOICES = {"de": "slt", "fr": "rms", "es": "slt", "pl": "rms"}  # Latin letters: flite reads them
_RATE = 16000
_SECONDS = 3.0
_GAP = (0.08, 0.25)  # seconds between the digits of somebody who reads out a number
_ENGINE = "voice.synthesis.espeak:Espeak"


def save(path: Path, samples: np.ndarray) -> Path:
    """As a WAV file at 16 kHz, as loud as can be."""
    loudest = max(1e-9, float(np.abs(samples).max()))
    return save_pcm(path, np.rint(samples / loudest * 30000).astype("<i2").tobytes(), _RATE)


def save_pcm(path: Path, pcm: bytes, rate: int) -> Path:
    """As a WAV file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes(pcm)
    return path


def by_flite(texts: Sequence[str], voice: str, folder: Path, processes: int) -> list[Path]:
    """Files of the texts in one of flite's voices, in their order."""
    with ThreadPoolExecutor(processes) as pool:
        made = pool.map(lambda text: spoken(text, voice), texts)
        return [save_pcm(folder / voice / f"{number}.wav", *sound) for number, sound in enumerate(made)]


def by_espeak(texts: Sequence[str], voice: str, folder: Path) -> list[Path]:
    """The same by our own mouth's engine; to be run in a spawned process, see `voice.synthesis.espeak`."""
    from voice.synthesis.engine import load

    engine, speaker = load(_ENGINE), Speaker(voice=voice)
    sounds = (engine.make(text, speaker) for text in texts)
    return [save_pcm(folder / voice / f"{number}.wav", made.pcm, made.rate) for number, made in enumerate(sounds)]


def numbers(recordings: Path, count: int, folder: Path, seed: int) -> dict[str, list[tuple[str, Path]]]:
    """By speaker, numbers of seven digits put together from recordings of single ones, as many of each speaker.

    Raises:
        SystemExit: there are no such recordings.
    """
    speakers = sorted({path.stem.split("_")[1] for path in recordings.glob("*_*_*.wav")})
    if not speakers:
        raise SystemExit(f"no recorded digits in {recordings}: name the folder of the public data with --data")
    chance = random.Random(seed)
    found: dict[str, list[tuple[str, Path]]] = {}
    for number in range(count):
        speaker = speakers[number % len(speakers)]
        digits = "".join(chance.choice("0123456789") for _ in range(DIGITS))
        takes = [chance.choice(sorted(recordings.glob(f"{digit}_{speaker}_*.wav"))) for digit in digits]
        path = save(folder / speaker / f"{number}.wav", _in_a_row([_samples(take) for take in takes], chance))
        found.setdefault(speaker, []).append((digits, path))
    return found


def no_speech(talk: Sequence[Path], folder: Path, seed: int) -> dict[str, list[Path]]:
    """By kind, sounds in which nobody says anything to us; `talk` is what the babble is mixed from."""
    chance = np.random.default_rng(seed)
    kinds = {
        "white noise": [chance.normal(size=_samples_of(_SECONDS)) for _ in range(4)],
        "pink noise": [_pink(chance) for _ in range(4)],
        "tones": [_tone(hertz) for hertz in ((440,), (1000,), (50, 100, 150), (697, 1209))],
        "music": [_music(chance) for _ in range(4)],
        "ringing": [_ringing(pair) for pair in ((440, 480), (400, 450), (425,), (480, 620))],
        "clicks": [_clicks(chance) for _ in range(4)],
        "babble": [_babble(talk, chance) for _ in range(6)],
    }
    return {
        kind: [save(folder / kind / f"{number}.wav", sound) for number, sound in enumerate(sounds)]
        for kind, sounds in kinds.items()
    }


def _samples(path: Path) -> np.ndarray:
    pcm, rate = read(path)
    return np.frombuffer(resampled(pcm, rate, _RATE), "<i2").astype(float)


def _in_a_row(sounds: Sequence[np.ndarray], chance: random.Random) -> np.ndarray:
    parts: list[np.ndarray] = []
    for sound in sounds:
        parts += [sound / max(1.0, np.abs(sound).max()), np.zeros(_samples_of(chance.uniform(*_GAP)))]
    return np.concatenate(parts[:-1])


def _samples_of(seconds: float) -> int:
    return round(seconds * _RATE)


def _time(seconds: float = _SECONDS) -> np.ndarray:
    return np.arange(_samples_of(seconds)) / _RATE


def _tone(hertz: Sequence[float], seconds: float = _SECONDS) -> np.ndarray:
    return np.sum([np.sin(2 * np.pi * each * _time(seconds)) for each in hertz], axis=0)


def _pink(chance: np.random.Generator) -> np.ndarray:
    """The power of a frequency falls as it rises."""
    spectrum = np.fft.rfft(chance.normal(size=_samples_of(_SECONDS)))
    return np.fft.irfft(spectrum / np.sqrt(np.arange(len(spectrum)) + 1.0))


def _music(chance: np.random.Generator) -> np.ndarray:
    """Chords of half a second, with overtones, struck and fading, as of somebody who plays the piano."""
    return np.concatenate([_chord(220 * 2 ** (chance.integers(0, 12) / 12)) for _ in range(6)])


def _chord(root: float) -> np.ndarray:
    notes = [root * 2 ** (steps / 12) for steps in (0, 4, 7, 12)]
    sound = sum(_tone([note * part], 0.5) / part for note in notes for part in range(1, 6))
    return np.asarray(sound) * np.exp(-4 * _time(0.5))


def _ringing(hertz: Sequence[float]) -> np.ndarray:
    """As a telephone line rings, or is busy."""
    on = _tone(hertz, 1.0)
    return np.concatenate([on, np.zeros(_samples_of(0.5)), on])


def _clicks(chance: np.random.Generator) -> np.ndarray:
    sound = np.zeros(_samples_of(_SECONDS))
    for place in (0, *chance.integers(0, len(sound) - 200, 8), len(sound) - 200):
        sound[place : place + 100] += chance.normal(size=100) * np.exp(-np.arange(100) / 15)
    return sound


def _babble(talk: Sequence[Path], chance: np.random.Generator) -> np.ndarray:
    """Six people who talk at once, none louder than another."""
    voices = [np.resize(_samples(talk[place]), _samples_of(_SECONDS)) for place in chance.choice(len(talk), 6, False)]
    return np.sum([voice / np.sqrt(np.mean(voice**2)) for voice in voices], axis=0)
