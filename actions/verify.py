"""Verification: an identifier and a birth date, checked in the store and remembered there."""

from datetime import date
from functools import partial

from sqlalchemy.orm import Session

from actions.base import CareAction
from actions.conversation import note_emergency
from actions.reply import ABANDON, DONE, Reply
from actions.turn import Turn
from crm.errors import InvalidInput, VerificationFailed, VerificationLocked
from crm.services import organisation, verification


class SubmitVerify(CareAction):
    """Check who the customer is. What they typed does not stay in the conversation, right or wrong."""

    action = "action_submit_verify"
    writes = True
    keeps = ("verify_birth_date",)

    def perform(self, session: Session, turn: Turn) -> Reply:
        """Verify, or say that it failed, without a word about which part was wrong."""
        typed = Reply().set(verify_identifier=None, verify_birth_date=None)
        try:
            born = date.fromisoformat(str(turn.slots.get("verify_birth_date")))
            customer = verification.verify(
                session,
                turn.conversation_id,
                identifier=str(turn.slots.get("verify_identifier")),
                birth_date=born,
                now=turn.now,
                find=partial(self.records(session).customers.find, now=turn.now),
            )
        except VerificationLocked as locked:
            with self.services.store.reading() as reading:  # the failed session is closed
                zone = organisation.business_hours(reading).zone
            until = locked.until.astimezone(zone).isoformat(timespec="minutes")
            return typed.say("utter_verification_locked", until=until).signal(ABANDON)
        except (VerificationFailed, InvalidInput, ValueError):
            return typed.say("utter_verification_failed")
        if turn.slots.get("danger"):
            note_emergency(session, turn, customer.id)
            typed.set(danger=None)
        return typed.say("utter_verified", given_name=customer.given_name).signal(DONE)
