"""Actions about the conversation itself: emergency numbers, repeating, starting over, asking what was meant."""

import logging
from typing import Any

from sqlalchemy.orm import Session

from actions import knowledge, views
from actions.base import CareAction
from actions.reply import Reply
from actions.turn import Turn
from crm.domain import Actor, HandoffReason
from crm.services import conversations, handoffs, organisation, queue, service_requests, verification

logger = logging.getLogger(__name__)
_NEVER_MEANT = frozenset(
    ["nlu_fallback", "out_of_scope", "affirm", "deny", "inform", "greet", "goodbye", "thank", "stop", "repeat"]
)
_MEANINGS = 2


class EmergencyNumbers(CareAction):
    """Whom to call, from the store."""

    action = "action_emergency_numbers"

    def perform(self, session: Session, turn: Turn) -> Reply:
        """The numbers; the offer to file a claim only when none is being filed."""
        known = organisation.business_information(session)
        in_claim = turn.slots.get("claim_injured") is not None
        response = "utter_emergency_numbers_in_claim" if in_claim else "utter_emergency_numbers"
        reply = Reply().say(
            response,
            emergency_number=known.get("emergency_number", ""),
            emergency_phone=views.phone(known.get("emergency_phone", "")),
        )
        return reply.set(danger=not self._noted(turn))

    def _noted(self, turn: Turn) -> bool:
        """Whether the emergency is on the customer's record now; who is not verified has none yet.

        The numbers are said even if nothing can be written.
        """
        try:
            with self.services.store.session(Actor.bot(turn.channel)) as session:
                customer = turn.customer(session)
                if customer is not None:
                    note_emergency(session, turn, customer.id)
                call_for_help(session, turn)
        except Exception:
            logger.exception("an emergency could not be noted")
            return False
        return customer is not None


class StartOver(CareAction):
    """Forget who the customer is; the dialogue has already dropped what was under way."""

    action = "action_start_over"
    writes = True

    def perform(self, session: Session, turn: Turn) -> Reply:
        """Sign out."""
        verification.forget(session, turn.conversation_id)
        return Reply().say("utter_started_over").set(claim_in_focus=None)


# The gateway's ids of the turns in which the bot goes on after a person; in a form its question is put again.
GIVEN_BACK = "back-"


class Repeat(CareAction):
    """Say again what was said before the customer asked for it."""

    action = "action_repeat"

    def perform(self, session: Session, turn: Turn) -> Reply:
        """The words of the turn before this one; after a colleague was here, those are not what matters any more."""
        if turn.message_id.startswith(GIVEN_BACK):
            return Reply().say("utter_back_again")
        reply = Reply()
        for event in _said_before(turn.events):
            data = event.get("data") or {}
            reply.again(event.get("text"), data.get("buttons"), data.get("custom"))
        return reply if reply.messages else reply.say("utter_nothing_to_repeat")


class HearMore(CareAction):
    """The rows of a list that were left out in a call, a few at a time."""

    action = "action_hear_more"

    def perform(self, session: Session, turn: Turn) -> Reply:
        """What the turn before kept back."""
        for event in reversed(_said_before(turn.events)):
            rest = ((event.get("data") or {}).get("custom") or {}).get("more")
            if rest:
                return Reply().say("utter_more_rows", rows=rest)
        return Reply().say("utter_nothing_more")


class AskAffirmation(CareAction):
    """Ask which of the two likeliest meanings was meant; knowledge that fits answers at once."""

    action = "action_ask_affirmation"

    def perform(self, session: Session, turn: Turn) -> Reply:
        """Two buttons, or a request for other words when nothing is likely."""
        passage = knowledge.best_passage(turn.message)
        if passage:
            return Reply().say("utter_knowledge", **passage)
        ranking = [entry.get("name") for entry in turn.message.get("intent_ranking") or ()]
        likely = [name for name in ranking if name and name not in _NEVER_MEANT][:_MEANINGS]
        if not likely:
            return knowledge.offer(turn.message) or Reply().say("utter_rephrase")
        return Reply().say("utter_ask_affirmation", meanings=[{"meaning": name} for name in likely])


def note_emergency(session: Session, turn: Turn, customer_id: int) -> None:
    """Put it on record that the customer told of an emergency, once a message; what follows from it are rules."""

    def note() -> dict[str, Any]:
        service_requests.note_contact(
            session, customer_id, turn.conversation_id, topic="emergency", summary="", now=turn.now
        )
        return {}

    turn.once(session, "note_emergency", note)


def call_for_help(session: Session, turn: Turn) -> None:
    """Ask for a person before all others, if anybody is there; else the numbers that were said are the better help."""
    language = conversations.get_conversation(session, turn.conversation_id).language
    if not queue.is_anybody_there(session, language, turn.now):
        return

    def request() -> dict[str, Any]:
        told = str(turn.message.get("text") or "")
        view = handoffs.request(
            session, turn.conversation_id, reason=HandoffReason.EMERGENCY, summary=told, now=turn.now
        )
        return {"handoff": view.id}

    turn.once(session, "call_for_help", request)


def _said_before(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    said: list[dict[str, Any]] = []
    asked = False
    for event in reversed(events):
        if event.get("event") == "user":
            if asked:
                break
            asked = True
        elif asked and event.get("event") == "bot":
            said.append(event)
    return said[::-1]
