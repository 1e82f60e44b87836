"""Calls that do as a test says, and a telephone system that speaks AudioSocket byte for byte."""

import asyncio
import struct
import uuid
from collections.abc import Awaitable, Callable

from gateway.voice.calls import CallRefused, State
from voice.ports import Ending, HangUp, Line

PATIENCE = 60.0

Talk = Callable[[Line], Awaitable[None]]


class ScriptedCalls:
    """Stands where `gateway.voice.calls.Calls` stands: serves a line by doing `talk` with it."""

    def __init__(self, talk: Talk) -> None:
        self.talk = talk
        self.lines: list[Line] = []
        self.over = asyncio.Event()
        self.refuses: str | None = None
        self.owner: str | None = None
        self.state = State.READY

    def check(self, address: str | None = None) -> None:
        if self.refuses:
            raise CallRefused(self.refuses)

    async def serve(self, line: Line, *, owner: str | None = None, address: str | None = None) -> Ending:
        self.check(address)
        self.lines.append(line)
        self.owner = owner
        try:
            await self.talk(line)
        finally:
            await line.close()
            self.over.set()
        return Ending("goodbye", 0.0)


class Notes:
    """A talk that keeps all that the caller does until they hang up."""

    def __init__(self) -> None:
        self.events: list = []
        self.news = asyncio.Event()

    async def __call__(self, line: Line) -> None:
        async for event in line.events():
            self.events.append(event)
            self.news.set()

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not condition():
                self.news.clear()
                await self.news.wait()

    @property
    def sound(self) -> bytes:
        return b"".join(event.pcm for event in self.events if hasattr(event, "pcm"))

    @property
    def keys(self) -> str:
        return "".join(event.key for event in self.events if hasattr(event, "key"))

    @property
    def ending(self) -> str | None:
        return next((event.why for event in self.events if isinstance(event, HangUp)), None)


class Asterisk:
    """One connection of a telephone system."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def connect(cls, port: int) -> "Asterisk":
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def send(self, kind: int, payload: bytes = b"") -> None:
        await self.raw(struct.pack(">BH", kind, len(payload)) + payload)

    async def raw(self, content: bytes) -> None:
        self.writer.write(content)
        await self.writer.drain()

    async def call(self, call_id: str) -> None:
        await self.send(0x01, uuid.UUID(call_id).bytes)

    async def receive(self) -> tuple[int, bytes] | None:
        """The next frame; None when the other side has closed."""
        async with asyncio.timeout(PATIENCE):
            try:
                kind, length = struct.unpack(">BH", await self.reader.readexactly(3))
                return kind, await self.reader.readexactly(length)
            except (asyncio.IncompleteReadError, ConnectionError):
                return None

    async def receive_all(self) -> list[tuple[int, bytes]]:
        """All frames until the other side hangs up or closes; then we close."""
        frames = []
        while (frame := await self.receive()) is not None:
            frames.append(frame)
            if frame[0] == 0x00:
                break
        self.writer.close()
        return frames

    async def close(self) -> None:
        self.writer.close()
