"""A clock for many calls in a short time: it jumps over everything that is only waited for.

While an engine is at work the clock runs as the wall's does, so that one that hangs is noticed in the usual time; while
none is, it jumps to the next timer. What a process of ours computes itself takes no time at all.
"""

import asyncio
import selectors
import time
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from voice.ports import Ears, Expectation, Hypothesis, Mouth, Recogniser

T = TypeVar("T")
_LOOK_AGAIN = 0.05  # seconds
_TICK = 1e-6


class CompressedLoop(asyncio.SelectorEventLoop):
    """An event loop with such a clock."""

    def __init__(self) -> None:
        selector = _Selector()
        self.now = time.monotonic()
        self.at_work = 0
        super().__init__(selector)
        selector.loop = self

    def time(self) -> float:
        """Seconds."""
        return self.now

    @contextmanager
    def working(self) -> Iterator[None]:
        """An engine is at work."""
        self.at_work += 1
        try:
            yield
        finally:
            self.at_work -= 1


class _Selector(selectors.DefaultSelector):  # type: ignore[misc, valid-type]
    loop: CompressedLoop

    def select(self, timeout: float | None = None) -> list[Any]:
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if not self.loop.at_work and timeout is not None:
            self.loop.now += timeout + _TICK  # never short of the timer by a rounding
            return ready
        began = time.monotonic()
        ready = super().select(_LOOK_AGAIN if timeout is None else min(timeout, _LOOK_AGAIN))
        self.loop.now += time.monotonic() - began
        return ready


def run(main: Coroutine[Any, Any, T]) -> T:
    """As `asyncio.run`, on the compressed clock."""
    with asyncio.Runner(loop_factory=CompressedLoop) as runner:
        return runner.run(main)


def _working() -> Any:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, CompressedLoop)
    return loop.working()


class TimedEars:
    """Ears for whose work the clock goes on."""

    def __init__(self, inner: Ears) -> None:
        self._inner = inner

    async def open(self, language: str, rate: int) -> Recogniser:
        """See `Ears.open`."""
        with _working():
            return _TimedRecogniser(await self._inner.open(language, rate))

    async def close(self) -> None:
        """See `Ears.close`."""
        with _working():
            await self._inner.close()


class _TimedRecogniser:
    def __init__(self, inner: Recogniser) -> None:
        self._inner = inner

    async def start(self, expectation: Expectation) -> None:
        with _working():
            await self._inner.start(expectation)

    async def feed(self, pcm: bytes) -> str:
        with _working():
            return await self._inner.feed(pcm)

    async def finish(self) -> Hypothesis:
        with _working():
            return await self._inner.finish()

    async def close(self) -> None:
        with _working():
            await self._inner.close()


class TimedMouth:
    """A mouth for whose work the clock goes on."""

    def __init__(self, inner: Mouth) -> None:
        self._inner = inner

    async def speak(self, text: str, language: str, rate: int, speed: float = 1.0) -> AsyncIterator[bytes]:
        """See `Mouth.speak`."""
        sounds = self._inner.speak(text, language, rate, speed)
        try:
            while True:
                with _working():
                    pcm = await anext(sounds, None)
                if pcm is None:
                    return
                yield pcm
        finally:
            await sounds.aclose()  # type: ignore[attr-defined]

    async def close(self) -> None:
        """See `Mouth.close`."""
        with _working():
            await self._inner.close()
