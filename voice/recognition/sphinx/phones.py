"""How surely something was said that the decoder knows: its score beside that of a loop of English phones.

The loop takes any sequence of phones, so it follows whatever sounds like speech, and it scores the line, the voice and
the noise as the decoder does. What the decoder's words score less than it is what the words don't explain. Steady noise
is told otherwise: the loop follows it with one phone that does not end.
"""

from math import exp, log

import pocketsphinx

_SCORE = 1e-4  # the logarithm's base of pocketsphinx's scores is 1.0001, and they are handed out as powers of it
_HELD = 50  # frames: nobody holds a sound of a word for half a second
_LONGEST = 120  # frames of a word
_LOST = -200.0  # per frame: what no path was found for
# A logistic regression on sentences of which 70 % was understood, against foreign speech, noise, tones and music, and
# sentences of which less than 35 % was understood; scores are per frame with words.
_BIAS, _SLOPE = 7.8, 0.255
_HELD_COUNTS = 14.0
Piece = tuple[str, int, int]


class PhoneLoop:
    """Follows one utterance at 16 kHz."""

    def __init__(self) -> None:
        path = pocketsphinx.get_model_path
        self._decoder = pocketsphinx.Decoder(
            allphone=path("en-us/en-us-phone.lm.bin"), lm=None, dict=None, samprate=16000, loglevel="FATAL",
            beam=1e-20, pbeam=1e-20, lw=2.0, ds=2,
        )  # fmt: skip
        self._open = False

    def answer_the_phone(self, means: str) -> None:
        """A new call, with these cepstral means to begin with."""
        self._decoder.set_cmn(means)

    def feed(self, pcm: bytes) -> None:
        """More of the utterance."""
        if not self._open:
            self._decoder.start_utt()
            self._open = True
        self._decoder.process_raw(pcm)

    def end(self) -> None:
        """The utterance is over; the next sound begins another."""
        if self._open:
            self._decoder.end_utt()
        self._open = False

    def score(self) -> float:
        """Of the best sequence of phones, comparable to `score_of` a decoder that heard the same."""
        return score_of(self._decoder)

    def held(self, words: list[Piece]) -> float:
        """How much of the words, 0 to 1, lies where one phone goes on too long."""
        spoken = {frame for _, start, end in words for frame in range(start, end + 1)}
        phones = [(seg.start_frame, seg.end_frame) for seg in self._decoder.seg() or () if seg.word != "SIL"]
        held = [(a, b) for a, b in phones if b - a >= _HELD] + [(a, b) for _, a, b in words if b - a >= _LONGEST]
        stuck = {frame for a, b in held for frame in range(a, b + 1)}
        return len(spoken & stuck) / len(spoken) if spoken else 0.0


def score_of(decoder: pocketsphinx.Decoder) -> float:
    """The logarithm of the best path's score."""
    found = decoder.hyp()
    return log(found.score) / _SCORE if found and found.score > 0 else -1e7


def behind(score: float, loop: PhoneLoop, words: list[Piece]) -> float:
    """What `words` (with first and last frame), of a decoder's `score`, lack beside the loop, for a frame of them."""
    frames = sum(end - start + 1 for _, start, end in words)
    return max(_LOST, (score - loop.score()) / frames) if frames else _LOST


def confidence(score: float, loop: PhoneLoop, words: list[Piece]) -> float:
    """How surely `words` were said, 0 to 1; below 0.5 it was noise, or nothing the decoder knows."""
    if not words:
        return 0.0
    return 1.0 / (1.0 + exp(-(_BIAS + _SLOPE * behind(score, loop, words) - _HELD_COUNTS * loop.held(words))))
