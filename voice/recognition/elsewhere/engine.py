"""What a recogniser from elsewhere is: one class that makes words of a whole utterance.

Another one is a class with these methods, named in `CARELINE_VOICE_RECOGNISERS` as `module:Class`. It is made once a
process and language, as `Class(language, settings)`, and raises `EngineUnavailable` when something it needs is missing.
"""

import importlib
from collections.abc import Iterable
from dataclasses import dataclass
from math import exp
from types import ModuleType
from typing import Protocol

from voice.errors import EngineUnavailable
from voice.ports import Word

_SHORTEST = 0.01  # seconds of a segment whose times are none


@dataclass(frozen=True, slots=True)
class Heard:
    """What an engine made of an utterance.

    Attributes:
        text: as the engine writes it; "" when nothing was said.
        confidence: 0 to 1, below 0.5 when it is not to be believed; None: the engine does not tell, and is believed.
        words: if it tells them.
        alternatives: other readings, the best first.
    """

    text: str
    confidence: float | None = None
    words: tuple[Word, ...] = ()
    alternatives: tuple[str, ...] = ()


class Engine(Protocol):
    """Hears whole utterances; called by several threads at a time, and may block."""

    def hear(self, pcm: bytes, rate: int, patience: float) -> Heard:
        """What is said in `pcm` (`rate` samples a second), within about `patience` seconds; may raise anything.

        What is raised never quotes the caller.
        """

    def close(self) -> None:
        """Give back what it holds; never raises."""


def package(module: str, requirements: str) -> ModuleType:
    """An optional package.

    Raises:
        EngineUnavailable: it is not installed; `requirements` names the lock that brings it.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise EngineUnavailable(
            f"The package {module} cannot be used ({error}): "
            f"`.venv/bin/uv pip install --no-deps --require-hashes -r requirements/{requirements}.txt`."
        ) from error


def confidence(segments: Iterable[tuple[float, float, float]]) -> float | None:
    """How sure Whisper is, of the seconds, mean log-probability and probability of no speech of its segments.

    Whisper makes up sentences where nothing is said; that is when the last of these is high.
    """
    told = [(max(seconds, _SHORTEST), min(exp(mean), 1.0) * (1 - nothing)) for seconds, mean, nothing in segments]
    total = sum(seconds for seconds, _ in told)
    return sum(seconds * sure for seconds, sure in told) / total if told else None
