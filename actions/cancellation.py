"""Ending a policy: what it means, said before; a person decides."""

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from actions import views
from actions.base import CustomerAction
from actions.policy_choice import ChoosePolicy
from actions.reply import ABANDON, DONE, VERIFY, Reply
from actions.trial import tried
from actions.turn import Turn
from crm.domain import ChangeView, CustomerView
from crm.errors import NotEligible, NotFound, OutOfRange
from crm.services import policies, policy_changes

NOT_GIVEN = "not_given"


class ChooseCancellationPolicy(ChoosePolicy):
    """Which policy is to end."""

    action = "action_ask_cancellation_policy"
    slot = "cancellation_policy"


class AskCancellationFrom(CustomerAction):
    """Ask for the day, with the two that most mean."""

    action = "action_ask_cancellation_from"

    def serve(self, session: Session, turn: Turn, customer: CustomerView) -> Reply:
        """Today, or when the term ends."""
        number = str(turn.slots.get("cancellation_policy"))
        try:
            policy = policies.policy(session, customer.id, number)
        except NotFound:
            return Reply().say("utter_cancellation_not_possible").signal(ABANDON)
        return Reply().say("utter_ask_cancellation_from", ends_on=views.day(policy.ends_on), number=number)


class AskCancellationConfirm(CustomerAction):
    """Show what the cancellation would mean."""

    action = "action_ask_cancellation_confirm"
    writes = True  # it tries the request, and takes it back

    def serve(self, session: Session, turn: Turn, customer: CustomerView) -> Reply:
        """The day, the refund that might come, and that cover ends."""
        try:
            view = tried(session, lambda: request(session, turn, customer))
        except OutOfRange as wrong:
            return _day_not_possible(wrong)
        except (NotEligible, NotFound):
            return Reply().say("utter_cancellation_not_possible").signal(ABANDON)
        return Reply().say("utter_ask_cancellation_confirm", rows=cancellation_rows(view))


class SubmitCancellation(CustomerAction):
    """The request, which a person approves."""

    action = "action_submit_cancellation"
    writes = True
    needs_code = True
    keeps = ("cancellation_confirm",)

    def unverified(self) -> Reply:
        """Verification ran out meanwhile: verify again, then show the summary again."""
        return Reply().set(cancellation_confirm=None).signal(VERIFY)

    def perform(self, session: Session, turn: Turn) -> Reply:
        """A no needs neither verification nor a code."""
        if not turn.slots.get("cancellation_confirm"):
            return Reply().say("utter_cancellation_not_wished").signal(DONE)
        return super().perform(session, turn)

    def serve(self, session: Session, turn: Turn, customer: CustomerView) -> Reply:
        """Record it, once."""

        def record() -> dict[str, Any]:
            view = request(session, turn, customer)
            due_on = view.request.due_on
            return {
                "number": view.request.number,
                "policy_number": view.policy.number,
                "due_on": views.day(due_on) if due_on else None,
            }

        try:
            recorded = turn.once(session, self.action, record)
        except OutOfRange as wrong:
            return _day_not_possible(wrong)
        except (NotEligible, NotFound):
            return Reply().say("utter_cancellation_not_possible").signal(ABANDON)
        return Reply().say("utter_cancellation_requested", **recorded).signal(DONE)


def request(session: Session, turn: Turn, customer: CustomerView) -> ChangeView:
    """The request, from the answers."""
    slots = turn.slots
    reason = str(slots.get("cancellation_reason") or "")
    return policy_changes.request_cancellation(
        session,
        customer.id,
        str(slots.get("cancellation_policy")),
        conversation_id=turn.conversation_id,
        now=turn.now,
        effective_on=date.fromisoformat(str(slots.get("cancellation_from"))),
        reason="" if reason == NOT_GIVEN else reason,
    )


def cancellation_rows(view: ChangeView) -> list[views.Row]:
    """The request as the customer sees it."""
    refund = view.refund_estimate
    return views.rows(
        views.policy_row(view.policy.product, view.policy.number),
        views.row("cancelled_from", views.day(view.effective_on), "date"),
        views.row("refund_estimate", views.money(refund) if refund and refund.minor else None, "money"),
    )


def _day_not_possible(wrong: OutOfRange) -> Reply:
    limits = {"first": views.day(wrong.minimum), "last": views.day(wrong.maximum)}  # type: ignore[arg-type]
    reply = Reply().say("utter_day_not_possible", **limits)
    return reply.set(cancellation_from=None, cancellation_confirm=None)
