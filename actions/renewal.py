"""Renewing a policy: the offer with its reasons, then the yes."""

from typing import Any

from sqlalchemy.orm import Session

from actions import views
from actions.base import CustomerAction
from actions.policy_choice import ChoosePolicy
from actions.reply import ABANDON, DONE, VERIFY, Reply
from actions.turn import Turn
from crm.domain import CustomerView, PolicyView, RenewalOffer
from crm.errors import NotEligible, NotFound
from crm.services import policies, renewals


class ChooseRenewalPolicy(ChoosePolicy):
    """Which of the policies that end soon."""

    action = "action_ask_renewal_policy"
    slot = "renewal_policy"

    def candidates(self, session: Session, turn: Turn, customer: CustomerView) -> list[PolicyView]:
        """Those with an offer."""
        due = {offer.policy_number for offer in renewals.renewals_due(session, customer.id, turn.now)}
        return [policy for policy in policies.list_policies(session, customer.id) if policy.number in due]

    def none_found(self, session: Session, turn: Turn, customer: CustomerView) -> Reply:
        """When the policies end, or the one that was meant, and that there is nothing to do yet."""
        running = super().candidates(session, turn, customer)
        number, line = turn.focus.get("policy_number"), turn.focus.get("line_of_business")
        meant = [policy for policy in running if policy.number == number or (not number and policy.line.value == line)]
        return _not_due(meant or running) if running else super().none_found(session, turn, customer)

    def none_of_line(self, session: Session, turn: Turn, customer: CustomerView, line: str) -> Reply:
        """Until when the policy that was meant runs."""
        running = super().candidates(session, turn, customer)
        meant = [policy for policy in running if policy.line == line]
        return _not_due(meant) if meant else super().none_of_line(session, turn, customer, line)


def _not_due(running: list[PolicyView]) -> Reply:
    items = [views.policy(policy) for policy in running]
    return Reply().say("utter_no_renewal_due", policies=items).signal(ABANDON)


class AskRenewalConfirm(CustomerAction):
    """Show the next year: dates, price, and why the price moves."""

    action = "action_ask_renewal_confirm"

    def serve(self, session: Session, turn: Turn, customer: CustomerView) -> Reply:
        """The offer."""
        try:
            offer = renewals.renewal_offer(session, customer.id, str(turn.slots.get("renewal_policy")), turn.now)
        except (NotEligible, NotFound):
            return Reply().say("utter_renewal_not_possible").signal(ABANDON)
        if offer.accepted:
            return Reply().say("utter_renewed_already", ends_on=views.day(offer.ends_on)).signal(ABANDON)
        return Reply().say("utter_ask_renewal_confirm", rows=offer_rows(offer))


class SubmitRenewal(CustomerAction):
    """Accept the offer."""

    action = "action_submit_renewal"
    writes = True
    needs_code = True
    keeps = ("renewal_confirm",)

    def unverified(self) -> Reply:
        """Verification ran out meanwhile: verify again, then show the offer again."""
        return Reply().set(renewal_confirm=None).signal(VERIFY)

    def perform(self, session: Session, turn: Turn) -> Reply:
        """A no needs neither verification nor a code."""
        if not turn.slots.get("renewal_confirm"):
            return Reply().say("utter_renewal_not_wished").signal(DONE)
        return super().perform(session, turn)

    def serve(self, session: Session, turn: Turn, customer: CustomerView) -> Reply:
        """Renew, once."""

        def renew() -> dict[str, Any]:
            view = renewals.renew(
                session,
                customer.id,
                str(turn.slots.get("renewal_policy")),
                conversation_id=turn.conversation_id,
                now=turn.now,
            )
            return {
                "number": view.request.number,
                "policy_number": view.policy.number,
                "ends_on": views.day(view.policy.ends_on),
                "premium": views.money(view.policy.premium),
            }

        try:
            renewed = turn.once(session, self.action, renew)
        except (NotEligible, NotFound):
            return Reply().say("utter_renewal_not_possible").signal(ABANDON)
        return Reply().say("utter_renewed", **renewed).satisfied().signal(DONE)


def offer_rows(offer: RenewalOffer) -> list[views.Row]:
    """The offer as the customer sees it."""
    reasons = [views.row(f"renewal_{code}", views.money(amount), "change") for code, amount in offer.reasons]
    return views.rows(
        views.policy_row(offer.product, offer.policy_number),
        views.row("renewal_from", views.day(offer.starts_on), "day"),
        views.row("renewal_until", views.day(offer.ends_on), "day"),
        views.row("premium_now", views.money(offer.current), "money"),
        *reasons,
        views.row("premium_new", views.money(offer.premium), "money"),
    )
