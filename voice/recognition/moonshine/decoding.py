"""Sound of one call in, what was said out."""

import re
from pathlib import Path
from typing import Any

import numpy as np
from scipy.signal import resample_poly

from voice.audio import Resampler
from voice.recognition.answers import answers
from voice.recognition.completeness import Completeness
from voice.recognition.corpus import spoken_words
from voice.recognition.moonshine.beam import Written, written
from voice.recognition.moonshine.network import RATE, Network
from voice.recognition.moonshine.scoring import AsDigits, AsWords, Pieces
from voice.recognition.moonshine.sureness import Loudness, of_digits, of_words
from voice.recognition.moonshine.words import Expected, Words
from voice.recognition.numerals import digits_of
from voice.texts import Texts

_BELIEVABLE = 0.5
_FREE, _DIGITS, _YES_NO = "free", "digits", "yes_no"
_LOUD = 2.0  # the network understands loud voices better; samples beyond 1 are no harm
_LOUDER = 30.0  # at most: the noise of a silent line stays noise
_QUIET = np.zeros(RATE // 10)  # around the sound
_SLOWER = (10, 9)  # digits are short, and understood better when they are longer
_FRESH = RATE  # bytes of sound, half a second, after which the words so far are looked at again; later a quarter more
_ALTERNATIVES = 8
_FIGURES = re.compile("[a-z]+|[0-9]")


class MoonshineModels:
    """What all calls of a process share."""

    def __init__(self, folder: str) -> None:
        self.network = Network()
        self.pieces = Pieces(self.network.tokens)
        self.words = Words(Path(folder))
        self.completeness = Completeness.read(Path(folder))
        self.free = AsWords(self.pieces, self.words)
        self.digits = AsDigits(self.pieces)
        self._answers = answers(Texts())
        self._expecting: dict[str, AsWords] = {}

    def decoding(self) -> "MoonshineDecoding":
        """Ears for one call."""
        return MoonshineDecoding(self)

    def expecting(self, kind: str, titles: list[str]) -> AsWords:
        """For questions of a kind; `titles` are the offered answers of this one."""
        usual = [(words, 1.0) for words in self._answers[kind]]
        if titles:
            offered = [(spoken_words(title), len(usual) / len(titles)) for title in titles]
            return AsWords(self.pieces, Expected(self.words, [*offered, *usual]))
        if kind not in self._expecting:
            self._expecting[kind] = AsWords(self.pieces, Expected(self.words, usual))
        return self._expecting[kind]


class MoonshineDecoding:
    """One call: sound is collected, and written down when the utterance ends.

    The words so far are made between the requests of other calls, see `catch_up`.
    """

    def __init__(self, models: MoonshineModels) -> None:
        self._models = models
        self._scorer = models.free
        self._kind = _FREE
        self._rate = RATE
        self._said: dict[str, Any] | None = None  # of all that was heard
        self._so_far = ""
        self._seen = 0  # bytes that the words so far are of
        self._drop()

    def answer_the_phone(self, rate: int) -> None:
        """See `voice.recognition.decoding.Decoding`."""
        self._rate = rate
        self._drop()

    def start(self, expectation: dict[str, Any]) -> None:
        """See `voice.recognition.decoding.Decoding`."""
        self._drop()
        self._kind = expectation["kind"]
        titles = [option["title"] for option in expectation.get("options") or ()]
        # Who does not say the number says a wish, as beside yes or no.
        kind = _YES_NO if self._kind == _DIGITS else self._kind
        self._scorer = self._models.free if kind == _FREE else self._models.expecting(kind, titles)

    def feed(self, pcm: bytes) -> str:
        """See `voice.recognition.decoding.Decoding`."""
        fresh = self._resampler.feed(pcm)
        self._heard += fresh
        if fresh:
            self._said = None
        return self._so_far

    def catch_up(self) -> bool:
        """See `voice.recognition.decoding.Decoding`."""
        if self._said is not None or len(self._heard) - self._seen < max(_FRESH, self._seen // 4):
            return False
        self._seen = len(self._heard)
        words, sure, _ = self._sentence(width=2, tried=8)
        if sure >= _BELIEVABLE:  # of noise the network makes words as well
            self._so_far = " ".join(words)
        return True

    def finish(self) -> dict[str, Any]:
        """See `voice.recognition.decoding.Decoding`."""
        said = self._said
        if said is None:
            said = self._said = self._write_down()
            self._seen = len(self._heard)
        return said

    # --- inside

    def _drop(self) -> None:
        self._resampler = Resampler(self._rate, RATE)
        self._heard = bytearray()
        self._said, self._so_far, self._seen = None, "", 0

    def _samples(self) -> np.ndarray:
        whole = len(self._heard) & ~1  # half a sample waits for its other half
        return np.frombuffer(bytes(self._heard[:whole]), "<i2") / 32768.0

    def _sound(self) -> np.ndarray:
        samples = self._samples()
        loudest = float(np.abs(samples).max()) if len(samples) else 0.0
        return np.concatenate((_QUIET, samples * min(_LOUDER, _LOUD / max(loudest, 1e-6)), _QUIET))

    def _write_down(self) -> dict[str, Any]:
        if not self._samples().any():
            return self._as([], 0.0)
        number = self._number() if self._kind == _DIGITS else None
        if number is not None and number["understood"]:
            return number
        words, sure, others = self._sentence(width=8, tried=16)
        if number is not None and number["confidence"] > sure:
            return number
        return self._as(words, sure, [" ".join(_words(other)) for other in others])

    def _sentence(self, *, width: int, tried: int) -> tuple[list[str], float, list[Written]]:
        """The words, how surely they were said, and the other ways to write them down."""
        found = written(self._models.network, self._sound(), self._scorer, width=width, tried=tried)
        words = _words(found[0]) if found else []
        return words, of_words(found[0], words, Loudness.of(self._samples())) if words else 0.0, found[1:]

    def _number(self) -> dict[str, Any] | None:
        found = written(self._models.network, resample_poly(self._sound(), *_SLOWER), self._models.digits)
        numbers = [digits_of(_FIGURES.findall(way.text.lower())) for way in found]
        return self._as([numbers[0]], of_digits(found[0]), numbers[1:]) if numbers and numbers[0] else None

    def _as(self, words: list[str], sure: float, others: list[str] | None = None) -> dict[str, Any]:
        text = " ".join(words)
        different = dict.fromkeys(other for other in others or () if other and other != text)
        return {
            "text": text,
            "confidence": sure,
            "understood": bool(text) and sure >= _BELIEVABLE,
            "complete": self._models.completeness.of(words),
            "words": [(word, start, end, sure) for word, start, end in self._placed(words)],
            "alternatives": list(different)[:_ALTERNATIVES],
        }

    def _placed(self, words: list[str]) -> list[tuple[str, float, float]]:
        """Each word's seconds, which the network does not tell: as many of those with sound as it has letters."""
        if not words:
            return []
        where = Loudness.of(self._samples())
        edges = np.cumsum([0, *(len(word) + 1 for word in words)])
        times = where.start + (where.end - where.start) * edges / edges[-1]
        return [(word, round(float(times[n]), 2), round(float(times[n + 1]), 2)) for n, word in enumerate(words)]


def _words(found: Written) -> list[str]:
    """As the training sentences' words are written."""
    return spoken_words(found.text)
