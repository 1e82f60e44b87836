"""Automatic payment of a policy's instalments: set up, moved to another day, turned off."""

from datetime import date, datetime

from dateutil.relativedelta import relativedelta
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.audit_trail import reads
from crm.domain import AutopayState, AutopayView, CheckoutPurpose, CheckoutState, Money, PolicyStatus
from crm.errors import NotEligible, OutOfRange
from crm.ports import PaymentProvider
from crm.schema import AutopayMandate, Policy
from crm.services import checkouts
from crm.services._days import today
from crm.services.policies import policy_row

LAST_DAY = 28  # every month has it


@reads("autopay_mandates")
def status(session: Session, customer_id: int, now: datetime) -> list[AutopayView]:
    """Automatic payment of every policy that has or had it."""
    query = select(AutopayMandate).where(AutopayMandate.customer_id == customer_id).order_by(AutopayMandate.id)
    return [_view(session, row, now) for row in session.scalars(query)]


def set_up(
    session: Session,
    customer_id: int,
    policy_number: str,
    *,
    day: int,
    provider: PaymentProvider,
    conversation_id: str | None,
    now: datetime,
    language: str = "en",
) -> AutopayView:
    """Begin: the customer gives a card or account on the page of `checkout`, then it is active.

    Where it is active already, only the day changes; a page that is still open is shown again.

    Raises:
        NotFound: the customer has no such policy.
        NotEligible: the policy is not active.
        OutOfRange: `day` is not from 1 to 28.
    """
    _check_day(day)
    policy = policy_row(session, customer_id, policy_number)
    if policy.status is not PolicyStatus.ACTIVE:
        raise NotEligible("Only an active policy is paid automatically.")
    row = _find(session, policy) or AutopayMandate(
        customer_id=customer_id, policy_id=policy.id, state=AutopayState.OFF, day=day, changed_at=now
    )
    session.add(row)
    row.day, row.changed_at = day, now
    if row.state is not AutopayState.ACTIVE and not _has_open_page(session, row, now):
        nothing = Money(0, policy.plan.product.currency)
        page = checkouts.open_checkout(
            session, customer_id, CheckoutPurpose.AUTOPAY, nothing, provider, language, conversation_id, now
        )
        row.state, row.checkout = AutopayState.PENDING, page
    session.flush()
    return _view(session, row, now)


def change_day(session: Session, customer_id: int, policy_number: str, *, day: int, now: datetime) -> AutopayView:
    """Collect on another day of the month. Raises `NotFound`, `NotEligible` when it is off, `OutOfRange`."""
    _check_day(day)
    row = _running(session, customer_id, policy_number)
    row.day, row.changed_at = day, now
    session.flush()
    return _view(session, row, now)


def turn_off(session: Session, customer_id: int, policy_number: str, *, now: datetime) -> AutopayView:
    """Collect no more; invoices stay due. Raises `NotFound`, `NotEligible` when it is off."""
    row = _running(session, customer_id, policy_number)
    row.state, row.changed_at = AutopayState.OFF, now
    row.checkout = None  # a page still open must not turn it on again
    session.flush()
    return _view(session, row, now)


def _check_day(day: int) -> None:
    if not 1 <= day <= LAST_DAY:
        raise OutOfRange("day", minimum=1, maximum=LAST_DAY)


def _find(session: Session, policy: Policy) -> AutopayMandate | None:
    query = select(AutopayMandate).where(AutopayMandate.policy_id == policy.id).with_for_update()
    return session.scalars(query).one_or_none()


def _has_open_page(session: Session, row: AutopayMandate, now: datetime) -> bool:
    return row.checkout is not None and checkouts.view(session, row.checkout, now).state is CheckoutState.OPEN


def _running(session: Session, customer_id: int, policy_number: str) -> AutopayMandate:
    row = _find(session, policy_row(session, customer_id, policy_number))
    if row is None or row.state is AutopayState.OFF:
        raise NotEligible("This policy is not paid automatically; set it up first.")
    return row


def _view(session: Session, row: AutopayMandate, now: datetime) -> AutopayView:
    active, pending = row.state is AutopayState.ACTIVE, row.state is AutopayState.PENDING
    page = checkouts.view(session, row.checkout, now) if pending and row.checkout else None
    state = AutopayState.OFF if page and page.state is CheckoutState.EXPIRED else row.state
    return AutopayView(
        policy_number=row.policy.number,
        line=row.policy.plan.product.line,
        state=state,
        day=row.day,
        next_on=_next(row.day, today(session, now)) if active else None,
        checkout=page,
    )


def _next(day: int, after: date) -> date:
    """The next such day of the month, today included."""
    this_month = after.replace(day=day)
    return this_month if this_month >= after else this_month + relativedelta(months=1)
