"""What an engine of our own is to the worker that holds it: models, and from them a decoding for every call."""

from typing import Any, Protocol

ENGINES = ("moonshine", "sphinx")


class Decoding(Protocol):
    """The ears of one call: one utterance at a time."""

    def answer_the_phone(self, rate: int) -> None:
        """A new call, at its line's rate: 8000 or 16000 samples a second."""

    def start(self, expectation: dict[str, Any]) -> None:
        """A new utterance; `expectation` has the fields of `voice.ports.Expectation`."""

    def feed(self, pcm: bytes) -> str:
        """More sound, signed 16-bit at the line's rate; returns the words so far."""

    def catch_up(self) -> bool:
        """Do a little of the work that waits, while nobody waits for it; False when there is none."""

    def finish(self) -> dict[str, Any]:
        """What was said so far: the fields of `voice.ports.Hypothesis`, words as (text, start, end, confidence)."""


class Models(Protocol):
    """What the decodings of a process share."""

    def decoding(self) -> Decoding:
        """Ears for one call."""


def load(engine: str, folder: str) -> Models:
    """The models of an engine, one of `ENGINES`; `folder` is what `voice.recognition.training` made.

    Raises:
        EngineUnavailable: a file or a package is missing.
    """
    if engine == "sphinx":
        from voice.recognition.sphinx.decoding import SphinxModels

        return SphinxModels(folder)
    from voice.recognition.moonshine.decoding import MoonshineModels

    return MoonshineModels(folder)
