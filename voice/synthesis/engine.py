"""What a speech engine is: one class, which lives in workers only.

Another engine is one class with these two methods, named by `CARELINE_VOICE_ENGINE` as `module:Class`. It is made in a
spawned process of its own, so it may block, crash or hold a licence that our own processes do not.
"""

import importlib
from dataclasses import dataclass
from typing import Protocol, cast

from voice.errors import EngineUnavailable
from voice.speaker import Speaker


@dataclass(frozen=True, slots=True)
class Sound:
    """Signed 16-bit little-endian mono samples, `rate` of them a second."""

    pcm: bytes
    rate: int


class Engine(Protocol):
    """Makes speech, one text at a time, in a process of its own. Made without arguments."""

    def check(self, speaker: Speaker) -> None:
        """Raises `EngineUnavailable` when it does not know the voice."""

    def make(self, text: str, speaker: Speaker) -> Sound:
        """The sound of `text`. Raises `EngineFailed` when it came to nothing."""


def load(name: str) -> Engine:
    """The engine called `module:Class`.

    Raises:
        EngineUnavailable: there is no such class, or what it needs is not installed.
    """
    module, _, made = name.partition(":")
    try:
        return cast(Engine, getattr(importlib.import_module(module), made)())
    except (ImportError, AttributeError, OSError, TypeError, ValueError, RuntimeError) as error:
        raise EngineUnavailable(
            f"The speech engine {name} cannot be used: {error}. Set CARELINE_VOICE_ENGINE to one that is installed."
        ) from error
