"""The one-time code: sent where the store knows the customer, typed here, checked in the store."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from actions.base import CareAction
from actions.reply import ABANDON, DONE, VERIFY, Reply
from actions.turn import Turn
from crm.domain import CodeSent
from crm.errors import CodeExpired, CodeLocked, CodeWrong, InvalidInput, NotEligible, TooManyCodes
from crm.services import conversations, one_time_codes, organisation

RESEND = "resend"
CHANNELS = ("sms", "email")
"""The options a customer may choose instead of typing a code: send it again, or send it elsewhere."""


class AskOneTimeCodeDigits(CareAction):
    """Send a code, once for each time one is needed, and ask for it."""

    action = "action_ask_one_time_code_digits"
    writes = True

    def perform(self, session: Session, turn: Turn) -> Reply:
        """Send and ask; only ask when the code is on its way already."""
        if one_time_codes.confirmed(session, turn.conversation_id, turn.now):
            return Reply().signal(DONE)
        if turn.slots.get("one_time_code_sent"):
            return Reply().say("utter_ask_one_time_code_digits")
        if turn.customer(session) is None:
            return Reply().signal(VERIFY)
        channel = turn.slots.get("one_time_code_channel")
        try:
            sent = turn.once(session, self.action, lambda: self._send(session, turn, channel))
        except TooManyCodes as wait:
            return self._wait(session, turn, wait)
        except NotEligible:
            return self._nowhere(channel)
        return Reply().say(f"utter_one_time_code_sent_{sent['channel']}", **sent).set(one_time_code_sent=True)

    def _send(self, session: Session, turn: Turn, channel: Any) -> dict[str, Any]:
        deliver = self.services.code_delivery
        wished = channel if channel in CHANNELS else None
        sent: CodeSent = one_time_codes.request_code(
            session, turn.conversation_id, deliver=deliver, now=turn.now, channel=wished
        )
        return {"channel": sent.channel, "destination": sent.destination}

    def _wait(self, session: Session, turn: Turn, wait: TooManyCodes) -> Reply:
        if wait.until - turn.now > one_time_codes.RESEND_AFTER:
            return Reply().say("utter_one_time_code_too_many", until=_local(session, wait.until)).signal(ABANDON)
        if one_time_codes.awaited(session, turn.conversation_id, turn.now):
            return Reply().say("utter_one_time_code_on_its_way").set(one_time_code_sent=True)
        return Reply().say("utter_one_time_code_wait")  # the young code belongs to another conversation

    def _nowhere(self, channel: Any) -> Reply:
        if channel in CHANNELS:
            known = {"one_time_code_channel": None, "one_time_code_sent": True}
            return Reply().say("utter_one_time_code_not_there").set(**known)
        return Reply().say("utter_one_time_code_nowhere").signal(ABANDON)


class SubmitOneTimeCode(CareAction):
    """Check the code that was typed; it does not stay in the conversation, right or wrong."""

    action = "action_submit_one_time_code"
    writes = True
    keeps = ("one_time_code_digits",)

    def perform(self, session: Session, turn: Turn) -> Reply:
        """Confirm it, send another, or say what is wrong with it."""
        typed = str(turn.slots.get("one_time_code_digits") or "")
        reply = Reply().set(one_time_code_digits=None)
        if typed == RESEND or typed in CHANNELS:
            channel = turn.slots.get("one_time_code_channel") if typed == RESEND else typed
            return reply.set(one_time_code_sent=None, one_time_code_channel=channel)
        conversations.mask_digits(session, turn.conversation_id, turn.message_id)
        try:
            one_time_codes.confirm_code(session, turn.conversation_id, typed, turn.now)
        except CodeWrong as wrong:
            return reply.say("utter_one_time_code_wrong", tries_left=wrong.tries_left)
        except CodeExpired:
            return reply.say("utter_one_time_code_expired").set(one_time_code_sent=None)
        except CodeLocked:
            return reply.say("utter_one_time_code_locked").signal(ABANDON)
        except InvalidInput:
            return reply.say("utter_hint_one_time_code_digits")
        except NotEligible:
            return reply.set(one_time_code_sent=None)  # verification ran out: asking begins with it
        return reply.say("utter_one_time_code_right").signal(DONE)


def _local(session: Session, moment: datetime) -> str:
    zone = organisation.business_hours(session).zone
    return moment.astimezone(zone).isoformat(timespec="minutes")
