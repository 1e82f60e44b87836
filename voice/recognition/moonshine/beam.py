"""The likeliest ways to write down a sound, by the network and by what callers say."""

from dataclasses import dataclass

import numpy as np

from voice.recognition.moonshine.network import END, RATE, START, Network, Transcription
from voice.recognition.moonshine.scoring import Scorer, State

_TOKENS_A_SECOND = 6.5  # nobody speaks faster; a network that repeats itself does
_TOKENS_MORE = 6
_HOPELESS = 8.0  # this much behind the best, in logarithms, none was ever seen to catch up


@dataclass(frozen=True, slots=True)
class Written:
    """One way to write down a sound.

    Attributes:
        text: with capital letters and punctuation, as the network writes.
        score: the higher, the better; comparable between the ways of one search.
        sound: logarithm of its probability by the network alone.
        likely: logarithm of the probability that callers say its words.
        tokens, words: how many there are, the end among the tokens.
    """

    text: str
    score: float
    sound: float
    likely: float
    tokens: int
    words: int


@dataclass(slots=True)
class _Way:
    tokens: list[int]
    score: float
    sound: float
    state: State
    of: int = 0  # the way it continues, by its place


def written(network: Network, sound: np.ndarray, scorer: Scorer, *, width: int = 8, tried: int = 16) -> list[Written]:
    """The ways to write down `sound` (float, 16 kHz), the best first; none when no way led to an end.

    Args:
        width: how many ways are followed side by side.
        tried: how many next tokens each of them may take.
    """
    longest = round(len(sound) / RATE * _TOKENS_A_SECOND) + _TOKENS_MORE
    transcription = network.listen(sound)
    ways, whole = [_Way([START], 0.0, 0.0, State())], []
    for _ in range(longest):
        found = _continued(transcription, ways, scorer, tried)
        whole += [way for way in found[: 2 * width] if way.tokens[-1] == END]
        ways = [way for way in found[: 2 * width] if way.tokens[-1] != END][:width]
        if not ways or (whole and max(way.score for way in whole) >= ways[0].score):
            break
    whole.sort(key=lambda way: -way.score)
    return [_as_written(network, way) for way in whole]


def _continued(transcription: Transcription, ways: list[_Way], scorer: Scorer, tried: int) -> list[_Way]:
    """Every way with every token that may follow, the best first."""
    scores = transcription.next([way.tokens[-1] for way in ways], [way.of for way in ways])
    judged = scores + scorer.bias
    judged[:, END] = scores[:, END]
    found = []
    for place, way in enumerate(ways):
        for token in _likeliest(judged[place], tried):
            state = scorer.ended(way.state) if token == END else scorer.extended(way.state, token)
            if state is not None:
                sound = way.sound + float(judged[place, token])
                score = sound + scorer.weight * state.likely + scorer.earned * state.words
                found.append(_Way([*way.tokens, token], score, sound, state, place))
    found.sort(key=lambda way: -way.score)
    return [way for way in found if way.score > found[0].score - _HOPELESS]


def _likeliest(judged: np.ndarray, tried: int) -> list[int]:
    near = np.flatnonzero(judged > judged.max() - _HOPELESS)  # a few of 32,768: sorting those alone is quick
    if len(near) > tried:
        near = near[np.argpartition(-judged[near], tried)[:tried]]
    return near.tolist()


def _as_written(network: Network, way: _Way) -> Written:
    text = "".join(network.tokens[token] for token in way.tokens[1:-1]).strip()
    return Written(text, way.score, way.sound, way.state.likely, len(way.tokens) - 1, way.state.words)
