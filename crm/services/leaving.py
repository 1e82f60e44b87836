"""How likely a customer is to leave, by the rules of `crm/reference/leaving.toml`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from crm import reference
from crm.domain import (
    BalanceView,
    ComplaintView,
    InvoiceState,
    LeavingReason,
    PolicyStatus,
    PolicyView,
    RequestKind,
    RequestStatus,
    RequestView,
    RiskOfLeaving,
)

_MOST = 100
_PERCENT = 100


@dataclass(frozen=True, slots=True)
class Renewed:
    """A renewal that was accepted; premiums in minor units."""

    policy_number: str
    starts_on: date
    accepted_on: date
    previous_minor: int
    premium_minor: int


@dataclass(frozen=True, slots=True)
class Signs:
    """What the score is made of.

    Attributes:
        today: the day it is where the business is.
        since: the day they became a customer.
        feedback: the latest score, 1 (bad) to 5 (good), and its day.
    """

    today: date
    since: date
    policies: Sequence[PolicyView]
    balance: BalanceView
    complaints: Sequence[ComplaintView]
    requests: Sequence[RequestView]
    renewals: Sequence[Renewed]
    feedback: tuple[int, date] | None


def risk(signs: Signs) -> RiskOfLeaving:
    """The score with its reasons."""
    reasons = [
        LeavingReason(code, points) for part in _PARTS for code, points in part(signs, reference.table("leaving"))
    ]
    score = min(max(sum(reason.points for reason in reasons), 0), _MOST)
    levels = reference.table("leaving")["levels"]
    level = "high" if score >= levels["high"] else "medium" if score >= levels["medium"] else "low"
    return RiskOfLeaving(score, level, tuple(sorted(reasons, key=lambda reason: -abs(reason.points))))


_Points = Iterator[tuple[str, int]]


def _bills(signs: Signs, rules: dict) -> _Points:
    late = [invoice for invoice in signs.balance.invoices if invoice.state is InvoiceState.OVERDUE]
    if late:
        yield "overdue_invoice", rules["overdue_invoice"]["points"]
    if any(_recent(signs, invoice.due_on) > rules["long_overdue"]["days"] for invoice in late):
        yield "long_overdue", rules["long_overdue"]["points"]


def _grievances(signs: Signs, rules: dict) -> _Points:
    if any(complaint.answered_at is None for complaint in signs.complaints):
        yield "open_complaint", rules["open_complaint"]["points"]
    rule = rules["complaints"]
    answered = [one for one in signs.complaints if one.answered_at is not None]
    count = sum(_recent(signs, one.received_at.date()) <= rule["days"] for one in answered)
    if count:
        yield "complaints", min(count * rule["points"], rule["most"])
    rule = rules["bad_feedback"]
    if signs.feedback and signs.feedback[0] <= rule["score"] and _recent(signs, signs.feedback[1]) <= rule["days"]:
        yield "bad_feedback", rule["points"]


def _prices(signs: Signs, rules: dict) -> _Points:
    rule = rules["premium_increase"]
    rises = [
        _PERCENT * (one.premium_minor - one.previous_minor) / one.previous_minor
        for one in signs.renewals
        if one.previous_minor > 0 and _recent(signs, one.accepted_on) <= rule["days"]
    ]
    points = int(rule["points"] * max((rise - rule["above"] for rise in rises), default=0))
    if points > 0:
        yield "premium_increase", min(points, rule["most"])


def _ties(signs: Signs, rules: dict) -> _Points:
    tenure = _recent(signs, signs.since)
    if tenure < rules["short_tenure"]["days"]:
        yield "short_tenure", rules["short_tenure"]["points"]
    if tenure >= rules["long_tenure"]["days"]:
        yield "long_tenure", rules["long_tenure"]["points"]
    active = [policy for policy in signs.policies if policy.status is PolicyStatus.ACTIVE]
    if len(active) == 1:
        yield "one_policy", rules["one_policy"]["points"]
    if len({policy.line for policy in active}) >= rules["several_lines"]["lines"]:
        yield "several_lines", rules["several_lines"]["points"]


def _endings(signs: Signs, rules: dict) -> _Points:
    rule = rules["policy_lost"]
    lost = [policy for policy in signs.policies if policy.status is not PolicyStatus.ACTIVE]
    if any(_recent(signs, policy.ends_on) <= rule["days"] for policy in lost):
        yield "policy_lost", rule["points"]
    horizon = signs.today + timedelta(days=rules["ends_soon"]["days"])
    renewed = {one.policy_number for one in signs.renewals if one.starts_on >= signs.today}
    active = [policy for policy in signs.policies if policy.status is PolicyStatus.ACTIVE]
    if any(policy.ends_on <= horizon and policy.number not in renewed for policy in active):
        yield "ends_soon", rules["ends_soon"]["points"]
    asked = [request for request in signs.requests if request.kind == RequestKind.CANCELLATION]
    if any(request.status == RequestStatus.OPEN for request in asked):
        yield "cancellation_asked", rules["cancellation_asked"]["points"]


_PARTS = (_bills, _grievances, _prices, _ties, _endings)


def _recent(signs: Signs, day: date) -> int:
    """How many days ago it was; negative for days ahead."""
    return (signs.today - day).days
