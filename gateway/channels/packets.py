"""The Socket.IO packets that are let in: of known types, few binary parts, well formed, and not too fast.

The libraries below would keep any number of binary parts in memory, end a connection with a traceback for a frame
they cannot read, and stay deaf on a socket whose binary parts do not fit together.
"""

import asyncio
import re
import time
from typing import Any

from socketio import packet
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.limits import Bucket
from gateway.metrics import Metrics

# Engine.IO: 1 close, 2 ping, 3 pong, 4 message (in it Socket.IO's 0 connect, 1 disconnect, 2 event, 3 ack,
# 5 event with binary parts), 5 upgrade, 6 nothing.
_FRAME = re.compile(r"4[0-35]|[23]probe\Z|[12356]\Z")
_MOST_BINARY_PARTS = 4
_FRAMES_PER_SECOND = 200.0
_FRAMES_AT_ONCE = 1_000.0
_BYTES_PER_TOKEN = 4_096
_MALFORMED = "malformed"
# What the library calls its own handlers: a client's event of such a name would reach them.
_RESERVED = frozenset({"connect", "disconnect", "*"})


class GuardedPacket(packet.Packet):
    """A Socket.IO packet, checked. Python-socketio takes the class as its `serializer`.

    Binary parts are read so that the sender can be told that they make no message; none of our events has any.
    """

    def __init__(self, *arguments: Any, encoded_packet: Any = None, **named: Any) -> None:
        if encoded_packet is not None and not encoded_packet:
            raise ValueError("an empty packet")
        super().__init__(*arguments, encoded_packet=encoded_packet, **named)

    def decode(self, encoded_packet: Any) -> int:
        """Read a packet; returns the number of binary parts to come.

        Raises:
            ValueError: it is not of the protocol.
        """
        if not isinstance(encoded_packet, str):
            raise ValueError("a binary part without its packet")
        try:
            parts = super().decode(encoded_packet) or 0
        except RecursionError:
            raise ValueError("nested too deeply") from None
        if self.packet_type in (packet.EVENT, packet.BINARY_EVENT):
            if not _is_event(self.data):
                raise ValueError("an event is a list that begins with its name")
            if self.data[0] in _RESERVED:
                self.data[0] = _MALFORMED
        if self.packet_type == packet.BINARY_EVENT:
            if not 0 < parts <= _MOST_BINARY_PARTS:
                raise ValueError("too many binary parts, or none")
            return parts
        if self.packet_type not in (packet.CONNECT, packet.DISCONNECT, packet.EVENT, packet.ACK):
            raise ValueError("a packet of this type is not for clients to send")
        return 0

    def add_attachment(self, attachment: bytes) -> bool:
        """Take a binary part; True when the packet is complete."""
        try:
            return bool(super().add_attachment(attachment))
        except (LookupError, TypeError, ValueError, RecursionError):
            self.data = [_MALFORMED]
            return True


def _is_event(data: Any) -> bool:
    return isinstance(data, list) and bool(data) and isinstance(data[0], str)


class SocketGuard:
    """ASGI middleware before the socket server: leaves out WebSocket frames that Engine.IO cannot read, and reads
    no faster than a browser has reason to send, so that who sends faster waits."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "websocket" or not scope["path"].startswith("/socket.io"):
            await self._app(scope, receive, send)
            return
        bucket = Bucket(_FRAMES_PER_SECOND, _FRAMES_AT_ONCE, time.monotonic())

        async def guarded() -> Message:
            while True:
                message = await receive()
                if message["type"] != "websocket.receive":
                    return message
                text = message.get("text")
                content = message.get("bytes") if text is None else text
                await asyncio.sleep(bucket.borrow(time.monotonic(), 1 + len(content or b"") / _BYTES_PER_TOKEN))
                if content and (text is None or _FRAME.match(text)):
                    return message
                self._metrics.malformed.inc()

        await self._app(scope, guarded, send)
