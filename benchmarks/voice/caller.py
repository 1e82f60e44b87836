"""A caller on the telephone: the other end of AudioSocket, in real time.

Frames of 20 ms go out by the clock, as those of a telephone system do, whether or not the caller speaks. What comes
back is heard as an ear would hear it: a frame sounds when it has come and the one before has been heard.

The protocol: https://docs.asterisk.org/Configuration/Channel-Drivers/AudioSocket/ : a byte for the kind, two for the
length (big-endian), and so many of payload. Written from there, and not with the help of the server it talks to.
"""

import asyncio
import itertools
import struct
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np

from benchmarks.voice.speech import FRAME, Speech, silence

HANG_UP, ID, DTMF, ERROR = 0x00, 0x01, 0x03, 0xFF
SOUND = {8000: 0x10, 16000: 0x12}
_LOUD = 10 ** (-45 / 20) * 32768  # of a sample; the assistant's voice is far above, an idle line far below
_BREATH = 0.35  # seconds of silence within what is one piece of speech to an ear
_KEY_EVERY = 0.25  # seconds


def frame(kind: int, payload: bytes = b"") -> bytes:
    """A frame as it goes over the wire."""
    return struct.pack(">BH", kind, len(payload)) + payload


@dataclass(slots=True)
class Span:
    """A piece of speech, in seconds of the loop's clock."""

    began: float
    ended: float


@dataclass
class Ear:
    """Hears frames as they come, in pieces of speech."""

    rate: int
    spans: list[Span] = field(default_factory=list)
    _until: float = 0.0  # when everything that has come will have been heard

    def hear(self, pcm: bytes, at: float) -> None:
        """A frame has come at `at`."""
        samples = np.abs(np.frombuffer(pcm[: len(pcm) & ~1], dtype="<i2").astype(np.int32))
        start = max(at, self._until)
        self._until = start + len(samples) / self.rate
        loud = np.flatnonzero(samples > _LOUD)
        if not len(loud):
            return
        began, ended = start + float(loud[0]) / self.rate, start + float(loud[-1] + 1) / self.rate
        if self.spans and began - self.spans[-1].ended < _BREATH:
            self.spans[-1].ended = ended
        else:
            self.spans.append(Span(began, ended))

    def hears(self, at: float) -> bool:
        """Whether somebody speaks at `at`, or only takes a breath."""
        return bool(self.spans) and self.spans[-1].began <= at < self.spans[-1].ended + _BREATH

    def begun_after(self, at: float) -> float | None:
        """When the first piece of speech after `at` began."""
        return next((span.began for span in self.spans if span.began > at), None)


class Caller:
    """One call. Made by `Caller.call`; ended by `hang_up`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, rate: int) -> None:
        self.rate = rate
        self.ear = Ear(rate)
        self.is_over = False
        self._reader = reader
        self._writer = writer
        self._sound = bytearray()
        self._spoken: asyncio.Future[float] | None = None
        self._changed = asyncio.Event()
        self._tasks = [asyncio.create_task(self._speak()), asyncio.create_task(self._listen())]

    @classmethod
    async def call(cls, host: str, port: int, call_id: uuid.UUID, rate: int = 8000) -> "Caller":
        """Dial in."""
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(frame(ID, call_id.bytes))
        return cls(reader, writer, rate)

    # --- what a caller does

    async def say(self, speech: Speech) -> Span:
        """Speak; returns when the last sound has gone out, with when it began and ended.

        Raises:
            ConnectionError: the other side has hung up.
        """
        if self.is_over:
            raise ConnectionError("the other side has hung up")
        self._spoken = asyncio.get_running_loop().create_future()
        self._sound += speech.pcm
        ended = await self._spoken
        return Span(ended - speech.seconds, ended)

    async def press(self, keys: str) -> float:
        """Press keys one after the other; when the last one was pressed."""
        for number, key in enumerate(keys):
            if number:
                await asyncio.sleep(_KEY_EVERY)
            self._send(frame(DTMF, key.encode()))
        return asyncio.get_running_loop().time()

    async def hang_up(self) -> None:
        """End the call."""
        self._send(frame(HANG_UP))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._writer.close()
        with suppress(OSError):
            await self._writer.wait_closed()

    # --- what a caller hears

    async def answer(self, after: float, patience: float) -> float | None:
        """When the first speech that begins after `after` begins; None when there is none within `patience` seconds."""
        await self._until(lambda: self.ear.begun_after(after) is not None, after + patience)
        return self.ear.begun_after(after)

    async def quiet(self, seconds: float, patience: float) -> bool:
        """Wait until nobody has spoken for so long; False: they went on for `patience` seconds."""
        loop = asyncio.get_running_loop()
        end = loop.time() + patience
        while loop.time() < end and not self.is_over:
            silent_since = max((span.ended for span in self.ear.spans[-1:]), default=end - patience)
            rest = silent_since + seconds - loop.time()
            if rest <= 0:
                return True
            await asyncio.sleep(rest)
        return False

    async def sounding(self, patience: float) -> bool:
        """Wait until the other side speaks."""
        loop = asyncio.get_running_loop()
        return await self._until(lambda: self.ear.hears(loop.time()), loop.time() + patience)

    async def _until(self, condition: Callable[[], bool], end: float) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout_at(end):
                while not condition() and not self.is_over:
                    self._changed.clear()
                    await self._changed.wait()
        return condition()

    # --- the wire

    async def _speak(self) -> None:
        """A frame each 20 ms; what is late is sent at once."""
        loop = asyncio.get_running_loop()
        size = 2 * round(FRAME * self.rate)
        idle = silence(self.rate)
        begin = loop.time()
        for number in itertools.count(1):
            await asyncio.sleep(begin + number * FRAME - loop.time())
            place = number * size % (len(idle) - size)
            speech = bytes(self._sound[:size])
            del self._sound[:size]
            self._send(frame(SOUND[self.rate], speech + idle[place : place + size - len(speech)]))
            if speech and not self._sound and self._spoken:
                self._spoken.set_result(loop.time() - (size - len(speech)) / 2 / self.rate)
                self._spoken = None

    async def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while True:
                kind, length = struct.unpack(">BH", await self._reader.readexactly(3))
                payload = await self._reader.readexactly(length)
                if kind == HANG_UP:
                    break
                if kind == SOUND[self.rate]:
                    self.ear.hear(payload, loop.time())
                    self._changed.set()
        except (OSError, EOFError):
            pass
        self.is_over = True
        self._changed.set()
        if self._spoken and not self._spoken.done():
            self._spoken.set_exception(ConnectionError("the other side has hung up"))

    def _send(self, sent: bytes) -> None:
        if not self.is_over:
            self._writer.write(sent)
