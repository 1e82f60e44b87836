"""Calls whose gateway died in them: they get an end, and their callers leave the queue."""

import logging
from collections.abc import Callable, Collection
from datetime import timedelta

from crm.domain import HandoffReason
from crm.domain.audit import Actor
from crm.services import calls
from gateway.archive import Archive
from gateway.clock import Clock
from gateway.crew import Crew
from gateway.live.announcements import Announcements

log = logging.getLogger("gateway.voice")

NEED_THE_CALLER = frozenset({HandoffReason.ASKED_FOR, HandoffReason.BOT_FAILED})
"""A hand-off for one of these is over when the caller has gone; with others a person has something to decide."""
LOST = "lost"
_YOUNG = timedelta(minutes=5)
"""A gateway that has just come may have a younger one; clocks of machines differ by less."""


async def wait_no_more(archive: Archive, announcements: Announcements, conversation_id: str) -> None:
    """Take a caller who has gone out of the queue, unless a person has something to decide; the desk is told."""
    if abandoned := await archive.stop_waiting(conversation_id, NEED_THE_CALLER):
        await announcements.changed(abandoned)


class LostCalls:
    """Ends calls that nobody has any more.

    While this gateway is the only one, that is every call it does not know itself; beside others only what has lasted
    longer than a call can, as calls do not tell whose they are.
    """

    def __init__(
        self,
        archive: Archive,
        announcements: Announcements,
        crew: Crew,
        ours: Callable[[], Collection[str]],
        clock: Clock,
        longest: float,
    ) -> None:
        """`longest`: seconds that a call can last."""
        self._archive = archive
        self._announcements = announcements
        self._crew = crew
        self._ours = ours
        self._clock = clock
        self._longest = timedelta(seconds=longest) + _YOUNG

    async def end(self) -> None:
        """Look for them once."""
        now = self._clock()
        alone = self._crew.id and self._crew.size == 1  # without an id, it has not looked for others yet
        before = now - (_YOUNG if alone else self._longest)
        going_on = await self._archive.read(lambda session: calls.going_on(session, before=before))
        for conversation_id in set(going_on) - set(self._ours()):
            await self._end(conversation_id)

    async def _end(self, conversation_id: str) -> None:
        now = self._clock()
        await wait_no_more(self._archive, self._announcements, conversation_id)
        await self._archive.write(
            lambda session: calls.end(session, conversation_id, why=LOST, now=now), Actor.system()
        )
        log.warning("a call was lost with its gateway", extra={"conversation": conversation_id})
