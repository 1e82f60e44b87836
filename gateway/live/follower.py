"""One viewer's place in a conversation."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager

from crm.domain.conversations import MessageView
from gateway.archive import Archive

Deliver = Callable[[MessageView], Awaitable[None]]


class Follower:
    """Hands a viewer every message of a conversation once and in order, whatever the events said.

    Events may come twice, in the wrong order, or not at all; messages are numbered without gaps, so that the number
    of the last one that was delivered tells what is missing.
    """

    def __init__(self, archive: Archive, conversation_id: str, seen: int, deliver: Deliver) -> None:
        self._archive = archive
        self._conversation_id = conversation_id
        self._deliver = deliver
        self._one_at_a_time = asyncio.Lock()
        self.seen = seen

    async def catch_up(self, hint: MessageView | None = None) -> None:
        """Deliver what was not delivered yet; `hint` is the newest message if it is at hand."""
        async with self._one_at_a_time:
            if hint is not None and hint.seq <= self.seen:
                return
            if hint is not None and hint.seq == self.seen + 1:
                await self._hand_over(hint)
                return
            while missed := await self._archive.following(self._conversation_id, self.seen):
                for message in missed:
                    await self._hand_over(message)

    def held(self) -> AbstractAsyncContextManager[None]:
        """Deliver nothing meanwhile: whoever holds it reads the store itself, and sets `seen`."""
        return self._one_at_a_time

    async def _hand_over(self, message: MessageView) -> None:
        await self._deliver(message)
        self.seen = message.seq
