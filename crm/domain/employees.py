"""Who works here, when, and who can take a customer now."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from crm.domain.claims import Handler
from crm.domain.organisation import BranchView, BusinessHours
from crm.domain.policies import Line


@dataclass(frozen=True, slots=True)
class EmployeeView:
    """An employee as colleagues see them.

    Attributes:
        unit: code of the unit they work in.
        teams: codes of their teams; `leads` those of them they lead.
        skills: levels by skill, from 1 (learning) to 5 (teaching).
        languages: codes, such as `en` and `zh`.
        hours: their own, in their own time zone, without the days they are away or the insurer is closed; no spans
            when none were written down.
        capacity: how many customers they can be with at a time.
        busy_with: how many they are with now.
    """

    id: int
    person: Handler
    unit: str
    branch_id: int | None
    teams: tuple[str, ...]
    leads: tuple[str, ...]
    skills: Mapping[str, int]
    languages: tuple[str, ...]
    hours: BusinessHours
    capacity: int
    busy_with: int

    @property
    def free(self) -> int:
        """How many more customers they can take."""
        return max(self.capacity - self.busy_with, 0)

    def is_working(self, at: datetime) -> bool:
        """Whether they work at that (timezone-aware) moment."""
        return self.hours.is_open(at)


@dataclass(frozen=True, slots=True)
class Need:
    """What a customer's matter asks of the employee who takes it; what is None is asked of nobody.

    Attributes:
        language: code of the customer's language.
        line: the line of business it is about.
        about_claim: whether it is a claim; else advice on policies, bills and everything else.
        skills: further skills, whatever the line.
    """

    language: str | None = None
    line: Line | None = None
    about_claim: bool = False
    skills: tuple[str, ...] = ()

    @property
    def all_skills(self) -> tuple[str, ...]:
        """Every skill that is asked for."""
        of_line = () if self.line is None else (f"{'claims' if self.about_claim else 'policies'}_{self.line}",)
        return (*self.skills, *of_line)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who can take a customer now. `level` is their lowest in the skills asked for, 0 without any."""

    employee: EmployeeView
    is_own_agent: bool
    level: int


@dataclass(frozen=True, slots=True)
class TeamView:
    """A team with the employees who lead it and who are in it, leads included."""

    code: str
    name: str
    unit: str
    leads: tuple[Handler, ...]
    members: tuple[Handler, ...]


@dataclass(frozen=True, slots=True)
class Serving:
    """Who serves a customer: their agent with the agent's branch, and who handles their open claims, by number."""

    agent: Handler | None
    agent_works_now: bool
    branch: BranchView | None
    claim_handlers: Mapping[str, Handler]


@dataclass(frozen=True, slots=True)
class ProductSheet:
    """What a product is, in a few words; `language` may be another one than was asked for."""

    line: Line
    language: str
    title: str
    summary: str
    covered: tuple[str, ...]
    not_covered: tuple[str, ...]
    valid_from: date


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """A figure the insurer reports; `unit` is `percent`, `count`, `days` or a currency."""

    code: str
    period: str
    value: float
    unit: str
