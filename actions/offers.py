"""The next best offer: made once, in words that give the reason, and what the customer says to it."""

from typing import Any

from sqlalchemy.orm import Session

from actions.base import CustomerAction
from actions.person import booking
from actions.reply import MADE, Reply
from actions.turn import Turn
from crm.domain import CustomerView
from crm.services import recommendations
from crm.services.recommendations import Answer, OfferView
from models import offers


class NextOffer(CustomerAction):
    """Offer what suits the customer best, if anything: after something else was done, and never instead of it.

    The dialogue runs it last in a turn, and only outside of forms. It has no words unless there is an offer.
    """

    action = "action_next_offer"
    writes = True

    def unverified(self) -> Reply:
        """Nobody has to say who they are for the sake of an offer."""
        return Reply()

    def failed(self) -> Reply:
        """What was wished for is done: that no offer follows is no trouble of the customer's."""
        return Reply()

    def serve(self, session: Session, turn: Turn, customer: CustomerView) -> Reply:
        """Choose, record and say it; a second try of the turn says the same."""
        made = self.made(session, turn, customer, asked=False)
        return Reply().say("utter_offer", **made).set(**remembered(made)) if made else Reply()

    def made(self, session: Session, turn: Turn, customer: CustomerView, *, asked: bool) -> dict[str, Any]:
        """The values of an offer that is on record as shown; none when nothing may be offered."""

        def choose() -> dict[str, Any]:
            found = offers.choose(
                session, customer.id, turn.now, self.services.scorer, emergency=in_danger(turn), asked=asked
            )
            if found is None:
                return {}
            recommendations.shown(
                session,
                customer.id,
                found.product_id,
                conversation_id=turn.conversation_id,
                message_id=turn.message_id,
                now=turn.now,
            )
            self.services.metrics.offered(found.line, "shown")
            language = str(turn.slots.get("language") or "en")
            return {"line": found.line.value, "because": found.because(language)}

        return turn.once(session, self.action, choose)


class Recommend(NextOffer):
    """The customer asks what would suit them: an offer, or why there is none."""

    action = "action_recommend"

    def perform(self, session: Session, turn: Turn) -> Reply:
        """In the middle of something else it waits until that is done."""
        if turn.slots.get("requested_slot") or turn.slots.get("paused"):
            return Reply().say("utter_recommendation_later")
        return super().perform(session, turn)

    def unverified(self) -> Reply:
        """What suits somebody hangs on who they are."""
        return CustomerAction.unverified(self)

    def failed(self) -> Reply:
        """Here the answer is what was wished for."""
        return CustomerAction.failed(self)

    def serve(self, session: Session, turn: Turn, customer: CustomerView) -> Reply:
        """The offer that waits for its answer, else the best one, else that there is none, with the products."""
        if not customer.marketing_consent:
            return Reply().say("utter_recommendation_no_consent")
        waiting = recommendations.waiting(session, customer.id, turn.now)
        if waiting:
            return Reply().say("utter_recommendation_waiting", line=waiting.line.value)
        made = self.made(session, turn, customer, asked=True)
        if not made:
            return Reply().say("utter_recommendation_none")
        return Reply().say("utter_recommendation", **made).set(**remembered(made))


class AcceptOffer(CustomerAction):
    """Yes to an offer: it is written down, and an adviser sees to it."""

    action = "action_accept_offer"
    writes = True

    def serve(self, session: Session, turn: Turn, customer: CustomerView) -> Reply:
        """Record the yes and book the call, once; say when, and the number to come back to."""
        waiting = recommendations.waiting(session, customer.id, turn.now)

        def accept() -> dict[str, Any]:
            if waiting is None:
                return {}
            said(session, turn, customer, waiting, Answer.ACCEPTED)
            advice = recommendations.advise(
                session, customer.id, waiting, conversation_id=turn.conversation_id, now=turn.now
            )
            self.services.metrics.offered(waiting.line, "accepted")
            call = {"call": booking(advice.call)} if advice.call else {}
            due = advice.request.due_on.isoformat() if advice.request.due_on else None
            return {"line": waiting.line.value, "number": advice.request.number, "due": due, **call}

        done = turn.once(session, self.action, accept)
        if not done:
            return Reply().say("utter_offer_over")
        reply = Reply()
        if "call" not in done:
            return reply.say("utter_offer_accepted", **done)
        call = {"at_start": done["call"]["at_start"], "phone_ending": done["call"]["phone_ending"]}
        return reply.say("utter_offer_accepted_call", **{**done, **call}).set(callback_booked=done["call"])


class DeclineOffer(CustomerAction):
    """No to an offer: it is not made again for a long time."""

    action = "action_decline_offer"
    writes = True

    def unverified(self) -> Reply:
        """A no needs no proof of who says it; the offer rests as one that was not answered."""
        return Reply().say("utter_offer_declined")

    def serve(self, session: Session, turn: Turn, customer: CustomerView) -> Reply:
        """Write the no down, once."""
        waiting = recommendations.waiting(session, customer.id, turn.now)
        if waiting:
            said(session, turn, customer, waiting, Answer.DECLINED)
            self.services.metrics.offered(waiting.line, "declined")
        return Reply().say("utter_offer_declined")


def remembered(made: dict[str, Any]) -> dict[str, Any]:
    """That there was an offer, and of what, so that "what would it cost" asks about that."""
    return {"offer": MADE, "focus": {"line_of_business": made["line"]}}


def in_danger(turn: Turn) -> bool:
    """Whether this conversation told of an emergency that is not on the customer's record."""
    return bool(turn.slots.get("danger"))


def said(session: Session, turn: Turn, customer: CustomerView, offer: OfferView, answer: Answer) -> None:
    """Write down what the customer says to an offer."""
    recommendations.answered(
        session,
        customer.id,
        offer.id,
        answer,
        conversation_id=turn.conversation_id,
        message_id=turn.message_id,
        now=turn.now,
    )
