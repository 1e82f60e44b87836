"""How surely something was said: by the network, by the words, and by the sound.

The network makes words of anything: "you" of a hum, phrases of a foreign language. What gives it away: it is unsure of
its tokens, callers do not say such words, it repeats itself, the sound is as loud all the time, or it is long for so
few letters.
"""

from dataclasses import dataclass
from itertools import pairwise
from math import tanh

import numpy as np

from voice.recognition.moonshine.beam import Written
from voice.recognition.moonshine.network import RATE

_FRAME = RATE // 50
_DEPTH = 30.0  # dB below the loudest frame, where speech ends
_LIVELY = 8.0  # dB; more says no more
_FAST = 12.0  # letters a second; as much
_PAIRS = 3


@dataclass(frozen=True, slots=True)
class Loudness:
    """Where the sound lies, in seconds from its beginning, and how much its level changes, in dB."""

    start: float = 0.0
    end: float = 0.0
    change: float = 0.0

    @classmethod
    def of(cls, samples: np.ndarray) -> "Loudness":
        """Of sound at 16 kHz."""
        frames = samples[: len(samples) // _FRAME * _FRAME].reshape(-1, _FRAME)
        if not len(frames):
            return cls()
        levels = 10 * np.log10((frames * frames).mean(1) + 1e-9)
        loud = np.flatnonzero(levels > levels.max() - _DEPTH)
        spoken = np.maximum(levels[loud[0] : loud[-1] + 1], levels.max() - _DEPTH)
        return cls(float(loud[0]) * _FRAME / RATE, float(loud[-1] + 1) * _FRAME / RATE, float(spoken.std()))


def of_words(found: Written, words: list[str], loudness: Loudness) -> float:
    """How surely `words` were said, 0 to 1.

    A logistic regression: sentences and single words in seven synthetic voices, those understood by at most 60 % as
    not said, against noises, tones, music, babble and sentences in ten foreign languages; at 8 and 16 kHz.
    """
    pairs = list(pairwise(words))
    repeated = 1 - len(set(pairs)) / len(pairs) if len(pairs) >= _PAIRS else 0.0
    fast = sum(len(word) for word in words) / max(loudness.end - loudness.start, 0.1)
    return _logistic(
        1.43
        + 4.5 * found.sound / found.tokens
        + 1.02 * found.likely / (found.words + 1)
        - 7.3 * repeated
        + 0.48 * min(loudness.change, _LIVELY)
        + 0.27 * min(fast, _FAST)
    )


def of_digits(found: Written) -> float:
    """The same of digits, which are all as likely: by the network alone.

    Of recorded digits the worst had -0.6 a token, most more than -0.2; other words taken for digits less than -1.
    """
    return _logistic(4.0 + 5.0 * found.sound / found.tokens)


def _logistic(value: float) -> float:
    return 0.5 * (1.0 + tanh(value / 2))  # which no value is too large for
