"""What of the premium paid would go back if a policy ended."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.domain import Money
from crm.schema import Invoice, Payment, Policy

_YEAR_DAYS = 365


def refund_estimate(session: Session, policy: Policy, ends_on: date) -> Money:
    """The paid part of the premium that lies after `ends_on`.

    An instalment pays for the share of a year that its amount is of the yearly premium, from its issue on.
    """
    paid: dict[Invoice, int] = {}
    query = (
        select(Invoice, Payment.amount_minor)
        .join(Payment, Payment.invoice_id == Invoice.id)
        .where(Invoice.policy_id == policy.id)
    )
    for invoice, minor in session.execute(query):
        paid[invoice] = paid.get(invoice, 0) + minor
    back = sum((_unused(invoice, minor, policy.premium_minor, ends_on) for invoice, minor in paid.items()), Decimal(0))
    return Money(int(back.quantize(Decimal(1), rounding=ROUND_HALF_UP)), policy.plan.product.currency)


def _unused(invoice: Invoice, paid_minor: int, premium_minor: int, ends_on: date) -> Decimal:
    span = Decimal(invoice.amount_minor) / max(premium_minor, 1) * _YEAR_DAYS
    used = Decimal((ends_on - invoice.issued_on).days)
    if span <= 0 or used >= span:
        return Decimal(0)
    return paid_minor * (1 - max(used, Decimal(0)) / span)
