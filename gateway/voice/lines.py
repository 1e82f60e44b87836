"""What all lines that arrive over a network have in common; a transport adds how its frames look."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable
from contextlib import suppress

from gateway.voice.paced import PacedOutput
from voice.ports import Audio, Caption, Digit, HangUp, LineEvent

log = logging.getLogger("gateway.voice")

KEYS = frozenset("0123456789*#")
_MOST_UNREAD = 500  # events: ten seconds of frames; a session that is further behind has to do without the newest sound
_MARK_PATIENCE = 1.5  # seconds that the other side may be behind the wall clock with what it plays
_SEND_PATIENCE = 10.0  # seconds; a peer that takes nothing for so long is gone


class NetworkLine:
    """A `voice.ports.Line` with a queue of events on one side and paced sound on the other.

    A transport derives from it, tells it what arrives (`heard`, `pressed`, `hang_up`) and implements `_send_sound`;
    `_forget_sound`, `_finish`, `caption` and `transfer` where it can.
    """

    def __init__(
        self,
        transport: str,
        rate: int,
        *,
        caller: str | None = None,
        language: str | None = None,
        lead: float = 0.06,
        recall: bool = False,
    ) -> None:
        self.rate = rate
        self.transport = transport
        self.caller = caller
        self.language = language
        self.is_over = False
        self._events: asyncio.Queue[LineEvent] = asyncio.Queue()
        self._output = PacedOutput(self._send, rate, lead=lead, recall=recall)
        self._pacing = asyncio.create_task(self._output.run())
        self._gone = asyncio.Event()
        self._closing = False

    # --- what the transport tells

    def heard(self, pcm: bytes) -> None:
        """Sound of the caller."""
        if self._events.qsize() < _MOST_UNREAD and not self.is_over:
            self._events.put_nowait(Audio(pcm, asyncio.get_running_loop().time()))

    def pressed(self, key: str) -> None:
        """A key of the caller; anything that is none is ignored."""
        if key in KEYS and self._events.qsize() < 2 * _MOST_UNREAD and not self.is_over:
            self._events.put_nowait(Digit(key, asyncio.get_running_loop().time()))

    def hang_up(self, why: str) -> None:
        """The call is over; the first reason counts."""
        if not self.is_over:
            self.is_over = True
            self._events.put_nowait(HangUp(why))
            self._output.clear()
            self._pacing.cancel()
            self._gone.set()

    async def gone(self) -> None:
        """Wait for the end of the call."""
        await self._gone.wait()

    # --- voice.ports.Line

    async def events(self) -> AsyncIterator[LineEvent]:
        """See `Line.events`."""
        while True:
            event = await self._events.get()
            yield event
            if isinstance(event, HangUp):
                return

    async def play(self, pcm: bytes) -> None:
        """See `Line.play`."""
        if not self.is_over:
            self._output.play(pcm)

    async def played(self) -> None:
        """See `Line.played`."""
        await self._output.played()

    async def clear(self) -> float:
        """See `Line.clear`."""
        unheard = self._output.clear()
        if not self.is_over:
            await self._told(self._forget_sound())
        return unheard

    async def caption(self, caption: Caption) -> None:
        """See `Line.caption`; most transports show nothing."""

    async def transfer(self, queue: str) -> bool:
        """See `Line.transfer`."""
        return False

    async def close(self) -> None:
        """See `Line.close`."""
        if self._closing or self.is_over:
            return
        self._closing = True
        waiting = [asyncio.create_task(self.played()), asyncio.create_task(self._gone.wait())]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
        if not self.is_over:
            await self._told(self._finish())
            self.hang_up("closed")

    # --- what a transport does its own way

    async def _send_sound(self, frame: bytes) -> None:
        """Send a frame of 20 ms; may raise `OSError` or whatever the transport raises."""
        raise NotImplementedError

    async def _forget_sound(self) -> None:
        """Call back what was sent and not heard yet."""

    async def _finish(self) -> None:
        """Say to the other side that the call ends."""

    async def _send(self, frame: bytes) -> None:
        await self._told(self._send_sound(frame))

    async def _told(self, sending: Awaitable[None]) -> None:
        """Send something; a peer that cannot be told is gone."""
        try:
            async with asyncio.timeout(_SEND_PATIENCE):
                await sending
        except Exception as error:
            log.info("a call was lost", extra={"transport": self.transport, "why": type(error).__name__})
            with suppress(RuntimeError):
                self.hang_up("lost")


class MarkedLine(NetworkLine):
    """A line whose other side keeps sound before it plays it, can be told to drop that, and tells when a mark that
    was sent after some sound is reached."""

    def __init__(self, transport: str, rate: int, *, caller: str | None, language: str | None) -> None:
        super().__init__(transport, rate, caller=caller, language=language, lead=0.2, recall=True)
        self._marks = 0
        self._reached = 0
        self._passed = asyncio.Event()

    def marked(self, mark: int) -> None:
        """The other side has come to a mark, or has dropped what was before it."""
        if self._reached < mark <= self._marks:
            self._reached = mark
            self._passed.set()

    async def played(self) -> None:
        """See `Line.played`; a side that forgets its marks is not waited for."""
        await super().played()
        if self.is_over:
            return
        self._marks += 1
        mine = self._marks
        await self._told(self._send_mark(mine))
        with suppress(TimeoutError):
            async with asyncio.timeout(_MARK_PATIENCE):
                while self._reached < mine and not self.is_over:
                    self._passed.clear()
                    await self._passed.wait()

    async def clear(self) -> float:
        """See `Line.clear`."""
        unheard = await super().clear()
        self.marked(self._marks)
        return unheard

    def hang_up(self, why: str) -> None:
        """See `NetworkLine.hang_up`."""
        super().hang_up(why)
        self._passed.set()

    async def _send_mark(self, mark: int) -> None:
        raise NotImplementedError
