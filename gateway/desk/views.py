"""What the queue's templates are handed: the services' answers, arranged for the eye."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from crm.domain.handoffs import HandoffReason, HandoffView, PresenceStatus, QueueEntry
from crm.domain.staff import StaffMember
from crm.services import conversations, customer_names, presence, queue
from gateway.desk.moods import Moods
from vault.masking import mask_personal

# How long a row stays to say who was faster.
GONE_FOR = timedelta(seconds=20)
_MOST_GONE = 3
_MOST_ROWS = 50  # of a list: nobody looks further, and the page stays small
_URGENCY = {
    HandoffReason.EMERGENCY: "urgent",
    HandoffReason.COMPLAINT: "high",
    HandoffReason.CANCELLATION: "high",
    HandoffReason.HIGH_VALUE: "high",
}


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A customer who waits, or is with somebody.

    Attributes:
        name: shortened, see `discreet`; None while nobody is verified.
        is_own: the member is this customer's own agent.
        mood: `upset`, `worried` or `pleased`, of those who wait.
        unanswered_since: when the customer said something that nobody has answered yet; only of one's own.
    """

    handoff: HandoffView
    name: str | None
    is_own: bool = False
    can_take: bool = False
    unanswered_since: datetime | None = None
    mood: str | None = None

    @property
    def summary(self) -> str:
        """What it is about, masked, since many look at a queue; lines of which nothing is left go."""
        lines = mask_personal(self.handoff.summary).splitlines()
        return "\n".join(dict.fromkeys(line for line in lines if any(sign.isalnum() for sign in line)))

    @property
    def urgency(self) -> str:
        """How loud the row may be: `urgent`, `high` or empty."""
        return _URGENCY.get(self.handoff.reason, "")

    def is_offered_to(self, member: StaffMember, now: datetime) -> bool:
        """Whether the member may accept it now."""
        until, to = self.handoff.offered_until, self.handoff.offered_to
        return to is not None and to == member.employee_id and (until is None or until > now)


@dataclass(frozen=True, slots=True)
class QueuePage:
    """The queue as one member sees it.

    Attributes:
        waiting: the first of those who wait, `number` of whom there are.
        gone: what colleagues have just taken.
        active: the first of those who are with somebody, `running` of whom there are.
        longest: since when the one waiting longest waits.
        status: the member's presence.
    """

    offered: Sequence[QueueRow]
    waiting: Sequence[QueueRow]
    gone: Sequence[QueueRow]
    mine: Sequence[QueueRow]
    active: Sequence[QueueRow]
    longest: datetime | None
    status: PresenceStatus
    number: int
    running: int


def discreet(name: str | None) -> str | None:
    """A name for a screen that many look at: `Maria Keller` becomes `Maria K.`, `王小明` becomes `王**`."""
    if not name:
        return None
    first, _, rest = name.strip().partition(" ")
    if rest:
        return f"{first} {rest.split()[-1][0]}."
    return first if first.isascii() else first[0] + "*" * (len(first) - 1)


def queue_page(session: Session, member: StaffMember, now: datetime, moods: Moods) -> QueuePage:
    """Everything on the queue page."""
    entries = queue.waiting(session, employee_id=member.employee_id, now=now)
    feel = moods.of(session, [entry.handoff.conversation_id for entry in entries[:_MOST_ROWS]])
    waits = [_waiting(entry, feel) for entry in entries]
    running = running_rows(session)
    waiting = [row for row in waits if not row.is_offered_to(member, now)]
    return QueuePage(
        offered=[row for row in waits if row.is_offered_to(member, now)],
        waiting=waiting[:_MOST_ROWS],
        gone=[row for row in running if _is_fresh(row.handoff, member, now)][-_MOST_GONE:],
        mine=my_rows(session, member),
        active=running[:_MOST_ROWS],
        longest=min((row.handoff.waiting_since or row.handoff.requested_at for row in waiting), default=None),
        status=status_of(session, member, now),
        number=len(waiting),
        running=len(running),
    )


def offers_to(session: Session, member: StaffMember, now: datetime) -> list[QueueRow]:
    """The customers who are offered to the member."""
    entries = queue.waiting(session, employee_id=member.employee_id, now=now)
    return [row for row in (_waiting(entry, {}) for entry in entries) if row.is_offered_to(member, now)]


def running_rows(session: Session) -> list[QueueRow]:
    """All customers who are with a person, the longest first."""
    active = queue.active(session)
    names = customer_names.names_of(session, (view.customer_id for view in active))
    return [_row(view, names) for view in active]


def my_rows(session: Session, member: StaffMember) -> list[QueueRow]:
    """The customers whom the member has, the longest first."""
    if member.employee_id is None:
        return []
    views = queue.mine(session, member.employee_id)
    names = customer_names.names_of(session, (view.customer_id for view in views))
    unanswered = conversations.unanswered_since(session, [view.conversation_id for view in views])
    return [_row(view, names, unanswered.get(view.conversation_id)) for view in views]


def status_of(session: Session, member: StaffMember, now: datetime) -> PresenceStatus:
    """What the member's presence is now."""
    if member.employee_id is None:
        return PresenceStatus.OFFLINE
    found = (load.status for load in presence.board(session, now) if load.employee_id == member.employee_id)
    return next(found, PresenceStatus.OFFLINE)


def _waiting(entry: QueueEntry, feel: Mapping[str, str]) -> QueueRow:
    return QueueRow(
        entry.handoff,
        discreet(entry.customer_name),
        is_own=entry.is_own,
        can_take=entry.can_take,
        mood=feel.get(entry.handoff.conversation_id),
    )


def _row(view: HandoffView, names: Mapping[int, str], unanswered_since: datetime | None = None) -> QueueRow:
    return QueueRow(view, discreet(names.get(view.customer_id or 0)), unanswered_since=unanswered_since)


def _is_fresh(view: HandoffView, member: StaffMember, now: datetime) -> bool:
    return view.accepted_at is not None and now - view.accepted_at < GONE_FOR and view.employee_id != member.employee_id
