"""The port through which a conversation reaches whoever has it open: chat sockets now, desk and calls later."""

import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

from crm.domain.conversations import MessageView

log = logging.getLogger("gateway.outlets")


class Outlet(Protocol):
    """An adapter that shows a conversation to somebody. Implementations ignore conversations they do not show."""

    async def heard(self, message: MessageView, origin: str | None) -> None:
        """The customer said something, through the connection `origin` of this or another adapter."""

    async def said(self, message: MessageView) -> None:
        """The bot, a person or the system said something."""

    async def typing(self, conversation_id: str, on: bool) -> None:
        """An answer is being prepared, or no longer."""

    async def handoff(self, conversation_id: str, state: str, position: int | None) -> None:
        """The wait for a person changed."""

    async def language(self, conversation_id: str, language: str) -> None:
        """The conversation goes on in another language."""

    async def closed(self, conversation_id: str, text: str) -> None:
        """The conversation is gone for good; `text` is the last that is said in it, and stored nowhere."""


class Outlets:
    """All outlets as one. One that fails is logged and stops nobody else: the store has every word anyway."""

    def __init__(self) -> None:
        self._outlets: list[Outlet] = []

    def attach(self, outlet: Outlet) -> None:
        """Tell `outlet` everything from now on."""
        self._outlets.append(outlet)

    async def heard(self, message: MessageView, origin: str | None) -> None:
        """See `Outlet.heard`."""
        await self._tell(lambda outlet: outlet.heard(message, origin))

    async def said(self, message: MessageView) -> None:
        """See `Outlet.said`."""
        await self._tell(lambda outlet: outlet.said(message))

    async def typing(self, conversation_id: str, on: bool) -> None:
        """See `Outlet.typing`."""
        await self._tell(lambda outlet: outlet.typing(conversation_id, on))

    async def handoff(self, conversation_id: str, state: str, position: int | None) -> None:
        """See `Outlet.handoff`."""
        await self._tell(lambda outlet: outlet.handoff(conversation_id, state, position))

    async def language(self, conversation_id: str, language: str) -> None:
        """See `Outlet.language`."""
        await self._tell(lambda outlet: outlet.language(conversation_id, language))

    async def closed(self, conversation_id: str, text: str) -> None:
        """See `Outlet.closed`."""
        await self._tell(lambda outlet: outlet.closed(conversation_id, text))

    async def _tell(self, what: Callable[[Outlet], Awaitable[None]]) -> None:
        for outlet in self._outlets:
            try:
                await what(outlet)
            except Exception:
                log.exception("an outlet failed")
