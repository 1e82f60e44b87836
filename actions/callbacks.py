"""Call-backs that customers wish for: at their time, moved, called off."""

from typing import Any

from sqlalchemy.orm import Session

from actions import views
from actions.base import CareAction
from actions.person import booking, known_number, wished
from actions.reply import ABANDON, Reply
from actions.turn import Turn
from crm.errors import NotEligible, NotFound, OutOfRange
from crm.services import callbacks, organisation

MOVE = "callback_move"  # the form for a call that is booked already
CANCEL, KEEP = "cancel", "keep"


class BeginCallback(CareAction):
    """A call is wished for: the form asks when and where, another one what to do with a call that is booked."""

    action = "action_begin_callback"

    def perform(self, session: Session, turn: Turn) -> Reply:
        """Look whether there is a call ahead, and a number on record."""
        ahead = callbacks.upcoming(session, turn.conversation_id, turn.now)
        if ahead:
            return Reply().set(callback_to=booking(ahead[0])).signal(MOVE)
        return known_number(session, turn, Reply()).set(callback_wished=True)


class AskCallbackDo(CareAction):
    """What should become of the booked call."""

    action = "action_ask_callback_do"

    def perform(self, session: Session, turn: Turn) -> Reply:
        """Say when it is, and offer to move it or call it off."""
        return Reply().say("utter_callback_ahead", **turn.slots["callback_to"])


class SubmitCallbackMove(CareAction):
    """Move the booked call, call it off, or leave it."""

    action = "action_submit_callback_move"
    writes = True
    keeps = ("callback_do",)

    def perform(self, session: Session, turn: Turn) -> Reply:
        """Do it once. `ABANDON` ends the form without beginning a new booking."""
        booked = turn.slots["callback_to"]
        wish = wished(session, turn, "callback_to_day", "callback_to_time") or turn.now
        cancelled = turn.slots.get("callback_do") == CANCEL
        if turn.slots.get("callback_do") == KEEP:
            return Reply().say("utter_callback_already_booked", **booked).signal(ABANDON)

        def do() -> dict[str, Any]:
            here, reference = turn.conversation_id, str(booked["reference"])
            if cancelled:
                return booking(callbacks.cancel(session, here, reference, now=turn.now))
            return booking(callbacks.move(session, here, reference, wished=wish, now=turn.now))

        try:
            done = turn.once(session, self.action, do)
        except OutOfRange:
            return Reply().say("utter_callback_day_wrong").set(callback_to_day=None, callback_to_time=None)
        except (NotEligible, NotFound):
            phone = views.phone(organisation.business_information(session).get("phone", ""))
            return Reply().say("utter_callback_not_possible", insurer_phone=phone).signal(ABANDON)
        response = "utter_callback_cancelled" if cancelled else "utter_callback_moved"
        return Reply().say(response, **done).set(callback_booked=None if cancelled else done).signal(ABANDON)
