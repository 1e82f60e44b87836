"""What the makers of demo rows hand each other."""

from dataclasses import dataclass
from datetime import date, datetime, time, timezone
from typing import Any

from crm.demo.histories import Histories
from crm.demo.population import People
from crm.domain import Line, PolicyStatus


@dataclass(frozen=True, slots=True)
class Offered:
    """A plan of the catalogue, as policies are made of it."""

    id: int
    product_id: int
    premium_minor: int
    first_coverage: tuple[str, str, int | None, int]  # code, name, limit, deductible


@dataclass(frozen=True, slots=True)
class World:
    """What all chunks of a demo share.

    Attributes:
        plans: by line, the cheapest first.
        agents: ids of employees who advise customers.
        handlers: ids of claim handlers by line.
    """

    seed: int
    as_of: date
    plans: dict[Line, list[Offered]]
    agents: list[int]
    handlers: dict[Line, list[int]]

    @property
    def now(self) -> datetime:
        """The moment the data stands at."""
        return datetime.combine(self.as_of, time(6), tzinfo=timezone.utc)


@dataclass(frozen=True, slots=True)
class Person:
    """One customer while their rows are made; `u` holds uniform draws to spend."""

    id: int
    at: int
    people: People
    history: Histories
    u: list[float]

    def trait(self, name: str) -> Any:
        """One of the customer's traits."""
        return getattr(self.people, name)[self.at]


@dataclass(frozen=True, slots=True)
class Held:
    """A policy that was just made, as claims and invoices need it; `reason` says why it ended, if it did."""

    id: int
    line: Line
    status: PolicyStatus
    starts_on: date
    ends_on: date
    reason: str | None = None
