"""`python -m benchmarks.voice.tapped NOTES`: the gateway, which also notes when each part of a call had done its work.

The ports of a call are where it is noted: nothing else of the gateway is touched. A line of JSON an event, with the
system's monotonic clock, which the callers on the same machine read too.
"""

import functools
import json
import sys
import time
from collections.abc import AsyncIterator
from contextvars import ContextVar
from pathlib import Path
from typing import IO, Any

import voice.recognition
import voice.synthesis
from gateway.__main__ import main
from gateway.voice.assistant import GatewayAssistant
from gateway.voice.audiosocket import AudioSocketLine
from voice.ports import Ears, Expectation, Hypothesis, Mouth, Recogniser, Said, Utterance

CALL: ContextVar[str] = ContextVar("call", default="")


class Notes:
    """Where it is written to."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, what: str, **facts: Any) -> None:
        """Note something that happens now in the call of this task."""
        self._file.write(json.dumps({"at": time.monotonic(), "call": CALL.get(), "what": what, **facts}) + "\n")


class TappedEars:
    """Ears that note what is asked of them."""

    def __init__(self, inner: Ears, notes: Notes) -> None:
        self._inner, self._notes = inner, notes

    async def open(self, language: str, rate: int) -> Recogniser:
        """See `Ears.open`."""
        return TappedRecogniser(await self._inner.open(language, rate), self._notes)

    async def close(self) -> None:
        """See `Ears.close`."""
        await self._inner.close()


class TappedRecogniser:
    """See `TappedEars`."""

    def __init__(self, inner: Recogniser, notes: Notes) -> None:
        self._inner, self._notes = inner, notes

    async def start(self, expectation: Expectation) -> None:
        """See `Recogniser.start`."""
        began = time.monotonic()
        await self._inner.start(expectation)
        self._notes.write("heard_from", took=time.monotonic() - began, kind=str(expectation.kind))

    async def feed(self, pcm: bytes) -> str:
        """See `Recogniser.feed`."""
        began = time.monotonic()
        text = await self._inner.feed(pcm)
        self._notes.write("fed", took=time.monotonic() - began, bytes=len(pcm))
        return text

    async def finish(self) -> Hypothesis:
        """See `Recogniser.finish`."""
        began = time.monotonic()
        heard = await self._inner.finish()
        self._notes.write(
            "finished", took=time.monotonic() - began, text=heard.text, understood=heard.understood,
            complete=heard.complete, confidence=heard.confidence,
        )  # fmt: skip
        return heard

    async def close(self) -> None:
        """See `Recogniser.close`."""
        await self._inner.close()


class TappedMouth:
    """A mouth that notes when sound is asked for and when it comes."""

    def __init__(self, inner: Mouth, notes: Notes) -> None:
        self._inner, self._notes = inner, notes

    async def speak(self, text: str, language: str, rate: int, speed: float = 1.0) -> AsyncIterator[bytes]:
        """See `Mouth.speak`."""
        began = time.monotonic()
        self._notes.write("speak", text=text)
        first = True
        async for pcm in self._inner.speak(text, language, rate, speed):
            if first:
                self._notes.write("sound", took=time.monotonic() - began)
                first = False
            yield pcm

    async def close(self) -> None:
        """See `Mouth.close`."""
        await self._inner.close()


def tap(notes: Notes) -> None:
    """Put the taps in."""
    open_ears, open_mouth = voice.recognition.open_ears, voice.synthesis.open_mouth
    setattr(voice.recognition, "open_ears", lambda settings: TappedEars(open_ears(settings), notes))  # noqa: B010
    setattr(voice.synthesis, "open_mouth", lambda settings: TappedMouth(open_mouth(settings), notes))  # noqa: B010
    _tap_line()
    _tap_assistant(notes)


def _tap_line() -> None:
    """From its line on, everything that is done for a call is done in its name."""
    begin = AudioSocketLine.__init__

    @functools.wraps(begin)
    def began(self: AudioSocketLine, writer: Any, call_id: Any, *others: Any, **named: Any) -> None:
        CALL.set(call_id.hex)
        begin(self, writer, call_id, *others, **named)

    AudioSocketLine.__init__ = began  # type: ignore[method-assign]


def _tap_assistant(notes: Notes) -> None:
    say, events = GatewayAssistant.say, GatewayAssistant.events

    async def tapped_say(self: GatewayAssistant, said: Said) -> None:
        notes.write("said", text=said.text, by=str(said.by), started=said.started, ended=said.ended)
        await say(self, said)

    async def tapped_events(self: GatewayAssistant) -> AsyncIterator[Any]:
        async for event in events(self):
            if isinstance(event, Utterance):
                notes.write("answer", text=event.text)
            yield event

    GatewayAssistant.say = tapped_say  # type: ignore[method-assign]
    GatewayAssistant.events = tapped_events  # type: ignore[method-assign]


if __name__ == "__main__":
    with Path(sys.argv.pop(1)).open("w", buffering=1) as file:
        tap(Notes(file))
        sys.exit(main())
