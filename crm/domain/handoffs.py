"""Hand-offs to a person, and call-backs."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class HandoffState(StrEnum):
    """Where a hand-off stands."""

    REQUESTED = "requested"
    ACCEPTED = "accepted"
    CLOSED = "closed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class HandoffView:
    """A customer waits for a person.

    Attributes:
        reason: a short code, such as `customer_asked`.
        summary: what a colleague needs to know before taking over.
        position: 1 is next; None when it no longer waits.
    """

    id: int
    conversation_id: str
    state: HandoffState
    reason: str
    summary: str
    requested_at: datetime
    position: int | None


@dataclass(frozen=True, slots=True)
class CallbackView:
    """A booked call-back; the times carry the business's time zone."""

    reference: str
    at_start: datetime
    at_end: datetime
    phone_masked: str
