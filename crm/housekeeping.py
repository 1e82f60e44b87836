"""Work that nobody waits for: erasures carried through, the bot made to forget, and once a day what has grown too old.

Every step is committed by itself and may be repeated: a process that is killed anywhere loses nothing, and the next
one goes on. The gateway runs this beside the conversations; a command may run it, too.
"""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from crm import audit_anchors, scrubbing
from crm.domain import Actor, ErasureState, ErasureView
from crm.ports import BotMemory, BotUnreachable
from crm.retention import running
from crm.retention.rules import rules
from crm.schema import HousekeepingRun, TrackerForget
from crm.services import erasure
from crm.services._rows import insert_or_none
from crm.store import Store

log = logging.getLogger("crm.housekeeping")

RETENTION = "retention"
_AT_ONCE = 50  # conversations forgotten in one go
_LONGEST_PAUSE_S = 600
_GIVEN_UP_AFTER = timedelta(hours=6)  # a run that was begun so long ago has died


def utc_now() -> datetime:
    """The present moment."""
    return datetime.now(timezone.utc)


@dataclass(frozen=True, slots=True)
class Worked:
    """What one round did.

    Attributes:
        erased: erasures whose rows left the store in this round; their conversations are closed.
        finished: erasures of which nothing is left anywhere.
        waiting: whether something has to be tried again later.
    """

    erased: tuple[ErasureView, ...] = ()
    finished: tuple[ErasureView, ...] = ()
    waiting: bool = False


class Housekeeping:
    """The work on one store."""

    def __init__(
        self, store: Store, bot: BotMemory, *, clock: Callable[[], datetime] = utc_now, anchors: Path | None = None
    ) -> None:
        self._store = store
        self._bot = bot
        self._clock = clock
        self._anchors = anchors

    def work(self, *, only: int | None = None, vacuum: bool | None = None) -> Worked:
        """One round: erasures as far as they go.

        Args:
            only: the one erasure to carry out.
            vacuum: whether the store's file is written anew; None: as the rules say for its size.
        """
        erased = tuple(view for view in self._open(only) if self._carry_out(view))
        self._forget()
        finished, waiting = [], False
        for view in self._open(only):
            if view.state is ErasureState.ERASED and self._is_forgotten(view):
                done = self._finish(view, vacuum)
                if done is not None:
                    finished.append(done)
                    continue
            waiting = True
        return Worked(erased, tuple(finished), waiting)

    def daily(self) -> dict[str, int] | None:
        """What is too old goes, the files are written anew, the audit is anchored; None if done already today."""
        now = self._clock()
        if not self._claim(RETENTION, now):
            return None
        gone = running.run(self._store, now)
        self._forget()
        scrubbing.scrub(self._store.engine, vacuum=True)
        self.anchor()
        with self._session() as session:
            session.execute(
                update(HousekeepingRun).where(HousekeepingRun.task == RETENTION).values(finished_at=self._clock())
            )
        return gone

    def anchor(self) -> bool:
        """Write down where the audit's chains end, if there is a place for it; False when nothing was new."""
        if self._anchors is None:
            return False
        with self._store.engine.connect() as connection:
            return audit_anchors.add(connection, self._anchors, self._clock())

    def _open(self, only: int | None) -> list[ErasureView]:
        with self._store.reading(Actor.system()) as session:
            return [view for view in erasure.open_erasures(session) if only in (None, view.id)]

    def _carry_out(self, view: ErasureView) -> bool:
        if view.state is not ErasureState.REQUESTED:
            return False
        with self._session() as session:
            now = self._clock()
            if not erasure.may_begin(session, view, now):
                return False
            erasure.carry_out(session, view.id, now)
        return True

    def _forget(self) -> None:
        """Have the bot forget what is due, a conversation at a time."""
        for key, attempts in self._due():
            try:
                self._bot.forget(key)
            except BotUnreachable as error:
                log.info("the bot could not be made to forget a conversation yet: %s", error)
                self._again(key, attempts + 1)
                continue
            with self._session() as session:
                session.execute(delete(TrackerForget).where(TrackerForget.conversation_id == key))

    def _due(self) -> list[tuple[str, int]]:
        with self._store.reading(Actor.system()) as session:
            query = (
                select(TrackerForget.conversation_id, TrackerForget.attempts)
                .where(TrackerForget.next_try_at <= self._clock())
                .order_by(TrackerForget.next_try_at)
                .limit(_AT_ONCE)
            )
            return [(key, attempts) for key, attempts in session.execute(query)]

    def _again(self, key: str, attempts: int) -> None:
        pause = timedelta(seconds=min(2**attempts, _LONGEST_PAUSE_S))
        with self._session() as session:
            row = session.get(TrackerForget, key)
            if row is not None:
                row.attempts, row.next_try_at = attempts, self._clock() + pause

    def _is_forgotten(self, view: ErasureView) -> bool:
        with self._store.reading(Actor.system()) as session:
            return not erasure.forgets_left(session, view.id)

    def _finish(self, view: ErasureView, vacuum: bool | None) -> ErasureView | None:
        """Overwrite what is left behind; None when that has to wait."""
        try:
            self._bot.scrub()
        except BotUnreachable as error:
            log.info("the bot could not overwrite what it has forgotten yet: %s", error)
            return None
        if vacuum is None:
            vacuum = scrubbing.megabytes(self._store.engine) <= rules().erasure.vacuum_at_once_megabytes
        if not scrubbing.scrub(self._store.engine, vacuum=vacuum):
            return None
        with self._session() as session:
            return erasure.finish(session, view.id, self._clock())

    def _claim(self, task: str, now: datetime) -> bool:
        """Whether the day's run is ours: one process has it, unless that died in it."""
        with self._session() as session:
            insert_or_none(session, HousekeepingRun(task=task, started_at=datetime.min.replace(tzinfo=timezone.utc)))
            row = session.scalars(select(HousekeepingRun).where(HousekeepingRun.task == task).with_for_update()).one()
            running_still = row.finished_at is None and now - row.started_at < _GIVEN_UP_AFTER
            done_today = row.finished_at is not None and row.started_at.date() == now.date()
            if running_still or done_today:
                return False
            row.started_at, row.finished_at = now, None
            return True

    def _session(self) -> AbstractContextManager[Session]:
        return self._store.session(Actor.system())
