"""Replies kept ready, search, the board, figures."""

from datetime import date, datetime
from typing import Literal

from crm.domain.handoffs import HandoffReason
from gateway.api.callers import Sent, Shown, Word, Words
from gateway.api.models.queue import Colleague


class Reply(Shown):
    """A reply kept ready; `places` are the names in braces that are filled in when it is used."""

    id: int
    shortcut: str
    language: str
    title: str
    text: str
    places: list[str]
    uses: int
    changed_at: datetime


class ReplyWish(Sent):
    """A reply to keep."""

    shortcut: Word
    """What is typed after a slash; unique in its language."""
    language: Word
    title: Word
    text: Words


class Intent(Shown):
    """An intent of the bot with its title in the caller's language."""

    name: str
    title: str


class Verdict(Sent):
    """What becomes of a mark: an example to learn from, maybe with another intent, or nothing."""

    verdict: Literal["accepted", "rejected"]
    right_intent: Word = ""


class Found(Shown):
    """A conversation that was found. `text` is the newest message that holds the words, masked."""

    conversation_id: str
    channel: str
    language: str
    customer_name: str | None
    last_active_at: datetime
    reasons: list[HandoffReason]
    employees: list[str]
    tags: list[str]
    score: int | None
    text: str
    seq: int | None


class FoundPage(Shown):
    """Conversations, the last active first; `next` is what to pass as `before` for older ones."""

    items: list[Found]
    next: str | None


class Spread(Shown):
    """Durations in minutes: how many, the middle one, and the one that nine of ten stay below."""

    n: int
    median: float | None
    p90: float | None


class Measures(Shown):
    """What happened between `start` and `end`. Shares are 0 to 1 and null without a case."""

    start: datetime
    end: datetime
    conversations: int
    handed_over: int
    containment: float | None
    handoffs: int
    reasons: dict[str, int]
    waiting: Spread
    first_response: Spread
    handling: Spread
    ratings: list[int]
    """How often 1, 2, 3, 4 and 5 were given."""
    rating: float | None
    messages: int
    lost: int
    fallbacks: float | None


class AgentMeasures(Shown):
    """What one employee did."""

    employee_id: int
    name: str
    handling: Spread
    rating: float | None
    rated: int


class Unanswered(Shown):
    """Questions that are like each other and found no answer: one of them, masked, and how often."""

    text: str
    language: str
    count: int


class Figures(Shown):
    """A day by hours, or a week by days."""

    day: date
    """A day in the span, where the business is."""
    whole: Measures
    parts: list[Measures]
    agents: list[AgentMeasures]
    unanswered: list[Unanswered]


class Board(Shown):
    """The desk at a glance."""

    waiting: int
    reasons: dict[str, int]
    active: int
    longest: datetime | None
    """Since when the customer who waits longest waits."""
    free: int
    """How many more customers those who are available can have."""
    agents: list[Colleague]
    today: Measures
