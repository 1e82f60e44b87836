"""What the process of the calls and a recogniser's worker say to each other: lines of JSON, and sound, over a socket.

A frame is its length and the length of its JSON part (both unsigned 32-bit, big-endian), the JSON part, then sound.
"""

import asyncio
import json
import socket
import struct
from typing import Any

_HEAD = struct.Struct("!II")
LONGEST = 1 << 20
Message = dict[str, Any]


def packed(message: Message, sound: bytes = b"") -> bytes:
    """One frame."""
    text = json.dumps(message).encode()
    return _HEAD.pack(len(text) + len(sound), len(text)) + text + sound


async def read(stream: asyncio.StreamReader) -> Message:
    """The next frame of a worker (they carry no sound); `IncompleteReadError` at the end of the connection."""
    length, _ = _HEAD.unpack(await stream.readexactly(_HEAD.size))
    return json.loads(await stream.readexactly(length))


def receive(connection: socket.socket) -> tuple[Message, bytes] | None:
    """The next frame, waiting for it; None when the other side has gone."""
    head = _exactly(connection, _HEAD.size)
    if head is None:
        return None
    length, text = _HEAD.unpack(head)
    body = _exactly(connection, length)
    return None if body is None else (json.loads(body[:text]), body[text:])


def _exactly(connection: socket.socket, length: int) -> bytes | None:
    parts, missing = [], length
    while missing:
        try:
            part = connection.recv(min(missing, 1 << 16))
        except OSError:
            return None
        if not part:
            return None
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)
