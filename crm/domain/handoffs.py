"""Hand-offs to a person: their states, the queue, who is there; and call-backs."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from crm.domain.policies import Line


class HandoffState(StrEnum):
    """Where a hand-off stands. The bot answers while it waits and after it is over, a person in between."""

    REQUESTED = "requested"
    QUEUED = "queued"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    ACTIVE = "active"
    RETURNED = "returned"
    CLOSED = "closed"
    EXPIRED = "expired"
    ABANDONED = "abandoned"

    @property
    def is_waiting(self) -> bool:
        """Nobody has taken it yet."""
        return self in WAITING

    @property
    def is_with_person(self) -> bool:
        """An employee has the conversation."""
        return self in WITH_PERSON

    @property
    def is_over(self) -> bool:
        """Nothing follows any more."""
        return self in OVER

    @property
    def successors(self) -> frozenset["HandoffState"]:
        """The states that may come next."""
        return _SUCCESSORS.get(self, frozenset())


WAITING = frozenset({HandoffState.REQUESTED, HandoffState.QUEUED, HandoffState.OFFERED})
WITH_PERSON = frozenset({HandoffState.ACCEPTED, HandoffState.ACTIVE})
OVER = frozenset({HandoffState.RETURNED, HandoffState.CLOSED, HandoffState.EXPIRED, HandoffState.ABANDONED})

_UNMET = frozenset({HandoffState.ABANDONED, HandoffState.EXPIRED})
_LEFT = frozenset({HandoffState.RETURNED, HandoffState.CLOSED, HandoffState.ABANDONED})
_AGAIN = frozenset({HandoffState.QUEUED, HandoffState.OFFERED, HandoffState.ACCEPTED})  # to a team, to a colleague

_SUCCESSORS: dict[HandoffState, frozenset[HandoffState]] = {
    HandoffState.REQUESTED: _UNMET | {HandoffState.QUEUED, HandoffState.OFFERED},
    HandoffState.QUEUED: _UNMET | {HandoffState.OFFERED, HandoffState.ACCEPTED},
    HandoffState.OFFERED: _UNMET | {HandoffState.QUEUED, HandoffState.ACCEPTED},
    HandoffState.ACCEPTED: _LEFT | _AGAIN | {HandoffState.ACTIVE},
    HandoffState.ACTIVE: _LEFT | _AGAIN,
}


class HandoffReason(StrEnum):
    """Why a person is needed. `crm/reference/handoffs.toml` says how urgent each is."""

    ASKED_FOR = "asked_for"
    BOT_FAILED = "bot_failed"
    COMPLAINT = "complaint"
    EMERGENCY = "emergency"
    CANCELLATION = "cancellation"
    HIGH_VALUE = "high_value"
    POLICY_DECISION = "policy_decision"


class PresenceStatus(StrEnum):
    """What an employee says about themselves at the desk. Only who is available is offered customers."""

    AVAILABLE = "available"
    BUSY = "busy"
    AWAY = "away"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class HandoffView:
    """A customer's wish for a person, from the wish to its end.

    Attributes:
        summary: what a colleague needs to know before taking over.
        position: 1 is next among those who wait and speak the same language; None when it does not wait.
        priority: lower is more urgent.
        line: the line of business it is about, when it is known.
        channel: `chat` or `voice`.
        employee_id: who has it, or had it last once it is over; None while it waits.
        customer_id: who was last verified in the conversation.
        team: code of the team it waits for; None for any.
        offered_to: the employee who may take it until `offered_until`.
        waiting_since: since when it waits this time; None when it does not.
        disposition: how it ended, in a code of the desk, once it is closed.
    """

    id: int
    conversation_id: str
    state: HandoffState
    reason: HandoffReason
    summary: str
    requested_at: datetime
    position: int | None
    priority: int
    line: Line | None
    about_claim: bool
    language: str
    channel: str
    employee_id: int | None
    employee_name: str | None
    customer_id: int | None
    team: str | None
    offered_to: int | None
    offered_until: datetime | None
    waiting_since: datetime | None
    accepted_at: datetime | None
    active_at: datetime | None
    ended_at: datetime | None
    disposition: str | None

    @property
    def is_over(self) -> bool:
        """Nothing follows any more."""
        return self.state.is_over


@dataclass(frozen=True, slots=True)
class HandoffEvent:
    """One change of a hand-off. `employee_id` is who did it, or to whom it was offered; None for the system and the
    customer. `note` is what a colleague wrote when passing it on."""

    state: HandoffState
    at: datetime
    employee_id: int | None
    note: str | None


@dataclass(frozen=True, slots=True)
class QueueEntry:
    """A customer who waits, as an employee sees it.

    Attributes:
        customer_name: of the verified customer, not masked: mask it unless the reader may see it.
        waited: since the customer began to wait this time.
        position: 1 is next, over all who wait.
        is_own: this employee is the customer's own agent.
        can_take: this employee may take it now.
    """

    handoff: HandoffView
    customer_name: str | None
    waited: timedelta
    position: int
    is_own: bool
    can_take: bool


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a waiting customer may be told.

    Attributes:
        position: 1 is next among those who speak the same language; None when it does not wait.
        minutes: how long it will take, from how fast those who are there have been taking customers lately; None when
            that is not known.
        open_now: whether anybody is there now, or should be by the hours of customer care.
        callback_offered: whether a call-back is the better choice: closed, nobody there, or a long wait already.
        all_busy: whether everybody who is there takes no new customers just now.
    """

    position: int | None
    minutes: int | None
    open_now: bool
    callback_offered: bool
    all_busy: bool = False


@dataclass(frozen=True, slots=True)
class AgentLoad:
    """An employee at the desk. `busy_with` counts customers they have and customers offered to them.

    `status` is offline as soon as their page is not heard of any more; `since` is when they said what they said last.
    """

    employee_id: int
    name: str
    status: PresenceStatus
    busy_with: int
    capacity: int
    since: datetime


@dataclass(frozen=True, slots=True)
class CallbackView:
    """A booked call-back; the times carry the business's time zone."""

    reference: str
    at_start: datetime
    at_end: datetime
    phone_masked: str
