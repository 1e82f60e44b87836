"""Decoders: sound in, words out, for one call."""

from pathlib import Path
from typing import Any

import pocketsphinx

from voice.audio import Resampler
from voice.recognition.completeness import Completeness
from voice.recognition.numerals import digits_of

_SLICE = 9600  # bytes of sound decoded at once when catching up: 300 ms
_FRAME = 0.01
# Means of the cepstra that the decoder takes away, and adapts to the line as the call goes on. It begins with those of
# loud speech at 16 kHz; of a telephone's sound it understands nothing in the first sentence then.
_MEANS = {
    8000: "39.83,25.93,-32.81,47.79,-20.52,-1.32,15.13,-27.16,18.00,-13.65,1.94,10.77,-11.77",
    16000: "40,3,-1,0,0,0,0,0,0,0,0,0,0",
}
_FILLERS = ("<s>", "</s>", "<sil>", "[NOISE]", "[SPEECH]")


class Models:
    """What every decoder of a worker is made from."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)
        self.config = {
            "lm": str(self.folder / "free.lm"),
            "dict": str(self.folder / "words.dict"),
            "samprate": 16000,
            "loglevel": "FATAL",
        }
        self.completeness = Completeness.read(self.folder)


class Decoding:
    """One call's decoder. Sound waits in `_backlog` until it is decoded."""

    def __init__(self, models: Models) -> None:
        self._models = models
        self._decoder = pocketsphinx.Decoder(**models.config)
        self._decoder.add_lm_file("digits", str(models.folder / "digits.lm"))
        self._kind = "free"
        self._open = self._finished = False

    def answer_the_phone(self, rate: int) -> None:
        """A new call, at its line's rate."""
        self._rate = rate
        self._decoder.set_cmn(_MEANS[rate])
        self._drop()

    def start(self, expectation: dict[str, Any]) -> None:
        """A new utterance."""
        self._drop()
        self._kind = expectation["kind"]
        self._decoder.activate_search("digits" if self._kind == "digits" else "_default")

    def feed(self, pcm: bytes) -> str:
        """More sound; the words so far."""
        fresh = self._resampler.feed(pcm)
        self._heard += fresh
        if self._finished and fresh:
            self._begin_again()
        self._catch_up(len(fresh))
        return self._words_so_far()

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
            if self._open:
                self._decoder.end_utt()
            self._open, self._finished = False, True
        words = [
            (seg.word.partition("(")[0], seg.start_frame * _FRAME, (seg.end_frame + 1) * _FRAME, 0.8)
            for seg in (self._decoder.seg() or ())
            if seg.word not in _FILLERS
        ] if self._heard else []  # fmt: skip
        text = " ".join(word[0] for word in words)
        complete = self._models.completeness.of([word[0] for word in words])
        if self._kind == "digits":
            text = digits_of(text.split())
        return {
            "text": text, "confidence": 0.8 if text else 0.0, "understood": bool(text), "complete": complete,
            "words": words, "alternatives": [],
        }  # fmt: skip

    def _drop(self) -> None:
        if self._open:
            self._decoder.end_utt()
        self._resampler = Resampler(self._rate, 16000)
        self._heard = bytearray()
        self._done = 0
        self._open = self._finished = False

    def _begin_again(self) -> None:
        self._done = 0
        self._finished = False

    def _catch_up(self, length: int) -> None:
        if not self._open:
            self._decoder.start_utt()
            self._open = True
        piece = bytes(self._heard[self._done : self._done + length])
        self._done += len(piece)
        if piece:
            self._decoder.process_raw(piece)

    def _words_so_far(self) -> str:
        found = self._decoder.hyp()
        return found.hypstr if found else ""
