"""Insuring another vehicle under a policy."""

import re
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from actions import views
from actions.base import CareAction, CustomerAction
from actions.policy_choice import ChoosePolicy
from actions.reply import ABANDON, DONE, VERIFY, Reply
from actions.trial import tried
from actions.turn import Turn
from crm.domain import ChangeView, CustomerView, Line
from crm.errors import InvalidInput, NotEligible, NotFound, OutOfRange
from crm.services import policy_changes
from crm.services._days import today

_LONGEST_PLATE = 15
_LEAD = re.compile(
    r"^(?:(?:it'?s|it is|this is|we bought|i bought|i got|a|an|the|new)\s+|是|一辆|新车是|买的是|换成了?)+", re.I
)


class ChooseVehiclePolicy(ChoosePolicy):
    """Which car policy."""

    action = "action_ask_vehicle_policy"
    slot = "vehicle_policy"
    lines = (Line.AUTO,)


class AskVehicleFrom(CareAction):
    """Ask from which day; most mean today."""

    action = "action_ask_vehicle_from"

    def perform(self, session: Session, turn: Turn) -> Reply:
        """The day here, which is not the same everywhere."""
        return Reply().say("utter_ask_vehicle_from", today=views.day(today(session, turn.now)))


class AskVehicleConfirm(CustomerAction):
    """Show the change before it is made."""

    action = "action_ask_vehicle_confirm"
    writes = True  # it tries the change, and takes it back

    def serve(self, session: Session, turn: Turn, customer: CustomerView) -> Reply:
        """The vehicle, from when on, and what it does to the price."""
        if len(str(turn.slots.get("vehicle_plate"))) > _LONGEST_PLATE:
            return Reply().say("utter_hint_vehicle_plate").set(vehicle_plate=None)
        try:
            view = tried(session, lambda: change(session, turn, customer))
        except InvalidInput as wrong:
            return not_possible(wrong)
        except (NotEligible, NotFound):
            return Reply().say("utter_change_not_possible").signal(ABANDON)
        response = "utter_ask_vehicle_confirm" if view.applied else "utter_ask_vehicle_confirm_later"
        return Reply().say(response, rows=vehicle_rows(turn, view))


class SubmitVehicle(CustomerAction):
    """Change the vehicle."""

    action = "action_submit_vehicle"
    writes = True
    needs_code = True
    keeps = ("vehicle_confirm",)

    def unverified(self) -> Reply:
        """Verification ran out meanwhile: verify again, then show the summary again."""
        return Reply().set(vehicle_confirm=None).signal(VERIFY)

    def serve(self, session: Session, turn: Turn, customer: CustomerView) -> Reply:
        """Change it, once."""

        def make() -> dict[str, Any]:
            view = change(session, turn, customer)
            day = views.day(view.effective_on)
            return {"number": view.request.number, "effective_on": day, "applied": view.applied}

        try:
            made = turn.once(session, self.action, make)
        except InvalidInput as wrong:
            return not_possible(wrong)
        except (NotEligible, NotFound):
            return Reply().say("utter_change_not_possible").signal(ABANDON)
        response = "utter_vehicle_changed" if made["applied"] else "utter_vehicle_change_requested"
        return Reply().say(response, vehicle=model(turn), **made).signal(DONE)


def change(session: Session, turn: Turn, customer: CustomerView) -> ChangeView:
    """The change, from the answers."""
    slots = turn.slots
    return policy_changes.change_vehicle(
        session,
        customer.id,
        str(slots.get("vehicle_policy")),
        vehicle=model(turn),
        plate=str(slots.get("vehicle_plate")),
        conversation_id=turn.conversation_id,
        now=turn.now,
        effective_on=date.fromisoformat(str(slots.get("vehicle_from"))),
    )


def model(turn: Turn) -> str:
    """The car, without the words that lead to it: "it's a 2021 Honda Civic"."""
    return _LEAD.sub("", str(turn.slots.get("vehicle_model") or "")).strip(" .!。")


def not_possible(wrong: InvalidInput) -> Reply:
    """Ask again for what the store does not take."""
    if isinstance(wrong, OutOfRange) and wrong.field == "effective_on":
        limits = {"first": views.day(wrong.minimum), "last": views.day(wrong.maximum)}  # type: ignore[arg-type]
        return Reply().say("utter_day_not_possible", **limits).set(vehicle_from=None, vehicle_confirm=None)
    slot = "vehicle_plate" if wrong.field == "plate" else "vehicle_model"
    return Reply().say(f"utter_hint_{slot}").set(**{slot: None, "vehicle_confirm": None})


def vehicle_rows(turn: Turn, view: ChangeView) -> list[views.Row]:
    """The change as the customer sees it."""
    return views.rows(
        views.policy_row(view.policy.product, view.policy.number),
        views.row("new_vehicle", model(turn)),
        views.row("plate", str(turn.slots.get("vehicle_plate")).upper()),
        views.row("renewal_from", views.day(view.effective_on), "date"),
        views.row("price_effect", views.money(view.price_effect), "change"),
    )
