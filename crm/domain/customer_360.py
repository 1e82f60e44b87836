"""Everything about a customer at a glance."""

from dataclasses import dataclass
from datetime import datetime

from crm.domain.billing import BalanceView
from crm.domain.claims import ClaimView, Handler
from crm.domain.customers import Address, CustomerView
from crm.domain.policies import Line, PolicyView
from crm.domain.service import ComplaintView, RequestView


@dataclass(frozen=True, slots=True)
class InteractionView:
    """One contact with a customer; `summary` is free text, often empty."""

    channel: str
    topic: str
    at: datetime
    summary: str


@dataclass(frozen=True, slots=True)
class RecommendationView:
    """A product that was offered. `outcome` is `accepted`, `declined`, or None while unanswered."""

    line: Line
    product: str
    channel: str
    offered_at: datetime
    outcome: str | None
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class Consent:
    """Whether the customer may be shown offers, and since when they have said so."""

    marketing: bool
    since: datetime | None


@dataclass(frozen=True, slots=True)
class OwnAgent:
    """The employee who looks after a customer."""

    id: int
    person: Handler
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OwnBranch:
    """The customer's branch: their agent's, else the nearest; `distance_km` is None when a place is not on the map."""

    id: int
    name: str
    address: Address
    phone: str
    distance_km: float | None


@dataclass(frozen=True, slots=True)
class LeavingReason:
    """Something that speaks for leaving, or with negative points for staying. `code` is stable."""

    code: str
    points: int


@dataclass(frozen=True, slots=True)
class RiskOfLeaving:
    """How likely a customer is to leave, by rules that can be read (`crm/reference/leaving.toml`).

    Attributes:
        score: 0 to 100.
        level: `low`, `medium` or `high`.
        reasons: what it is made of, the weightiest first.
    """

    score: int
    level: str
    reasons: tuple[LeavingReason, ...]


@dataclass(frozen=True, slots=True)
class Customer360:
    """A customer with all that belongs to them.

    Attributes:
        since: when they became a customer.
        policies: active ones first, then the newest.
        open_claims: the newest first, like `interactions`, `requests` and `complaints`, of which these are the newest.
        recommendation: the last one.
    """

    customer: CustomerView
    since: datetime
    policies: tuple[PolicyView, ...]
    open_claims: tuple[ClaimView, ...]
    balance: BalanceView
    interactions: tuple[InteractionView, ...]
    requests: tuple[RequestView, ...]
    complaints: tuple[ComplaintView, ...]
    recommendation: RecommendationView | None
    consent: Consent
    agent: OwnAgent | None
    branch: OwnBranch | None
    leaving: RiskOfLeaving
