"""Conversations found by words, customer, day, reason of the hand-off, colleague and tag."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from crm.domain import HandoffReason
from crm.search import MessageHit

MOST = 100


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for; everything that is given has to hold. Times are timezone-aware, `until` is excluded.

    Attributes:
        words: that occur in one message of it, in either language.
        customer_id: who was verified in it.
        reason: of one of its hand-offs.
        employee_id: a colleague who had it.
        tag: under which it is filed.
    """

    words: str = ""
    customer_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    reason: HandoffReason | None = None
    employee_id: int | None = None
    tag: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A conversation that was found, with the newest of its messages that hold the words (none without words)."""

    conversation_id: str
    channel: str
    language: str
    customer_id: int | None
    customer_name: str | None
    last_active_at: datetime
    reasons: tuple[HandoffReason, ...]
    employees: tuple[str, ...]
    tags: tuple[str, ...]
    score: int | None
    hit: MessageHit | None


def find(
    session: Session, wanted: Wanted, *, before: str | None = None, limit: int = 25, masked: bool = True
) -> list[Found]:
    """Conversations, the last active first, at most `limit` (100 at most).

    Args:
        before: the id of the last conversation of the page before.
        masked: names and texts with personal data hidden.
    """
    raise NotImplementedError
