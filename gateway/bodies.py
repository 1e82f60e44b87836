"""How much may be sent: bodies are read before anybody is asked who sends them."""

from collections.abc import AsyncGenerator, AsyncIterator

from starlette.datastructures import FormData, Headers
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.errors import Refusal

_FILES = "/attachments"
ENVELOPE = 64 * 1024  # what a multipart body may hold beside the file


class Bounded:
    """ASGI middleware: a longer body is refused (413) as soon as it is known to be one, whatever its head declared.

    Args:
        most: bytes of any body but a file's.
        most_of_a_file: bytes of a file.
    """

    def __init__(self, app: ASGIApp, *, most: int, most_of_a_file: int) -> None:
        self._app = app
        self._most = most
        self._most_of_a_file = most_of_a_file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = self._most_of_a_file if scope["path"].endswith(_FILES) else self._most
        seen = 0

        async def bounded() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > most:
                raise HTTPException(413, "What was sent is larger than it may be.")
            return message

        await self._app(scope, bounded, send)


async def form_in_memory(headers: Headers, body: AsyncIterator[bytes], limit: int) -> FormData:
    """The fields of a multipart body with one file, which never lies in a temporary file, where nothing is sealed.

    Args:
        limit: bytes of the whole body.

    Raises:
        Refusal: too_large; bad_attachment when it is no such body.
    """
    parser = MultiPartParser(headers, _limited(body, limit), max_files=1, max_fields=8)
    parser.spool_max_size = limit + 1
    try:
        return await parser.parse()
    except (MultiPartException, KeyError, ValueError) as error:
        raise Refusal("bad_attachment") from error


async def _limited(body: AsyncIterator[bytes], limit: int) -> AsyncGenerator[bytes, None]:
    """`body`, refused as soon as it is longer than it may be, whatever its head declared."""
    seen = 0
    async for chunk in body:
        seen += len(chunk)
        if seen > limit:
            raise Refusal("too_large")
        yield chunk
