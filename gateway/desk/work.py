"""What the desk's routes work with: the store from asynchronous code, the clock, and who may be told."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from sqlalchemy.orm import Session
from starlette.requests import HTTPConnection

from crm.audit_trail import TrailedSession
from crm.domain.staff import StaffMember
from gateway.clock import Clock
from gateway.desk.moods import Moods
from gateway.desk.streams import Streams
from gateway.desk.suggestions import Suggestions
from gateway.desk.today import Today
from gateway.live.bus import Bus
from gateway.store_access import StoreAccess
from gateway.takeover import Takeover

T = TypeVar("T")

_ONE_LOOK = timedelta(minutes=10)
_MOST_LOOKS = 50_000


class Desk:
    """The store as members of staff use it: each call is one transaction, entered as their doing.

    Attributes:
        takeover: what staff do with hand-offs, and say.
        bus: what happens now.
        streams: how many of these are open.
        today: the figures of the day.
        suggestions: what the knowledge has for a customer's words.
    """

    def __init__(
        self,
        store: StoreAccess,
        clock: Clock,
        takeover: Takeover,
        bus: Bus,
        knowledge_root: Path = Path("data/knowledge"),
    ) -> None:
        self._store = store
        self.suggestions = Suggestions(knowledge_root)
        self._clock = clock
        self.takeover = takeover
        self.bus = bus
        self.streams = Streams()
        self.moods = Moods()
        self.today = Today()
        self._entered: dict[tuple[int, object], datetime] = {}

    def now(self) -> datetime:
        """The present moment, in UTC."""
        return self._clock()

    async def read(self, member: StaffMember, verb: Callable[[Session], T]) -> T:
        """The result of `verb`, which only reads."""
        return await self._store.read(verb, member.actor)

    async def glance(self, member: StaffMember, verb: Callable[[Session], T]) -> T:
        """Like `read`, for what a page reads anew by itself: the audit has each look once in ten minutes.

        Else a queue that moves would fill it with looks that nobody took.
        """

        def look(session: Session) -> T:
            answer = verb(session)
            if isinstance(session, TrailedSession):
                touches = session.trail.touches
                touches[:] = [touch for touch in touches if self._is_new(member, touch)]
            return answer

        return await self._store.read(look, member.actor)

    def _is_new(self, member: StaffMember, touch: object) -> bool:
        now = self._clock()
        if len(self._entered) > _MOST_LOOKS:
            recent = {key: at for key, at in self._entered.items() if now - at < _ONE_LOOK}
            self._entered = recent if len(recent) <= _MOST_LOOKS else {}
        key = (member.account_id, touch)
        if now - self._entered.get(key, now - _ONE_LOOK) < _ONE_LOOK:
            return False
        self._entered[key] = now
        return True

    async def write(self, member: StaffMember, verb: Callable[[Session], T]) -> T:
        """The result of `verb`, committed when it returns and undone when it raises."""
        return await self._store.write(verb, member.actor)


def desk_of(request: HTTPConnection) -> Desk:
    """The application's desk (`app.state.desk`)."""
    desk: Desk = request.app.state.desk
    return desk
