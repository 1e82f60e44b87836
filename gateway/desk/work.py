"""What the desk's routes work with: the store from asynchronous code, the clock, and who may be told."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from fastapi import Request
from sqlalchemy.orm import Session

from crm.domain.staff import StaffMember
from crm.store import Store
from gateway.clock import Clock
from gateway.desk.suggestions import Suggestions
from gateway.live.bus import Bus
from gateway.takeover import Takeover

T = TypeVar("T")


class Desk:
    """The store as members of staff use it: each call is one transaction in a thread, entered as their doing.

    Attributes:
        takeover: what staff do with hand-offs, and say.
        bus: what happens now.
        suggestions: what the knowledge has for a customer's words.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        takeover: Takeover,
        bus: Bus,
        knowledge_root: Path = Path("data/knowledge"),
        threads: int = 6,
    ) -> None:
        self._store = store
        self.suggestions = Suggestions(knowledge_root)
        self._clock = clock
        self.takeover = takeover
        self.bus = bus
        # SQLite has one writer at a time: threads of ours waiting for its lock would only poll and sleep.
        writers = 1 if store.engine.dialect.name == "sqlite" else threads
        self._writers = ThreadPoolExecutor(writers, thread_name_prefix="desk-write")
        self._readers = ThreadPoolExecutor(threads, thread_name_prefix="desk-read")

    def now(self) -> datetime:
        """The present moment, in UTC."""
        return self._clock()

    def close(self) -> None:
        """Finish what is running and let the threads go."""
        self._writers.shutdown(wait=True)
        self._readers.shutdown(wait=True)

    async def read(self, member: StaffMember, verb: Callable[[Session], T]) -> T:
        """The result of `verb`, which only reads."""

        def transaction() -> T:
            with self._store.reading(member.actor) as session:
                return verb(session)

        return await asyncio.get_running_loop().run_in_executor(self._readers, transaction)

    async def write(self, member: StaffMember, verb: Callable[[Session], T]) -> T:
        """The result of `verb`, committed when it returns and undone when it raises."""

        def transaction() -> T:
            with self._store.session(member.actor) as session:
                return verb(session)

        return await asyncio.get_running_loop().run_in_executor(self._writers, transaction)


def desk_of(request: Request) -> Desk:
    """The application's desk (`app.state.desk`)."""
    desk: Desk = request.app.state.desk
    return desk
