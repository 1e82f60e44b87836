"""Rasa's own REST and Socket.IO channels, with the metadata that our actions ask for."""

from typing import Any

from rasa.core.channels.rest import RestInput
from sanic.request import Request


class RestWithMetadata(RestInput):
    """Stock REST, except that `metadata` of the body reaches the tracker (stock drops it)."""

    def get_metadata(self, request: Request) -> dict[str, Any] | None:
        """The body's `metadata`."""
        return request.json.get("metadata")
