"""The next year of a policy: offered, explained, accepted."""

from datetime import date, datetime, time, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal

from dateutil.relativedelta import relativedelta
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm import reference
from crm.audit_trail import reads
from crm.domain import ChangeView, Money, PolicyStatus, RenewalOffer, RequestKind, RequestStatus
from crm.errors import NotEligible
from crm.schema import Claim, Invoice, Policy, Renewal
from crm.services import _views, service_requests
from crm.services._days import today
from crm.services._history import active_policy, remember
from crm.services.policies import policy_row

INSTALMENTS = 4


@reads("policies")
def renewal_offer(session: Session, customer_id: int, policy_number: str, now: datetime) -> RenewalOffer:
    """What the next year of a policy costs and why; the accepted one, if it was accepted and lies ahead.

    Raises:
        NotFound: the customer has no such policy.
        NotEligible: the policy is not active, or its end is further away than renewals are offered.
    """
    policy = policy_row(session, customer_id, policy_number)
    day = today(session, now)
    accepted = _accepted(session, policy, day)
    if accepted:
        return _view(policy, accepted, (), day, accepted=True)
    if policy.status is not PolicyStatus.ACTIVE or policy.ends_on < day:
        raise NotEligible("Only an active policy is renewed; offer a person or a new quote.")
    if (policy.ends_on - day).days > reference.table("renewal")["offer_days"]:
        raise NotEligible(f"The policy runs until {policy.ends_on}; its renewal is offered later.")
    reasons = _reasons(session, policy)
    starts_on = policy.ends_on + timedelta(days=1)
    next_year = Renewal(
        policy_id=policy.id,
        starts_on=starts_on,
        ends_on=starts_on + relativedelta(years=1) - timedelta(days=1),
        previous_premium_minor=policy.premium_minor,
        premium_minor=policy.premium_minor + sum(effect.minor for _, effect in reasons),
    )
    return _view(policy, next_year, reasons, day)


@reads("policies")
def renewals_due(session: Session, customer_id: int, now: datetime) -> list[RenewalOffer]:
    """The offers for all policies that end soon and are not renewed yet, the earliest end first."""
    rows = session.scalars(select(Policy).where(Policy.customer_id == customer_id))
    offers = []
    for row in sorted(rows, key=lambda policy: policy.ends_on):
        try:
            offers.append(renewal_offer(session, customer_id, row.number, now))
        except NotEligible:
            continue
    return [offer for offer in offers if not offer.accepted]


def renew(
    session: Session, customer_id: int, policy_number: str, *, conversation_id: str | None, now: datetime
) -> ChangeView:
    """Accept the offer: the policy runs a year longer, and the first instalment of that year is invoiced.

    Raises:
        NotFound, NotEligible: as `renewal_offer`; also when it was accepted already.
    """
    policy = active_policy(session, customer_id, policy_number)
    offer = renewal_offer(session, customer_id, policy_number, now)
    if offer.accepted:
        raise NotEligible(f"The policy is renewed already, until {offer.ends_on}.")
    session.add(
        Renewal(
            policy_id=policy.id,
            starts_on=offer.starts_on,
            ends_on=offer.ends_on,
            previous_premium_minor=offer.current.minor,
            premium_minor=offer.premium.minor,
            accepted_at=now,
        )
    )
    policy.ends_on, policy.premium_minor = offer.ends_on, offer.premium.minor
    _invoice(session, policy, offer, today(session, now))
    data = {"starts_on": offer.starts_on.isoformat(), "ends_on": offer.ends_on.isoformat()}
    data |= {"premium_minor": str(offer.premium.minor), "previous_premium_minor": str(offer.current.minor)}
    remember(session, policy, "renewed", data, now)
    row = service_requests.record(
        session,
        customer_id,
        RequestKind.RENEWAL,
        status=RequestStatus.DONE,
        data=data,
        conversation_id=conversation_id,
        now=now,
        policy_id=policy.id,
    )
    effect = Money(offer.premium.minor - offer.current.minor, offer.premium.currency)
    return ChangeView(service_requests.view(row), _views.policy(policy), offer.starts_on, price_effect=effect)


def _accepted(session: Session, policy: Policy, day: date) -> Renewal | None:
    query = select(Renewal).where(Renewal.policy_id == policy.id, Renewal.starts_on > day)
    return session.scalars(query.order_by(Renewal.starts_on)).first()


def _reasons(session: Session, policy: Policy) -> tuple[tuple[str, Money], ...]:
    rules, product = reference.table("renewal"), policy.plan.product
    running_since = datetime.combine(policy.ends_on - relativedelta(years=1), time(), tzinfo=timezone.utc)
    claims = session.scalar(
        select(func.count(Claim.id)).where(Claim.policy_id == policy.id, Claim.filed_at >= running_since)
    )
    share = rules["no_claims"] if not claims else next(by for most, by in rules["claims"] if claims <= most)
    parts = (("index", rules["index"][product.line]), ("claims" if claims else "no_claims", share))
    return tuple((code, Money(_part(policy.premium_minor, by), product.currency)) for code, by in parts if by)


def _part(minor: int, share: float) -> int:
    """A share of a premium in whole units of the currency."""
    return int((minor * Decimal(str(share)) / 100).quantize(Decimal(1), rounding=ROUND_HALF_UP)) * 100


def _invoice(session: Session, policy: Policy, offer: RenewalOffer, day: date) -> None:
    session.add(
        Invoice(
            customer_id=policy.customer_id,
            policy_id=policy.id,
            issued_on=day,
            due_on=offer.starts_on,
            amount_minor=offer.premium.minor // INSTALMENTS,
            status="open",
        )
    )
    session.flush()


def _view(
    policy: Policy, year: Renewal, reasons: tuple[tuple[str, Money], ...], day: date, *, accepted: bool = False
) -> RenewalOffer:
    product = policy.plan.product
    return RenewalOffer(
        policy_number=policy.number,
        line=product.line,
        product=f"{product.name} {policy.plan.name}",
        starts_on=year.starts_on,
        ends_on=year.ends_on,
        current=Money(year.previous_premium_minor, product.currency),
        premium=Money(year.premium_minor, product.currency),
        reasons=reasons,
        days_left=(year.starts_on - day).days,
        accepted=accepted,
    )
