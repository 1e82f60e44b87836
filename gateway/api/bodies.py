"""How much a caller may send: bodies are read before anybody is asked who they are."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_FILES = "/attachments"


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
