"""Changes of a policy: vehicle and beneficiaries at once, cancellation by way of a person."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from crm import rating
from crm.audit_trail import reads
from crm.domain import (
    Beneficiary,
    ChangeView,
    Line,
    Money,
    PolicyEvent,
    RequestKind,
)
from crm.errors import InvalidInput, NotEligible, OutOfRange
from crm.schema import Policy, PolicyBeneficiary
from crm.services import _views, service_requests
from crm.services._changes import effective_day, record
from crm.services._days import today
from crm.services._history import active_policy, events
from crm.services.policies import policy_row
from crm.services.refunds import refund_estimate

MOST_BENEFICIARIES = 10
_LONGEST = 120


def change_vehicle(
    session: Session,
    customer_id: int,
    policy_number: str,
    *,
    vehicle: str,
    plate: str,
    conversation_id: str | None,
    now: datetime,
    effective_on: date | None = None,
    value: Money | None = None,
) -> ChangeView:
    """Insure another vehicle: from today on at once, for a later day as a request that a person carries out.

    The premium stays until a person confirms it; `price_effect` is known when both vehicles' values are.

    Raises:
        NotFound, NotEligible: no such policy, not active, or not of a vehicle.
        InvalidInput, OutOfRange: vehicle, plate, `vehicle_value` or `effective_on`.
    """
    policy = active_policy(session, customer_id, policy_number)
    _demand_line(policy, Line.AUTO)
    day = effective_day(session, effective_on, now)
    before = dict(policy.insured)
    after = {"vehicle": _words("vehicle", vehicle), "plate": _words("plate", plate).upper()}
    effect = None
    if value is not None:
        units = rating.check(Line.AUTO, "vehicle_value", str(value.amount), day)
        after["value"] = units
        effect = _value_effect(policy, before.get("value"), int(units))
    at_once = day == today(session, now)
    if at_once:
        policy.insured = after
    data = {"before": before, "after": after, "effective_on": day.isoformat()}
    return record(session, policy, RequestKind.CHANGE_VEHICLE, data, conversation_id, now, day, at_once, effect)


def change_beneficiary(
    session: Session,
    customer_id: int,
    policy_number: str,
    *,
    beneficiaries: Sequence[Beneficiary],
    conversation_id: str | None,
    now: datetime,
) -> ChangeView:
    """Name who a life policy pays; the names given replace all others.

    Raises:
        NotFound, NotEligible: no such policy, not active, or not a life policy.
        InvalidInput: a name is missing, there are too many (`beneficiary`), or the shares do not make 100 (`share`).
    """
    policy = active_policy(session, customer_id, policy_number)
    _demand_line(policy, Line.LIFE)
    if not 0 < len(beneficiaries) <= MOST_BENEFICIARIES:
        raise InvalidInput("beneficiary", f"A policy has 1 to {MOST_BENEFICIARIES} beneficiaries.")
    if sum(person.share for person in beneficiaries) != 100 or any(person.share < 1 for person in beneficiaries):
        raise InvalidInput("share", "The shares have to make 100 percent; ask for them again.")
    named = [Beneficiary(_words("beneficiary", p.name), p.share, p.relation.strip()) for p in beneficiaries]
    before = _beneficiaries(session, policy)
    session.execute(delete(PolicyBeneficiary).where(PolicyBeneficiary.policy_id == policy.id))
    for person in named:
        session.add(PolicyBeneficiary(policy_id=policy.id, **asdict(person)))
        session.flush()  # one by one, so that they keep their order
    data = {"before": [asdict(person) for person in before], "after": [asdict(person) for person in named]}
    day = today(session, now)
    return record(session, policy, RequestKind.CHANGE_BENEFICIARY, data, conversation_id, now, day, True, None)


@reads("policy_beneficiaries")
def beneficiaries(session: Session, customer_id: int, policy_number: str) -> tuple[Beneficiary, ...]:
    """Who a policy pays, as named so far. Raises `NotFound`."""
    return _beneficiaries(session, policy_row(session, customer_id, policy_number))


def request_cancellation(
    session: Session,
    customer_id: int,
    policy_number: str,
    *,
    conversation_id: str | None,
    now: datetime,
    effective_on: date | None = None,
    reason: str = "",
) -> ChangeView:
    """Ask to end a policy; a person approves it. The refund is an estimate and no promise.

    Where a cancellation is waiting already, it is shown again and none is added.

    Raises:
        NotFound, NotEligible: no such policy, or it is not active.
        OutOfRange: `effective_on` lies before today or after the policy's end.
    """
    policy = active_policy(session, customer_id, policy_number)
    first = today(session, now)
    day = effective_on or first
    if not first <= day <= policy.ends_on:
        raise OutOfRange("effective_on", minimum=first, maximum=policy.ends_on)
    waiting = service_requests.open_row(session, customer_id, RequestKind.CANCELLATION, policy.id)
    if waiting:
        day = date.fromisoformat((waiting.data or {}).get("effective_on", day.isoformat()))
        refund = refund_estimate(session, policy, day)
        return ChangeView(service_requests.view(waiting), _views.policy(policy), day, refund_estimate=refund)
    refund = refund_estimate(session, policy, day)
    data = {"effective_on": day.isoformat(), "reason": reason.strip(), "refund_estimate_minor": refund.minor}
    return record(
        session, policy, RequestKind.CANCELLATION, data, conversation_id, now, day, False, None, refund=refund
    )


@reads("policy_history")
def history(session: Session, customer_id: int, policy_number: str) -> list[PolicyEvent]:
    """What was changed about a policy, the oldest first. Raises `NotFound`."""
    return events(session, policy_row(session, customer_id, policy_number))


def _demand_line(policy: Policy, line: Line) -> None:
    if policy.plan.product.line is not line:
        raise NotEligible(f"This is possible for {line} policies only.")


def _words(field: str, text: str) -> str:
    words = " ".join(text.split())
    if not 2 <= len(words) <= _LONGEST:
        raise InvalidInput(field, f"The {field} is missing or too long; ask for it again.")
    return words


def _value_effect(policy: Policy, before: str | None, after: int) -> Money | None:
    if before is None:
        return None
    premium = Money(policy.premium_minor, policy.plan.product.currency)
    return rating.vehicle_value_effect(premium, int(before), after)


def _beneficiaries(session: Session, policy: Policy) -> tuple[Beneficiary, ...]:
    query = select(PolicyBeneficiary).where(PolicyBeneficiary.policy_id == policy.id).order_by(PolicyBeneficiary.id)
    return tuple(Beneficiary(row.name, row.share, row.relation) for row in session.scalars(query))
