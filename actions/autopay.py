"""Automatic payment: set up, moved to another day, given another account, turned off."""

from typing import Any

from sqlalchemy.orm import Session

from actions import views
from actions.base import CareAction, CustomerAction
from actions.paying import sent
from actions.policy_choice import ChoosePolicy
from actions.reply import DONE, VERIFY, Reply
from actions.turn import Turn
from crm.domain import AutopayState, AutopayView, CustomerView, PolicyView
from crm.errors import NotEligible, NotFound
from crm.services import autopay

SET_UP, CHANGE_DAY, NEW_ACCOUNT, TURN_OFF = "set_up", "change_day", "new_account", "turn_off"
WISHES = (SET_UP, CHANGE_DAY, NEW_ACCOUNT, TURN_OFF)
FIRST_DAY, LAST_DAY = 1, autopay.LAST_DAY


class AskAutopayWish(CustomerAction):
    """What is to be done; without any automatic payment yet it can only be setting one up."""

    action = "action_ask_autopay_wish"

    def serve(self, session: Session, turn: Turn, customer: CustomerView) -> Reply:
        """Show what there is and ask."""
        running = [view for view in autopay.status(session, customer.id, turn.now) if is_running(view)]
        if not running:
            return Reply().set(autopay_wish=SET_UP)
        return Reply().say("utter_ask_autopay_wish", running=[row(view) for view in running])


class ChooseAutopayPolicy(ChoosePolicy):
    """The policy: any active one to set up, one that is paid automatically for everything else."""

    action = "action_ask_autopay_policy"
    slot = "autopay_policy"

    def candidates(self, session: Session, turn: Turn, customer: CustomerView) -> list[PolicyView]:
        """Those that the wish makes sense for."""
        found = super().candidates(session, turn, customer)
        if turn.slots.get("autopay_wish") == SET_UP:
            return found
        running = {v.policy_number for v in autopay.status(session, customer.id, turn.now) if is_running(v)}
        return [policy for policy in found if policy.number in running]

    def none_found(self, session: Session, turn: Turn, customer: CustomerView) -> Reply:
        """Nothing is paid automatically, or there is no active policy."""
        if turn.slots.get("autopay_wish") == SET_UP:
            return super().none_found(session, turn, customer)
        return Reply().say("utter_autopay_none").signal(DONE)


class CheckAutopayDay(CareAction):
    """A day that every month has."""

    action = "action_check_autopay_day"

    def perform(self, session: Session, turn: Turn) -> Reply:
        """Keep it, or ask again."""
        day = turn.slots.get("autopay_day")
        if isinstance(day, int) and FIRST_DAY <= day <= LAST_DAY:
            return Reply()
        return Reply().say("utter_autopay_day_wrong", last=LAST_DAY).set(autopay_day=None)


class AskAutopayConfirm(CareAction):
    """What will happen, before it does."""

    action = "action_ask_autopay_confirm"

    def perform(self, session: Session, turn: Turn) -> Reply:
        """From the answers alone."""
        wish = turn.slots.get("autopay_wish")
        return Reply().say(
            f"utter_autopay_confirm_{wish}",
            number=turn.slots.get("autopay_policy"),
            day=turn.slots.get("autopay_day") or FIRST_DAY,
        )


class SubmitAutopay(CustomerAction):
    """Do it, once, for a customer who confirmed a one-time code."""

    action = "action_submit_autopay"
    writes = True
    needs_code = True
    keeps = ("autopay_confirm",)

    def perform(self, session: Session, turn: Turn) -> Reply:
        """Nobody is asked for a code to leave things as they are."""
        if not turn.slots.get("autopay_confirm"):
            return Reply().say("utter_autopay_unchanged").signal(DONE)
        return super().perform(session, turn)

    def unverified(self) -> Reply:
        """Verification ran out meanwhile: the effect is shown again after it."""
        return Reply().set(autopay_confirm=None).signal(VERIFY)

    def serve(self, session: Session, turn: Turn, customer: CustomerView) -> Reply:
        """Set up, change or turn off."""
        try:
            done = turn.once(session, self.action, lambda: self._change(session, turn, customer))
        except (NotEligible, NotFound):
            return Reply().say("utter_autopay_not_possible").signal(DONE)
        return Reply().say(f"utter_autopay_{done.pop('outcome')}", **done).signal(DONE)

    def _change(self, session: Session, turn: Turn, customer: CustomerView) -> dict[str, Any]:
        wish, number = turn.slots.get("autopay_wish"), str(turn.slots.get("autopay_policy"))
        if wish == TURN_OFF:
            autopay.turn_off(session, customer.id, number, now=turn.now)
            return {"outcome": "turned_off", "number": number}
        day = int(turn.slots["autopay_day"])
        if wish == CHANGE_DAY:
            view = autopay.change_day(session, customer.id, number, day=day, now=turn.now)
            return outcome(view)
        if wish == NEW_ACCOUNT:
            autopay.turn_off(session, customer.id, number, now=turn.now)
        view = autopay.set_up(
            session,
            customer.id,
            number,
            day=day,
            provider=self.services.payments,
            conversation_id=turn.conversation_id,
            now=turn.now,
            language=str(turn.slots.get("language") or "en"),
        )
        url = view.checkout.url if view.checkout else None
        return outcome(view, sent(session, turn, customer, url) if url else None)


def outcome(view: AutopayView, link_sent: str | None = None) -> dict[str, Any]:
    """What is said about it: a page to finish, its link perhaps `link_sent` by `sms` or `email`, or the next day."""
    common = {"number": view.policy_number, "day": view.day}
    if view.checkout is not None:
        return {"outcome": "link" if link_sent else "page", "url": view.checkout.url, "sent": link_sent, **common}
    if view.next_on is None:
        return {"outcome": "day_noted", **common}
    return {"outcome": "day_changed", "next_on": views.day(view.next_on), **common}


def is_running(view: AutopayView) -> bool:
    """Whether it is on, or waits for the customer to finish the page."""
    return view.state is not AutopayState.OFF


def row(view: AutopayView) -> dict[str, Any]:
    """One automatic payment in a list."""
    return {"number": view.policy_number, "line": view.line.value, "day": view.day, "state": view.state.value}
