"""What a way to write something down costs, piece by piece: as words callers say, or as digits and nothing else."""

import re
from dataclasses import dataclass
from math import log
from typing import Protocol

import numpy as np

from voice.recognition.moonshine.words import BEGIN, END, Expected, History, Words
from voice.recognition.numerals import DIGITS, REPEATED

_WRITABLE = re.compile(r"[ a-zA-Z0-9'.,?!:;$%&-]*")
_DIGITLIKE = re.compile(r"[ a-z0-9.,-]*", re.IGNORECASE)
_PARTS = re.compile(r"[a-z']+|[0-9]|[^a-z0-9']", re.IGNORECASE)
_DIGIT = log(1 / 30)  # of a digit between words
_IMPOSSIBLE = -1e9


@dataclass(frozen=True, slots=True)
class State:
    """How far a way has come.

    Attributes:
        likely: logarithm of the words' probability.
        history: the last two words.
        letters: of the word that is being written.
        begun: what was paid for them.
        words: how many were written.
    """

    likely: float = 0.0
    history: History = BEGIN
    letters: str = ""
    begun: float = 0.0
    words: int = 0


class Scorer(Protocol):
    """Judges ways to write something down.

    Attributes:
        bias: added to the network's logarithms, one for each token: very low for tokens that are never written.
        weight: what `State.likely` counts beside the network's logarithms.
        earned: what every word adds to them: longer ways are less likely, but not wrong for that.
    """

    bias: np.ndarray
    weight: float
    earned: float

    def extended(self, state: State, token: int) -> State | None:
        """The state after another token; None when that cannot be written."""

    def ended(self, state: State) -> State | None:
        """The state when nothing follows; None when it cannot end here."""


class Pieces:
    """What is in each token: letters of a word, a digit, or "" where a word ends."""

    def __init__(self, tokens: list[str]) -> None:
        writable = [_WRITABLE.fullmatch(token) is not None for token in tokens]
        self.parts = [self._parts(token) if can else () for token, can in zip(tokens, writable, strict=True)]
        self.bias = _bias(writable)
        self.digit_bias = _bias([_may_be_digits(token) for token in tokens])

    def _parts(self, token: str) -> tuple[str, ...]:
        return tuple(part.lower() if part[0].isalnum() or part[0] == "'" else "" for part in _PARTS.findall(token))


class AsWords:
    """Words, by how likely callers say them."""

    # Chosen by the errors in held-out training sentences, in flite's voices at 8 kHz: 0.2 to 0.35, and 0.6 to 1.2.
    weight, earned = 0.3, 1.0

    def __init__(self, pieces: Pieces, words: Words | Expected) -> None:
        self._pieces, self._words, self.bias = pieces.parts, words, pieces.bias

    def extended(self, state: State, token: int) -> State:
        """See `Scorer`."""
        for part in self._pieces[token]:
            if not part:
                state = self._whole(state)
            elif part.isdigit():
                before = self._whole(state)
                state = State(before.likely + _DIGIT, words=before.words + 1)
            else:
                letters = state.letters + part
                begun = self._words.begun(letters)
                state = State(state.likely + begun - state.begun, state.history, letters, begun, state.words)
        return state

    def ended(self, state: State) -> State:
        """See `Scorer`."""
        state = self._whole(state)
        return State(state.likely + self._words.after(state.history, END), state.history, words=state.words)

    def _whole(self, state: State) -> State:
        """The word that was being written is over."""
        likely = state.likely - state.begun
        if not state.letters.strip("'"):  # nothing, or a quotation mark
            return State(likely, state.history, words=state.words)
        likely += self._words.after(state.history, state.letters)
        return State(likely, (state.history[1], state.letters), words=state.words + 1)


class AsDigits:
    """Digits, as words or figures, and nothing else; all are as likely."""

    weight, earned = 0.0, 0.5

    def __init__(self, pieces: Pieces) -> None:
        self._pieces, self.bias = pieces.parts, pieces.digit_bias

    def extended(self, state: State, token: int) -> State | None:
        """See `Scorer`."""
        following: State | None = state
        for part in self._pieces[token]:
            if following is not None:
                following = self._with(following, part)
        return following

    def ended(self, state: State) -> State | None:
        """See `Scorer`."""
        if not state.letters:
            return state
        return State(words=state.words + 1) if state.letters in _DIGIT_WORDS else None

    def _with(self, state: State, part: str) -> State | None:
        if part.isalpha():
            letters = state.letters + part
            return State(letters=letters, words=state.words) if letters in _BEGINNINGS else None
        whole = self.ended(state)
        return whole and State(words=whole.words + part.isdigit())


_DIGIT_WORDS = {word for word in (*DIGITS, *REPEATED) if len(word) > 1}
_BEGINNINGS = {word[:length] for word in _DIGIT_WORDS for length in range(1, len(word) + 1)}


def _may_be_digits(token: str) -> bool:
    letters = "".join(part for part in re.findall("[a-z]+", token.lower()))
    inside = not letters or any(letters in word for word in _DIGIT_WORDS)
    return inside and _DIGITLIKE.fullmatch(token) is not None


def _bias(allowed: list[bool]) -> np.ndarray:
    return np.where(allowed, 0.0, _IMPOSSIBLE).astype(np.float32)
