"""Policies and what they cover."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from crm.domain.money import Money


class Line(StrEnum):
    """A line of business."""

    AUTO = "auto"
    HOME = "home"
    HEALTH = "health"
    LIFE = "life"
    TRAVEL = "travel"


class PolicyStatus(StrEnum):
    """Where a policy stands."""

    ACTIVE = "active"
    LAPSED = "lapsed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class CoverageView:
    """One thing a policy covers.

    Attributes:
        code: stable name, such as `collision`.
        limit: the most that is paid, or None when there is no upper limit.
        deductible: what the customer bears per claim.
    """

    code: str
    name: str
    limit: Money | None
    deductible: Money
    included: bool = True


@dataclass(frozen=True, slots=True)
class PolicyView:
    """A policy with its coverages.

    Attributes:
        insured: what or whom the policy insures, such as vehicle and plate (`{"vehicle": …, "plate": …}`).
        premium: per year.
    """

    id: int
    number: str
    line: Line
    product: str
    status: PolicyStatus
    starts_on: date
    ends_on: date
    premium: Money
    insured: dict[str, str]
    coverages: tuple[CoverageView, ...]
