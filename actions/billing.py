"""What the customer owes, has paid and gets back."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from actions import views
from actions.base import CustomerAction
from actions.reply import Reply
from actions.turn import Turn
from crm.domain import CustomerView, InvoiceView, PaymentView, RefundState, RefundView
from crm.errors import NotFound
from crm.services import billing, organisation

_LISTED = 8
_REASONS = ("cancellation", "overpayment", "policy_change", "duplicate_payment", "mileage_reduced")


class BillingBalance(CustomerAction):
    """What is due, and when."""

    action = "action_billing_balance"

    def serve(self, session: Session, turn: Turn, customer: CustomerView) -> Reply:
        """Everything unpaid, or what is unpaid on the policy or line that was asked for."""
        number, line = turn.entity("policy_number"), turn.entity("line_of_business")
        try:
            due = self.records(session).billing.invoices(customer.id, turn.now, policy_number=number)
        except NotFound:
            return Reply().say("utter_billing_no_such_policy", policy_number=number)
        due = [invoice for invoice in due if invoice.outstanding.minor]
        of_line = [invoice for invoice in due if invoice.line.value == line]
        if line and not of_line and due and number is None:
            return Reply().say("utter_balance_nothing_on_line", line=line, others=listed(due), **sums(due))
        due = of_line or due
        if due:
            late = [invoice.state.value == "overdue" for invoice in due]
            response = "overdue_all" if all(late) else "overdue" if any(late) else "due"
            return Reply().say(f"utter_balance_{response}", invoices=listed(due), **sums(due))
        last = self.records(session).billing.payment_history(customer.id, limit=1)
        if not last:
            return Reply().say("utter_balance_clear").satisfied()
        zone = organisation.business_hours(session).zone
        return Reply().say("utter_balance_clear_paid", **paid(last[0], zone)).satisfied()


class PaymentHistory(CustomerAction):
    """The payments that came in."""

    action = "action_payment_history"

    def serve(self, session: Session, turn: Turn, customer: CustomerView) -> Reply:
        """The newest first, of one policy or line if one was named."""
        number, line = turn.entity("policy_number"), turn.entity("line_of_business")
        try:
            found = self.records(session).billing.payment_history(customer.id, policy_number=number)
        except NotFound:
            return Reply().say("utter_billing_no_such_policy", policy_number=number)
        found = [payment for payment in found if payment.line.value == line] or found
        if not found:
            return Reply().say("utter_no_payments")
        zone = organisation.business_hours(session).zone
        items = [paid(payment, zone) for payment in found[:_LISTED]]
        return (
            Reply()
            .say("utter_one_payment" if len(items) == 1 else "utter_payments", payments=items, count=len(items))
            .satisfied()
        )


class RefundStatus(CustomerAction):
    """Where the customer's money is."""

    action = "action_refund_status"

    def serve(self, session: Session, turn: Turn, customer: CustomerView) -> Reply:
        """Every refund, the newest first."""
        found = self.records(session).billing.refund_status(customer.id)
        number = turn.entity("policy_number")
        found = [refund for refund in found if refund.policy_number == number] or found
        if not found:
            return Reply().say("utter_no_refunds")
        zone = organisation.business_hours(session).zone
        items = [refunded(refund, zone) for refund in found[:_LISTED]]
        declined = any(refund.state is RefundState.DECLINED for refund in found)
        return Reply().say("utter_refunds_declined" if declined else "utter_refunds", refunds=items)


def sums(due: list[InvoiceView]) -> dict[str, Any]:
    """What is due in all, what of it is late, and the day of the first one."""
    late = [invoice.outstanding for invoice in due if invoice.state.value == "overdue"]
    currency = due[0].outstanding.currency
    return {
        "outstanding": views.money(billing.total([invoice.outstanding for invoice in due], currency)),
        "overdue": views.money(billing.total(late, currency)),
        "due_on": views.day(due[0].due_on),
    }


def listed(due: list[InvoiceView]) -> list[dict[str, Any]]:
    """Invoices as rows of an answer."""
    return [
        {
            "number": invoice.policy_number,
            "line": invoice.line.value,
            "amount": views.money(invoice.outstanding),
            "due_on": views.day(invoice.due_on),
            "state": invoice.state.value,
        }
        for invoice in due[:_LISTED]
    ]


def paid(view: PaymentView, zone: ZoneInfo) -> dict[str, Any]:
    """A payment as a row."""
    return {
        "number": view.policy_number,
        "line": view.line.value,
        "amount": views.money(view.amount),
        "paid_on": views.day(view.paid_at, zone),
        "method": view.method,
    }


def refunded(view: RefundView, zone: ZoneInfo) -> dict[str, Any]:
    """A refund as a row; its state with a day reads differently from one without."""
    moment: datetime | None = view.sent_at if view.state is RefundState.SENT else None
    day = moment or view.expected_on
    return {
        "number": view.policy_number,
        "amount": views.money(view.amount),
        "reason": view.reason if view.reason in _REASONS else "other",
        "state": view.state.value if day is None else f"{view.state.value}_dated",
        "requested_on": views.day(view.requested_at, zone),
        "day": views.day(day, zone) if day else None,
    }
