"""What callers say: sentences in flite's voices and recordings of people, as a telephone line carries them."""

import functools
import shutil
import subprocess
import tempfile
import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from voice.audio import resampled

VOICES = ("slt", "rms", "awb", "kal16")
FRAME = 0.02  # seconds
_LOUDEST = 0.35  # of full scale: a voice on a telephone
_NOISE = 10 ** (-64 / 20)  # of full scale: a quiet line, which is never digital silence
_AUDIBLE = 0.02  # of the loudest: what is below it, at either end, is no speech yet, or no more
_SECONDS_OF_NOISE = 10


@dataclass(frozen=True, slots=True)
class Speech:
    """Sound of a caller that begins with its first audible sample and ends with its last one."""

    words: str
    pcm: bytes
    rate: int

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.pcm) / 2 / self.rate


@functools.cache
def said(words: str, voice: str = "slt", rate: int = 8000) -> Speech:
    """A sentence spoken by one of flite's voices; `words` with a `|` pause there for 600 ms.

    Raises:
        SystemExit: flite is not installed.
    """
    parts = [_trimmed(*spoken(part.strip(), voice), rate) for part in words.split("|")]
    pause = np.zeros(round(0.6 * rate))
    whole = parts[0]
    for part in parts[1:]:
        whole = np.concatenate((whole, pause, part))
    return Speech(words.replace("|", ""), _on_the_line(whole, rate), rate)


def voice_of(number: int) -> str:
    """Callers have different voices."""
    return VOICES[number % len(VOICES)]


@functools.cache
def recorded(path: Path, rate: int = 8000) -> Speech:
    """A recording of somebody."""
    return carried(path.stem, *read(path), rate)


def carried(words: str, pcm: bytes, source: int, rate: int) -> Speech:
    """Any sound, of `source` samples a second, as a line carries it."""
    return Speech(words, _on_the_line(_trimmed(pcm, source, rate), rate), rate)


@functools.cache
def silence(rate: int = 8000) -> bytes:
    """Ten seconds of a line on which nobody speaks."""
    return _on_the_line(np.zeros(_SECONDS_OF_NOISE * rate), rate)


def spoken(words: str, voice: str) -> tuple[bytes, int]:
    """A sentence as flite makes it, and how many samples a second that are.

    Raises:
        SystemExit: flite is not installed.
    """
    program = shutil.which("flite")
    if program is None:
        raise SystemExit("flite speaks for the callers and is not installed: apt-get install flite")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "said.wav"
        subprocess.run([program, "-voice", voice, "-t", words, "-o", str(path)], check=True)
        return read(path)


def read(path: Path) -> tuple[bytes, int]:
    """The samples of a WAV file, and how many there are a second."""
    with wave.open(str(path), "rb") as file:
        return file.readframes(file.getnframes()), file.getframerate()


def _trimmed(pcm: bytes, source: int, rate: int) -> np.ndarray:
    """At the line's rate, as loud as others, without the silence around it."""
    samples = np.frombuffer(resampled(pcm, source, rate), dtype="<i2").astype(np.float64)
    samples *= _LOUDEST / max(1.0, float(np.abs(samples).max()))
    window = round(0.01 * rate)
    whole = samples[: len(samples) // window * window]
    loud = np.flatnonzero(np.abs(whole).reshape(-1, window).max(axis=1) > _LOUDEST * _AUDIBLE)
    return whole[loud[0] * window : (loud[-1] + 1) * window]


def _on_the_line(samples: np.ndarray, rate: int) -> bytes:
    noise = np.random.default_rng(len(samples)).normal(0.0, _NOISE, len(samples))
    return np.clip(np.rint((samples + noise) * 32767), -32768, 32767).astype("<i2").tobytes()
