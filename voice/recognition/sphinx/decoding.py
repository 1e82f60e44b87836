"""Decoders: sound in, words out, for one call."""

from pathlib import Path
from typing import Any

import pocketsphinx

from voice.audio import Resampler
from voice.recognition.completeness import Completeness
from voice.recognition.numerals import DIGITS, REPEATED, digits_of
from voice.recognition.sphinx.phones import PhoneLoop, Piece, behind, confidence, score_of
from voice.recognition.sphinx.wider import Widened

_SLICE = 9600  # bytes of sound decoded at once when catching up: 300 ms
_FRAME = 0.01
# Means of the cepstra that the decoder takes away, and adapts to the line as the call goes on. It begins with those of
# loud speech at 16 kHz; of a telephone's sound it understands nothing in the first sentence then.
_MEANS = {
    8000: "55.64,7.09,2.04,17.86,1.73,-12.19,10.46,-15.70,-4.50,2.71,-5.86,9.08,-4.82",
    16000: "40,3,-1,0,0,0,0,0,0,0,0,0,0",
}
_FILLERS = ("<s>", "</s>", "<sil>", "[NOISE]", "[SPEECH]")
_BELIEVABLE = 0.5
_FREE, _DIGITS = "free", "digits"
_SEARCHES = ("yes_no", "date", "choice")  # beside free speech, which they contain
_DIGIT_INSERTION = 0.05  # what a further digit costs: less, and breaths become digits
_DIGITS_BEHIND = (
    -12.0
)  # a frame: recorded digits score -9 and more beside the loop of phones, sentences taken for digits less
_ALTERNATIVES, _SEARCHED = 8, 80  # readings of a number; many of the decoder's are of the same digits


class SphinxModels:
    """What every decoder of a worker is made from."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)
        self.completeness = Completeness.read(self.folder)

    def decoder(self, model: str, **settings: float) -> pocketsphinx.Decoder:
        """A decoder that begins with the language model of this name."""
        return pocketsphinx.Decoder(
            lm=self.file(model), dict=str(self.folder / "words.dict"), samprate=16000, loglevel="FATAL", **settings
        )

    def decoding(self) -> "SphinxDecoding":
        """Ears for one call."""
        return SphinxDecoding(self)

    def file(self, model: str) -> str:
        """Where the language model of this name is."""
        return str(self.folder / f"{model}.lm")


class SphinxDecoding:
    """One call's decoders: of words, of phones, and where digits are expected, of digits alone.

    They hear the same sound side by side, so that each has its result when the utterance ends. Sound waits in `_heard`
    until it is decoded.
    """

    def __init__(self, models: SphinxModels) -> None:
        self._models = models
        self._words = models.decoder(_FREE)
        self._searches = {_FREE}
        self._loop = PhoneLoop()
        self._digits: pocketsphinx.Decoder | None = None
        self._kind = _FREE
        self._open = self._finished = False

    def answer_the_phone(self, rate: int) -> None:
        """A new call, at its line's rate."""
        self._rate = rate
        self._words.set_cmn(_MEANS[rate])
        self._loop.answer_the_phone(_MEANS[rate])
        if self._digits is not None:
            self._digits.set_cmn(_MEANS[rate])
        self._drop()

    def start(self, expectation: dict[str, Any]) -> None:
        """A new utterance."""
        self._drop()
        self._kind = expectation["kind"]
        if self._kind == _DIGITS and self._digits is None:
            self._digits = self._models.decoder(_DIGITS, wip=_DIGIT_INSERTION)
            self._digits.set_cmn(self._words.get_cmn(False))
        search = self._kind if self._kind in _SEARCHES else _FREE
        if search not in self._searches:
            self._words.add_lm_file(search, self._models.file(search))
            self._searches.add(search)
        self._words.activate_search("_default" if search == _FREE else search)

    def feed(self, pcm: bytes) -> str:
        """More sound; the words so far."""
        fresh = self._resampler.feed(pcm)
        self._heard += fresh
        if self._finished and fresh:
            self._done, self._finished = 0, False
        self._catch_up(len(fresh))
        found = self._words.hyp()
        return found.hypstr if found else ""

    def catch_up(self) -> bool:
        """Decode a slice of what waits; False when nothing does."""
        if not self._open or self._done >= len(self._heard):
            return False
        self._catch_up(_SLICE)
        return True

    def finish(self) -> dict[str, Any]:
        """The whole utterance so far."""
        if not self._finished:
            self._catch_up(len(self._heard))
            self._end()
            self._finished = True
        if not self._heard:
            return self._heard_as("", [], 0.0, [])
        if self._digits is not None and self._only_digits(self._digits):
            return self._number(self._digits)
        pieces = _pieces(self._words)
        sure = confidence(score_of(self._words), self._loop, pieces)
        return self._heard_as(" ".join(word for word, *_ in pieces), pieces, sure, [])

    # --- inside

    def _only_digits(self, digits: pocketsphinx.Decoder) -> bool:
        """Whether digits alone explain the sound; if not, a sentence was said."""
        return self._kind == _DIGITS and behind(score_of(digits), self._loop, _pieces(digits)) > _DIGITS_BEHIND

    def _number(self, digits: pocketsphinx.Decoder) -> dict[str, Any]:
        pieces = _pieces(digits)
        text = digits_of([word for word, *_ in pieces])
        sure = confidence(score_of(digits), self._loop, pieces)
        others: dict[str, None] = {}
        for _, found in zip(range(_SEARCHED), digits.nbest() or (), strict=False):
            others[digits_of([_spelled(word) for word in found.hypstr.split()])] = None
            if len(others) > _ALTERNATIVES:
                break
        return self._heard_as(text, pieces, sure, [other for other in others if other and other != text])

    def _heard_as(self, text: str, pieces: list[Piece], sure: float, others: list[str]) -> dict[str, Any]:
        words = [word for word, *_ in pieces]
        if self._kind == _DIGITS and words and all(word in DIGITS or word in REPEATED for word in words):
            text = digits_of(words)
        return {
            "text": text,
            "confidence": sure,
            "understood": bool(text) and sure >= _BELIEVABLE,
            "complete": self._models.completeness.of(words),
            "words": [(word, start * _FRAME, (end + 1) * _FRAME, sure) for word, start, end in pieces],
            "alternatives": others[:_ALTERNATIVES],
        }

    def _drop(self) -> None:
        self._end()
        self._resampler = Widened() if self._rate == 8000 else Resampler(self._rate, 16000)
        self._heard = bytearray()
        self._done = 0
        self._finished = False

    def _listening(self) -> list[pocketsphinx.Decoder]:
        return [self._words, self._digits] if self._kind == _DIGITS and self._digits is not None else [self._words]

    def _end(self) -> None:
        if not self._open:
            return
        for decoder in self._listening():
            decoder.end_utt()
        self._loop.end()
        self._open = False

    def _catch_up(self, length: int) -> None:
        if not self._open:
            for decoder in self._listening():
                decoder.start_utt()
            self._open = True
        piece = bytes(self._heard[self._done : self._done + length])
        self._done += len(piece)
        if piece:
            for decoder in self._listening():
                decoder.process_raw(piece)
            self._loop.feed(piece)


def _pieces(decoder: pocketsphinx.Decoder) -> list[Piece]:
    """The words a decoder heard, with their first and last frames."""
    return [
        (_spelled(segment.word), segment.start_frame, segment.end_frame)
        for segment in decoder.seg() or ()
        if segment.word not in _FILLERS
    ]


def _spelled(word: str) -> str:
    """Without the number of its pronunciation."""
    return word.partition("(")[0]
