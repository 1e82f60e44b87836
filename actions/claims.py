"""Which claim is meant, and where it stands."""

from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from actions import views
from actions.base import CustomerAction
from actions.reply import Reply
from actions.turn import Turn
from crm.domain import ClaimView, CustomerView
from crm.domain.claims import ClaimStatus as Standing
from crm.services import organisation

ALL = "all"  # the button that asks for the other claims, too
_LISTED = 10


class OneClaim(CustomerAction):
    """An action on one claim, which it finds or asks for."""

    intent: str
    offers_others: bool = False

    def serve(self, session: Session, turn: Turn, customer: CustomerView) -> Reply:
        """Answer about the claim that was meant."""
        found = self.records(session).claims.list_claims(customer.id)
        number = turn.entity("claim_number")
        if not found:
            return self.without_claims(turn)
        if number and views.choose(found, number) is None:
            return self._asked(Reply().say("utter_claim_not_found", claim_number=number), found)
        meant = meant_by(turn, found)
        if len(meant) > 1:
            return self._asked(Reply(), meant)
        assumed = not number and len(found) > 1 and turn.slots.get("claim_in_focus") == meant[0].number
        reply = self.tell(session, turn, customer, meant[0]).set(claim_in_focus=meant[0].number)
        return reply.say("utter_other_claims", intent=self.intent) if assumed and self.offers_others else reply

    def without_claims(self, turn: Turn) -> Reply:
        """What to say when there is no claim."""
        return Reply().say("utter_no_claims")

    def tell(self, session: Session, turn: Turn, customer: CustomerView, claim: ClaimView) -> Reply:
        """Answer about this claim."""
        raise NotImplementedError

    def _asked(self, reply: Reply, found: list[ClaimView]) -> Reply:
        items = [{**views.claim(claim), "intent": self.intent} for claim in found]
        shown = items[: views.SHOWN_AS_BUTTONS]
        response = "utter_claims" if len(items) > 1 else "utter_one_claim"
        return reply.say(response, count=len(items), claims=items[:_LISTED], shown=shown)


class ClaimStatus(OneClaim):
    """Status, next step and history of a claim."""

    action = "action_claim_status"
    intent = "claim_status"
    offers_others = True

    def tell(self, session: Session, turn: Turn, customer: CustomerView, claim: ClaimView) -> Reply:
        """Where it stands."""
        zone = organisation.business_hours(session).zone
        reply = Reply().say("utter_claim_status", **status(claim, zone))
        return reply if claim.status is Standing.DECLINED else reply.satisfied()


def meant_by(turn: Turn, found: list[ClaimView]) -> list[ClaimView]:
    """The claims that can be meant: named, or last spoken of or filed, or the only open one, or any."""
    named = views.choose(found, turn.entity("claim_number"))
    if named:
        return [named]
    if turn.entity("choice") == ALL:
        return found
    line = turn.entity("line_of_business")
    of_line = [claim for claim in found if claim.line.value == line] or found
    in_focus = views.choose(of_line, turn.slots.get("claim_in_focus"))
    still_open = [claim for claim in of_line if claim.is_open]
    return [in_focus] if in_focus else (still_open if len(still_open) == 1 else of_line)


def status(claim: ClaimView, zone: ZoneInfo) -> dict[str, Any]:
    """The values of a status report."""
    history = [{"at": views.day(event.at, zone), "code": event.code} for event in claim.history]
    return {
        **views.claim(claim),
        "next_step": claim.next_step.value,
        "history": history,
        "rows": views.claim_rows(claim, zone),
    }
