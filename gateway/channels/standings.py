"""Telling customers how it stands between them and a person: read for many at once, one reading after the other."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping

from crm.services.takeovers import Standing

Read = Callable[[Collection[str]], Awaitable[Mapping[str, Standing]]]
Tell = Callable[[str, Standing], Awaitable[None]]


class Standings:
    """Whoever asks while a reading is under way is served by the next one, together with all others who do: so nobody
    is told something older after something newer, and a queue that moves is read once for all who wait in it.
    """

    def __init__(self, read: Read, tell: Tell) -> None:
        self._read = read
        self._tell = tell
        self._due: set[str] = set()
        self._next: asyncio.Task[None] | None = None
        self._one_at_a_time = asyncio.Lock()

    async def tell(self, conversation_id: str) -> None:
        """Tell a conversation how it stands, as read after this was called. Raises what the reading raises."""
        self._due.add(conversation_id)
        if self._next is None:
            self._next = asyncio.create_task(self._round())
        await asyncio.shield(self._next)

    async def _round(self) -> None:
        async with self._one_at_a_time:
            due, self._due, self._next = self._due, set(), None
            found = await self._read(due)
            for conversation_id in due:
                await self._tell(conversation_id, found[conversation_id])
