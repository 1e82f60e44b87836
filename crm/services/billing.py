"""What a customer owes, has paid and gets back."""

from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.audit_trail import reads
from crm.domain import BalanceView, InvoiceState, InvoiceView, Money, PaymentView, RefundState, RefundView
from crm.schema import Invoice, Payment, Plan, Policy, Product, Refund
from crm.services._days import today
from crm.services._rows import business_value
from crm.services.policies import policy_row

PAID, CANCELLED = "paid", "cancelled"  # what an invoice's row says; open and overdue follow from the day


@reads("invoices")
def balance(session: Session, customer_id: int, now: datetime) -> BalanceView:
    """What the customer owes, what of it is late, and when the next amount is due."""
    last = payment_history(session, customer_id, limit=1)
    due = invoices(session, customer_id, now)
    return summed(due, business_value(session, "currency", "USD"), last[0] if last else None)


def summed(due: list[InvoiceView], currency: str, last_payment: PaymentView | None) -> BalanceView:
    """A balance of unpaid invoices, which come by the day they are due; for other services."""
    late = [invoice for invoice in due if invoice.state is InvoiceState.OVERDUE]
    ahead = [invoice for invoice in due if invoice.state is InvoiceState.OPEN]
    next_due_on = min((invoice.due_on for invoice in ahead), default=None)
    return BalanceView(
        outstanding=total([invoice.outstanding for invoice in due], currency),
        overdue=total([invoice.outstanding for invoice in late], currency),
        invoices=tuple(due),
        next_due_on=next_due_on,
        next_amount=total([i.outstanding for i in ahead if i.due_on == next_due_on], currency) if ahead else None,
        last_payment=last_payment,
    )


@reads("invoices")
def invoices(
    session: Session,
    customer_id: int,
    now: datetime,
    *,
    policy_number: str | None = None,
    unpaid_only: bool = True,
) -> list[InvoiceView]:
    """Invoices by the day they are due, the earliest first.

    Raises:
        NotFound: the customer has no policy of that number.
    """
    paid = (
        select(Payment.invoice_id, func.sum(Payment.amount_minor).label("minor"))
        .group_by(Payment.invoice_id)
        .subquery()
    )
    query = (
        select(Invoice, Policy, func.coalesce(paid.c.minor, 0))
        .join(Policy, Policy.id == Invoice.policy_id)
        .outerjoin(paid, paid.c.invoice_id == Invoice.id)
        .where(Invoice.customer_id == customer_id)
        .order_by(Invoice.due_on, Invoice.id)
    )
    if unpaid_only:
        query = query.where(Invoice.status.not_in((PAID, CANCELLED)))
    if policy_number is not None:
        query = query.where(Invoice.policy_id == policy_row(session, customer_id, policy_number).id)
    day = today(session, now)
    return [_invoice(row, policy, int(received), day) for row, policy, received in session.execute(query)]


@reads("payments")
def payment_history(
    session: Session, customer_id: int, *, policy_number: str | None = None, limit: int = 12
) -> list[PaymentView]:
    """Payments received, the newest first. Raises `NotFound` for an unknown policy."""
    query = (
        select(Payment, Policy, Product)
        .join(Invoice, Invoice.id == Payment.invoice_id)
        .join(Policy, Policy.id == Invoice.policy_id)
        .join(Plan, Plan.id == Policy.plan_id)
        .join(Product, Product.id == Plan.product_id)
        .where(Invoice.customer_id == customer_id)
        .order_by(Payment.paid_at.desc(), Payment.id.desc())
        .limit(limit)
    )
    if policy_number is not None:
        query = query.where(Policy.id == policy_row(session, customer_id, policy_number).id)
    return [
        PaymentView(
            policy_number=policy.number,
            line=product.line,
            paid_at=payment.paid_at,
            amount=Money(payment.amount_minor, product.currency),
            method=payment.method,
            reference=payment.reference or "",
        )
        for payment, policy, product in session.execute(query)
    ]


@reads("refunds")
def refund_status(session: Session, customer_id: int) -> list[RefundView]:
    """Refunds, the newest first."""
    query = select(Refund).where(Refund.customer_id == customer_id)
    rows = session.scalars(query.order_by(Refund.requested_at.desc(), Refund.id.desc()))
    return [_refund(row) for row in rows]


def total(amounts: list[Money], currency: str) -> Money:
    """The sum; an insurer bills in one currency."""
    return Money(sum(amount.minor for amount in amounts), amounts[0].currency if amounts else currency)


def _invoice(row: Invoice, policy: Policy, received: int, day: date) -> InvoiceView:
    product = policy.plan.product
    settled = row.status in (PAID, CANCELLED)
    left = 0 if settled else max(row.amount_minor - received, 0)
    state = InvoiceState(row.status) if settled else InvoiceState.OVERDUE if row.due_on < day else InvoiceState.OPEN
    return InvoiceView(
        id=row.id,
        policy_number=policy.number,
        line=product.line,
        issued_on=row.issued_on,
        due_on=row.due_on,
        amount=Money(row.amount_minor, product.currency),
        outstanding=Money(left, product.currency),
        state=state,
    )


def _refund(row: Refund) -> RefundView:
    product = row.policy.plan.product
    return RefundView(
        policy_number=row.policy.number,
        line=product.line,
        amount=Money(row.amount_minor, product.currency),
        reason=row.reason,
        state=row.state,
        requested_at=row.requested_at,
        sent_at=row.sent_at,
        expected_on=row.expected_on if row.state is not RefundState.DECLINED else None,
    )
