"""Sound on its way to a caller, at the speed at which it is heard."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

FRAME = 0.02  # seconds of sound in a frame

Send = Callable[[bytes], Awaitable[None]]


class PacedOutput:
    """Sends frames of 20 ms by the wall clock, a little ahead of what the caller hears, so that sound which is not
    sent yet can still be left unsaid.

    Whatever holds the process up only makes a gap: what is late is heard later, never faster.

    Args:
        send: takes one frame; may wait for the network, must not raise.
        rate: samples a second.
        lead: seconds that may be on their way; covers the hiccups of network and process.
        recall: what was sent and not heard yet can be called back by the transport's own means.
    """

    def __init__(self, send: Send, rate: int, *, lead: float = 0.06, recall: bool = False) -> None:
        self._send = send
        self._bytes_a_second = 2 * rate
        self._frame_bytes = 2 * round(rate * FRAME)
        self._lead = lead
        self._recall = recall
        self._queue = bytearray()
        self._part_until = 0.0  # loop time until which the first piece, if shorter than a frame, waits for its rest
        self._heard_at = 0.0  # loop time when all that was sent has been heard
        self._news = asyncio.Event()
        self._quiet = asyncio.Event()
        self._quiet.set()

    def play(self, pcm: bytes) -> None:
        """Queue sound, whole samples."""
        if pcm:
            if not self._queue:
                self._part_until = asyncio.get_running_loop().time() + FRAME / 2
            self._queue += pcm
            self._quiet.clear()
            self._news.set()

    def clear(self) -> float:
        """Drop what is queued; returns how many seconds will not be heard."""
        unheard = len(self._queue) / self._bytes_a_second
        self._queue.clear()
        if self._recall:
            now = asyncio.get_running_loop().time()
            unheard += max(0.0, self._heard_at - now)
            self._heard_at = now
        self._news.set()
        self._quiet.set()
        return unheard

    async def played(self) -> None:
        """Wait until all was heard, or dropped."""
        await self._quiet.wait()

    async def run(self) -> None:
        """Send until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            self._news.clear()
            if self._queue:
                await self._send_next(loop)
                continue
            ahead = self._heard_at - loop.time()
            if ahead <= 0:
                self._quiet.set()
            await self._wait_for_news(ahead if ahead > 0 else None)

    async def _send_next(self, loop: asyncio.AbstractEventLoop) -> None:
        """Send a frame if it is time to, else wait until it is."""
        self._heard_at = max(self._heard_at, loop.time())
        ahead = self._heard_at - loop.time()
        if len(self._queue) < self._frame_bytes:  # its rest may still come, for as long as there is time
            wait = max(ahead - FRAME / 5, self._part_until - loop.time())
        else:
            wait = ahead + FRAME - self._lead
        if wait > 0:
            await self._wait_for_news(wait)
            return
        frame = bytes(self._queue[: self._frame_bytes]).ljust(self._frame_bytes, b"\0")
        del self._queue[: self._frame_bytes]
        self._heard_at += FRAME
        await self._send(frame)

    async def _wait_for_news(self, at_most: float | None) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(at_most):
                await self._news.wait()
