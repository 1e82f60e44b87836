"""Branches near a customer, and the employee who looks after them."""

from dataclasses import dataclass
from datetime import datetime

from crm.domain.claims import Handler
from crm.domain.organisation import BranchView


@dataclass(frozen=True, slots=True)
class BranchNearby:
    """A branch as seen from a place, now.

    Attributes:
        distance_km: as the crow flies; None when the place is not on the map.
        closes_at: today's closing, when open; in the branch's time zone, like `opens_at`.
        opens_at: the next opening, when closed; None when it is closed for a month.
    """

    branch: BranchView
    distance_km: float | None
    is_open: bool
    closes_at: datetime | None
    opens_at: datetime | None


@dataclass(frozen=True, slots=True)
class AgentView:
    """The employee who looks after a customer, and where."""

    agent: Handler
    languages: tuple[str, ...]
    branch: BranchNearby | None
