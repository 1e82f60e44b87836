"""WebSockets that carry calls: what comes over them is read at the speed of speech, within bounds."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from gateway.limits import Bucket

_FASTEST, _AHEAD = 1.5, 10.0  # seconds of sound in a second, and at once
_SMALLEST = 0.005  # seconds that a message counts at least
_LONGEST_TEXT = 4_096  # characters; Twilio's frames of sound have some 400
_LONGEST_SOUND = 64_000  # bytes


class Garbage(Exception):
    """What came over a socket is not of the protocol."""


class Intake:
    """The messages of one socket: JSON objects as `dict`, sound as `bytes`."""

    def __init__(self, socket: WebSocket, bytes_a_second: int) -> None:
        """`bytes_a_second` of speech, as it comes over the wire."""
        self._socket = socket
        self._bytes_a_second = bytes_a_second
        self._bucket = Bucket(_FASTEST, _AHEAD, time.monotonic())
        self.code = 1006  # of the closing, once it is closed

    async def first(self, within: float) -> dict[str, Any]:
        """The first JSON object.

        Raises:
            Garbage: something else came, or nothing in time.
        """
        try:
            async with asyncio.timeout(within):
                message = await self.next()
        except TimeoutError:
            raise Garbage("nothing came") from None
        if not isinstance(message, dict):
            raise Garbage("something else came first")
        return message

    async def next(self) -> dict[str, Any] | bytes | None:
        """The next message; None when the socket is closed.

        Raises:
            Garbage: it cannot be read.
        """
        try:
            message = await self._socket.receive()
        except (WebSocketDisconnect, RuntimeError):
            return None
        if message["type"] == "websocket.disconnect":
            self.code = message.get("code") or 1006
            return None
        text, sound = message.get("text"), message.get("bytes")
        size = len(text if text is not None else sound or b"")
        await asyncio.sleep(self._bucket.borrow(time.monotonic(), max(_SMALLEST, size / self._bytes_a_second)))
        if text is not None:
            return _object(text)
        if sound is None or size > _LONGEST_SOUND or size % 2:
            raise Garbage("this is no sound")
        return bytes(sound)

    async def __aiter__(self) -> AsyncIterator[dict[str, Any] | bytes]:
        while (message := await self.next()) is not None:
            yield message


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text) if len(text) <= _LONGEST_TEXT else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Garbage("this is no message")
    return found


async def tell(socket: WebSocket, **message: Any) -> None:
    """Send a JSON object; a socket that is closed is told nothing."""
    if socket.application_state is WebSocketState.CONNECTED:
        await socket.send_text(json.dumps(message, ensure_ascii=False, separators=(",", ":")))


async def close(socket: WebSocket, code: int = 1000) -> None:
    """Close it, in whatever state it is."""
    if WebSocketState.DISCONNECTED in (socket.application_state, socket.client_state):
        return
    try:
        await socket.close(code)
    except RuntimeError:
        return  # it was closed in the same moment
