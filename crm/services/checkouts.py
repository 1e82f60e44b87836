"""Hosted payment pages: opened for a customer, completed once by the payment provider."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.domain import (
    AutopayState,
    CheckoutPurpose,
    CheckoutState,
    CheckoutView,
    InvoiceView,
    Money,
    PaymentOrder,
)
from crm.errors import InvalidInput, NotEligible, NotFound, OutOfRange
from crm.ports import PaymentProvider
from crm.schema import Checkout, CheckoutItem, Invoice, Payment, Policy
from crm.services._rows import business_value
from crm.services.billing import CANCELLED, PAID, invoices, total

VALID = timedelta(hours=1)


def start_payment(
    session: Session,
    customer_id: int,
    *,
    provider: PaymentProvider,
    conversation_id: str | None,
    now: datetime,
    language: str = "en",
    policy_number: str | None = None,
    amount: Money | None = None,
) -> CheckoutView:
    """Open a payment page for everything due, or for one policy, or for a part of it (the oldest first).

    Raises:
        NotFound: the customer has no such policy.
        NotEligible: nothing is due.
        OutOfRange: `amount` is not between one minor unit and what is due.
        InvalidInput: `amount` is in another currency.
    """
    due = [i for i in invoices(session, customer_id, now, policy_number=policy_number) if i.outstanding.minor > 0]
    if not due:
        raise NotEligible("Nothing is due; there is nothing to pay.")
    owed = total([invoice.outstanding for invoice in due], "")
    amount = amount or owed
    if amount.currency != owed.currency:
        raise InvalidInput("amount", f"Payments are in {owed.currency}.")
    if not 0 < amount.minor <= owed.minor:
        raise OutOfRange("amount", minimum=Money(1, owed.currency), maximum=owed)
    row = open_checkout(session, customer_id, CheckoutPurpose.PAYMENT, amount, provider, language, conversation_id, now)
    for invoice_id, minor in _spread(due, amount.minor):
        session.add(CheckoutItem(checkout_id=row.id, invoice_id=invoice_id, amount_minor=minor))
    session.flush()
    session.refresh(row)
    return view(session, row, now)


def open_checkout(
    session: Session,
    customer_id: int,
    purpose: CheckoutPurpose,
    amount: Money,
    provider: PaymentProvider,
    language: str,
    conversation_id: str | None,
    now: datetime,
) -> Checkout:
    """Open a page at the provider and keep its reference; for other services."""
    page = provider.open_page(PaymentOrder(purpose, amount, language))
    row = Checkout(
        customer_id=customer_id,
        conversation_id=conversation_id,
        purpose=purpose,
        state=CheckoutState.OPEN,
        provider=provider.name,
        reference=page.reference,
        reference_index=page.reference,
        url=page.url,
        currency=amount.currency,
        amount_minor=amount.minor,
        created_at=now,
    )
    session.add(row)
    session.flush()
    return row


def checkout(session: Session, reference: str, now: datetime) -> CheckoutView:
    """What a payment page is for, and where it stands. Raises `NotFound`."""
    return view(session, _row(session, reference), now)


def complete_payment(session: Session, reference: str, *, now: datetime, succeeded: bool = True) -> CheckoutView:
    """What the payment provider reports. A second report of the same page changes nothing.

    A success that arrives after the page expired is booked all the same: the money has moved. An invoice that was
    settled meanwhile gets the payment too, for somebody to refund.

    Raises:
        NotFound: there is no such page.
    """
    row = _row(session, reference, lock=True)
    if row.state is CheckoutState.OPEN:
        row.state = CheckoutState.COMPLETED if succeeded else CheckoutState.FAILED
        row.completed_at = now
        if succeeded:
            _book(session, row, now)
        elif row.mandate:
            row.mandate.state = AutopayState.OFF
        session.flush()
    return view(session, row, now)


def view(session: Session, row: Checkout, now: datetime) -> CheckoutView:
    """A page as others may see it; for other services."""
    expired = row.state is CheckoutState.OPEN and now >= row.created_at + VALID
    return CheckoutView(
        reference=row.reference,
        url=row.url,
        purpose=row.purpose,
        state=CheckoutState.EXPIRED if expired else row.state,
        amount=Money(row.amount_minor, row.currency or business_value(session, "currency", "USD")),
        policy_numbers=_policy_numbers(session, row),
        valid_until=row.created_at + VALID,
    )


def _spread(due: Sequence[InvoiceView], minor: int) -> list[tuple[int, int]]:
    parts = []
    for invoice in due:
        part = min(invoice.outstanding.minor, minor)
        minor -= part
        if part:
            parts.append((invoice.id, part))
    return parts


def _book(session: Session, row: Checkout, now: datetime) -> None:
    for item in row.items:
        invoice = session.scalars(
            select(Invoice)
            .where(Invoice.id == item.invoice_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).one()
        session.add(
            Payment(
                invoice_id=invoice.id,
                paid_at=now,
                amount_minor=item.amount_minor,
                method="card",
                reference=row.reference,
            )
        )
        session.flush()
        received = sum(session.scalars(select(Payment.amount_minor).where(Payment.invoice_id == invoice.id)))
        if received >= invoice.amount_minor and invoice.status != CANCELLED:
            invoice.status = PAID
    if row.mandate:
        row.mandate.state = AutopayState.ACTIVE
        row.mandate.changed_at = now


def _policy_numbers(session: Session, row: Checkout) -> tuple[str, ...]:
    if row.mandate:
        return (row.mandate.policy.number,)
    ids = dict.fromkeys(item.invoice.policy_id for item in row.items)
    return tuple(session.get_one(Policy, policy_id).number for policy_id in ids)


def _row(session: Session, reference: str, *, lock: bool = False) -> Checkout:
    query = select(Checkout).where(Checkout.reference_index == reference)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    row = session.scalars(query).one_or_none()
    if row is None:
        raise NotFound("There is no such payment page; start the payment again.")
    return row
