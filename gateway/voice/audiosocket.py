"""Asterisk's AudioSocket: calls of a telephone system over TCP.

A frame is a byte that tells its kind, two bytes that tell the length of what follows (big-endian), and that. The first
one carries the call's id. Kinds and rates are those of Asterisk's `res_audiosocket` (22 and later; older ones know
8 kHz alone): https://docs.asterisk.org/Configuration/Channel-Drivers/AudioSocket/
"""

import asyncio
import logging
import socket
import time
import uuid
from contextlib import suppress
from typing import NamedTuple

from gateway.limits import Bucket
from gateway.voice.asterisk import Expected, TelephoneCalls
from gateway.voice.calls import CallRefused, Calls
from gateway.voice.lines import NetworkLine
from gateway.voice.paced import FRAME
from gateway.voice.settings import LineSettings
from voice.audio import Resampler

log = logging.getLogger("gateway.voice")

HANG_UP, ID, DTMF, ERROR = 0x00, 0x01, 0x03, 0xFF
RATES = {
    0x10: 8000, 0x11: 12000, 0x12: 16000, 0x13: 24000, 0x14: 32000, 0x15: 44100, 0x16: 48000, 0x17: 96000, 0x18: 192000,
}  # fmt: skip
_KIND_OF = {8000: 0x10, 16000: 0x12}
_RATE_KNOWN_WITHIN = 1.0  # seconds; a caller who is silent sends nothing, and then it is 8 kHz
_MOST_UNKNOWN = 50  # frames of kinds we do not know, before we take it all for noise
_MOST_STRANGERS = 64  # connections that have not shown an id yet
_FASTEST, _AHEAD = 1.5, 10.0  # seconds of sound in a second, and at once
_LINGER = 2.0  # seconds for the other side to close first: what was sent last is then read


class Frame(NamedTuple):
    """One frame."""

    kind: int
    payload: bytes = b""

    def encode(self) -> bytes:
        """As it goes over the wire."""
        return bytes((self.kind,)) + len(self.payload).to_bytes(2, "big") + self.payload


async def read_frame(reader: asyncio.StreamReader) -> Frame | None:
    """The next frame; None at the end.

    Raises:
        asyncio.IncompleteReadError: it ended within a frame.
    """
    head = await reader.read(1)
    if not head:
        return None
    length = int.from_bytes(await reader.readexactly(2), "big")
    return Frame(head[0], await reader.readexactly(length))


class AudioSocketLine(NetworkLine):
    """A call of a telephone system."""

    def __init__(
        self, writer: asyncio.StreamWriter, call_id: uuid.UUID, known: TelephoneCalls, expected: Expected, rate: int
    ) -> None:
        super().__init__("audiosocket", rate, caller=expected.caller, language=expected.language)
        self._writer = writer
        self._call_id = call_id
        self._known = known
        self._kind = _KIND_OF[rate]

    async def transfer(self, queue: str) -> bool:
        """See `Line.transfer`: the dial plan asks where to go on when the call has come back to it."""
        if not self._known.pass_on(self._call_id, queue):
            return False
        await self.close()
        return True

    async def _send_sound(self, frame: bytes) -> None:
        self._writer.write(Frame(self._kind, frame).encode())  # in one piece: Asterisk reads headers in one go
        await self._writer.drain()

    async def _finish(self) -> None:
        self._writer.write(Frame(HANG_UP).encode())
        await self._writer.drain()


class AudioSocketServer:
    """Listens for telephone systems."""

    def __init__(self, calls: Calls, known: TelephoneCalls, settings: LineSettings) -> None:
        self._calls = calls
        self._known = known
        self._settings = settings
        self._server: asyncio.Server | None = None
        self._strangers = 0
        self.port = -1

    async def start(self) -> None:
        """Open the port.

        Raises:
            OSError: somebody else has it.
        """
        host, port = self._settings.audiosocket_host, self._settings.audiosocket_port
        self._server = await asyncio.start_server(self._connected, host, port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Take no more calls; those that go on are ended by `Calls.close`."""
        if self._server:
            self._server.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = writer.get_extra_info("peername") or ("",)
        try:
            if self._settings.is_telephone(peer[0]) and self._strangers < _MOST_STRANGERS:
                _keep_alive(writer)
                await self._take(reader, writer)
            else:
                log.warning("a connection of a stranger to the telephone port was closed")
        except (OSError, EOFError, TimeoutError, CallRefused) as error:
            log.info("a call did not come about", extra={"why": str(error) or type(error).__name__})
        except Exception:
            log.exception("a call failed")
        finally:
            await _closed(writer)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._strangers += 1
        try:
            async with asyncio.timeout(self._settings.first_frame_within):
                call_id, expected = await self._introduced(reader)
        finally:
            self._strangers -= 1
        intake = _Intake(reader)
        reading = asyncio.create_task(intake.run())
        line = None
        try:
            rate = expected.rate or await intake.rate()
            line = AudioSocketLine(writer, call_id, self._known, expected, rate)
            intake.tell(line)
            await self._calls.serve(line)
        finally:
            if line:
                await line.close()
            self._known.forget(call_id)
            await asyncio.wait((reading,), timeout=_LINGER)
            reading.cancel()

    async def _introduced(self, reader: asyncio.StreamReader) -> tuple[uuid.UUID, Expected]:
        """Raises `ConnectionError` for everybody who does not begin with the id of a call that is expected."""
        frame = await read_frame(reader)
        if frame is None or frame.kind != ID or len(frame.payload) != 16:
            raise ConnectionError("the first frame is no id")
        call_id = uuid.UUID(bytes=frame.payload)
        expected = self._known.redeem(call_id)
        if expected is None:
            raise ConnectionError("nobody expects a call of this id")
        return call_id, expected


class _Intake:
    """Reads the frames of one call, no faster than a caller can speak, and tells its line."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader
        self._bucket = Bucket(_FASTEST, _AHEAD, time.monotonic())
        self._early: list[Frame] = []
        self._rate: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._line: AudioSocketLine | None = None
        self._unknown = 0
        self._kind = -1
        self._resampler: Resampler | None = None

    async def run(self) -> None:
        """Read until the other side ends it."""
        try:
            while (frame := await read_frame(self._reader)) is not None:
                self._take(frame)
                if frame.kind in (HANG_UP, ERROR):
                    return
                seconds = len(frame.payload) / 2 / RATES[frame.kind] if frame.kind in RATES else FRAME
                await asyncio.sleep(self._bucket.borrow(time.monotonic(), max(seconds, FRAME / 4)))
        except (OSError, EOFError):
            self._take(Frame(ERROR))
        else:
            self._take(Frame(HANG_UP))

    async def rate(self) -> int:
        """The rate to speak at: that of the caller's first sound, as far as a line can have it."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_RATE_KNOWN_WITHIN):
                return await asyncio.shield(self._rate)
        return 8000

    def tell(self, line: AudioSocketLine) -> None:
        """Tell `line` from now on, and what came before."""
        self._line = line
        for frame in self._early:
            self._pass_on(frame, line)
        self._early.clear()

    def _take(self, frame: Frame) -> None:
        if self._line:
            self._pass_on(frame, self._line)
            return
        self._early.append(frame)
        if not self._rate.done() and frame.kind in (*RATES, HANG_UP, ERROR):
            self._rate.set_result(8000 if RATES.get(frame.kind, 0) < 16000 else 16000)

    def _pass_on(self, frame: Frame, line: AudioSocketLine) -> None:
        if frame.kind in RATES:
            sound = frame.payload[: len(frame.payload) & ~1]
            if sound:
                line.heard(self._at_rate(line.rate, frame.kind, sound))
        elif frame.kind == DTMF:
            line.pressed(frame.payload.decode("ascii", "replace"))
        elif frame.kind == HANG_UP:
            line.hang_up("caller")
        elif frame.kind == ERROR:
            line.hang_up("lost")
        else:
            self._unknown += 1
            if self._unknown > _MOST_UNKNOWN:
                line.hang_up("lost")

    def _at_rate(self, rate: int, kind: int, sound: bytes) -> bytes:
        if RATES[kind] == rate:
            return sound
        if self._resampler is None or self._kind != kind:
            self._kind, self._resampler = kind, Resampler(RATES[kind], rate)
        return self._resampler.feed(sound)


def _keep_alive(writer: asyncio.StreamWriter) -> None:
    """A telephone system that lost its power is noticed, and a frame is not kept until it is a packet."""
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


async def _closed(writer: asyncio.StreamWriter) -> None:
    """Close a connection, whatever state it is in."""
    with suppress(OSError, TimeoutError):
        writer.close()
        async with asyncio.timeout(_LINGER):
            await writer.wait_closed()
