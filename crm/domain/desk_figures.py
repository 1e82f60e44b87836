"""How the desk and the bot did in a span of time."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Spread:
    """Durations in minutes: how many, the middle one, and the one that nine of ten stay below. None without any."""

    n: int
    median: float | None
    p90: float | None


@dataclass(frozen=True, slots=True)
class Measures:
    """What happened between `start` and `end` (timezone-aware, `end` excluded).

    Attributes:
        conversations: begun, with at least one message of the customer.
        handed_over: of these, how many asked for a person, or were given to one.
        handoffs: asked for in this time; `reasons` says why, by code.
        waiting: from asking for a person until somebody took it.
        first_response: from asking for a person until their first words.
        handling: from taking until the end.
        ratings: how often 1, 2, 3, 4 and 5 were given.
        messages: of customers that the bot read; `lost` are those of which it made nothing.
    """

    start: datetime
    end: datetime
    conversations: int
    handed_over: int
    handoffs: int
    reasons: dict[str, int]
    waiting: Spread
    first_response: Spread
    handling: Spread
    ratings: tuple[int, int, int, int, int]
    messages: int
    lost: int

    @property
    def containment(self) -> float | None:
        """The part of conversations that needed no person, 0 to 1; None without a conversation."""
        return 1 - self.handed_over / self.conversations if self.conversations else None

    @property
    def fallbacks(self) -> float | None:
        """The part of messages of which the bot made nothing, 0 to 1; None without a message."""
        return self.lost / self.messages if self.messages else None

    @property
    def rated(self) -> int:
        """How many ratings there are."""
        return sum(self.ratings)

    @property
    def rating(self) -> float | None:
        """The mean of the ratings, 1 to 5; None without any."""
        return sum(score * n for score, n in enumerate(self.ratings, 1)) / self.rated if self.rated else None


@dataclass(frozen=True, slots=True)
class AgentMeasures:
    """What one employee did: customers they ended with, how long that took, what these customers thought."""

    employee_id: int
    name: str
    handling: Spread
    rating: float | None
    rated: int


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Questions that are like each other and found no answer: one of them, masked, and how often."""

    text: str
    language: str
    count: int
    conversation_id: str


@dataclass(frozen=True, slots=True)
class Figures:
    """A span of time, in parts and as a whole."""

    whole: Measures
    parts: tuple[Measures, ...]
    agents: tuple[AgentMeasures, ...]
    unanswered: tuple[Unanswered, ...]
