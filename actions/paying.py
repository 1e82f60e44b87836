"""Paying what is due, on the payment provider's page: no card number ever enters the conversation."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from actions import views
from actions.base import CustomerAction
from actions.billing import listed, sums
from actions.reply import ABANDON, DONE, VERIFY, Reply
from actions.turn import Turn
from crm.domain import CustomerView, InvoiceView, Money
from crm.errors import NotEligible, NotFound, OutOfRange
from crm.services import billing, checkouts, links


class AskPaymentConfirm(CustomerAction):
    """What would be paid, before a page is opened for it."""

    action = "action_ask_payment_confirm"
    own_store_only = True

    def serve(self, session: Session, turn: Turn, customer: CustomerView) -> Reply:
        """Everything due, or the policy, line or amount that was named."""
        number = named_policy(turn)
        try:
            due = chosen(session, turn, customer)
        except NotFound:
            return Reply().say("utter_billing_no_such_policy", policy_number=number).signal(ABANDON)
        if not due:
            return Reply().say("utter_pay_nothing_due").signal(ABANDON)
        reply, line = Reply(), turn.slots.get("payment_line")
        if line and all(invoice.line.value != line for invoice in due):
            reply.say("utter_pay_nothing_on_line", line=line).set(payment_line=None)
        owed = billing.total([invoice.outstanding for invoice in due], "")
        amount = wished(turn.slots, owed)
        if amount is not None and not 0 < amount.minor <= owed.minor:
            return reply.say("utter_pay_too_much", outstanding=views.money(owed)).set(payment_amount=None)
        return reply.say(
            "utter_pay_part" if amount and amount != owed else "utter_pay_all",
            amount=views.money(amount or owed),
            invoices=listed(due),
            **sums(due),
        )


class SubmitPayment(CustomerAction):
    """Open the payment page, once."""

    action = "action_submit_payment"
    own_store_only = True
    writes = True
    keeps = ("payment_confirm",)

    def unverified(self) -> Reply:
        """Verification ran out meanwhile: the sum is shown again after it."""
        return Reply().set(payment_confirm=None).signal(VERIFY)

    def serve(self, session: Session, turn: Turn, customer: CustomerView) -> Reply:
        """The address of the page, if the customer agreed."""
        if not turn.slots.get("payment_confirm"):
            return Reply().say("utter_pay_not_now").signal(DONE)
        try:
            page = turn.once(session, self.action, lambda: self._open(session, turn, customer))
        except (NotEligible, NotFound):
            return Reply().say("utter_pay_nothing_due").signal(DONE)
        except OutOfRange:  # something was paid meanwhile: show what is due now
            return Reply().set(payment_confirm=None, payment_amount=None)
        return Reply().say("utter_payment_link" if page.get("sent") else "utter_payment_page", **page).signal(DONE)

    def _open(self, session: Session, turn: Turn, customer: CustomerView) -> dict[str, Any]:
        due = chosen(session, turn, customer)
        if not due:
            raise NotEligible("Nothing is due; there is nothing to pay.")
        owed = billing.total([invoice.outstanding for invoice in due], "")
        numbers = {invoice.policy_number for invoice in due}
        view = checkouts.start_payment(
            session,
            customer.id,
            provider=self.services.payments,
            conversation_id=turn.conversation_id,
            now=turn.now,
            language=str(turn.slots.get("language") or "en"),
            policy_number=numbers.pop() if len(numbers) == 1 else None,
            amount=wished(turn.slots, owed) or owed,
        )
        return {"url": view.url, "amount": views.money(view.amount), "sent": sent(session, turn, customer, view.url)}


def sent(session: Session, turn: Turn, customer: CustomerView, url: str) -> str | None:
    """How a caller, who can be shown no link, gets it: `sms` or `email`; None in a chat, or when there is no way."""
    if not turn.by_ear:
        return None
    language = str(turn.slots.get("language") or "en")
    return links.send_link(session, customer.id, url, language=language, now=turn.now)


def chosen(session: Session, turn: Turn, customer: CustomerView) -> list[InvoiceView]:
    """The unpaid invoices that are meant: of the policy named, of the line's one policy, else all."""
    due = billing.invoices(session, customer.id, turn.now, policy_number=named_policy(turn))
    due = [invoice for invoice in due if invoice.outstanding.minor]
    line = turn.slots.get("payment_line")
    of_line = [invoice for invoice in due if invoice.line.value == line]
    return of_line if len({invoice.policy_number for invoice in of_line}) == 1 else due


def named_policy(turn: Turn) -> str | None:
    """The policy number that was named for this payment."""
    return turn.slots.get("payment_policy")


def wished(slots: Mapping[str, Any], owed: Money) -> Money | None:
    """The amount the customer wants to pay, None for all of it."""
    said = slots.get("payment_amount")
    return None if said is None else Money(int(Decimal(str(said)) * 100), owed.currency)
