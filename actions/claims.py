"""Where a claim stands, and what is missing for it."""

from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from actions import views
from actions.base import CustomerAction
from actions.reply import Reply
from actions.turn import Turn
from crm.domain import ClaimView, CustomerView
from crm.services import claims, organisation

_LISTED = 10


class _OneClaim(CustomerAction):
    """An action on one claim, which it finds or asks for."""

    intent: str

    def serve(self, session: Session, turn: Turn, customer: CustomerView) -> Reply:
        """Answer about the claim that was meant: named, or the only one, or the only open one."""
        found = claims.list_claims(session, customer.id)
        number = turn.entity("claim_number")
        if not found:
            return Reply().say("utter_no_claims")
        named = views.choose(found, number) if number else None
        if number and named is None:
            return self._asked(Reply().say("utter_claim_not_found", claim_number=number), found)
        of_line = [c for c in found if c.line.value == turn.entity("line_of_business")] or found
        still_open = [claim for claim in of_line if claim.is_open]
        meant = [named] if named else (still_open if len(still_open) == 1 else of_line)
        if len(meant) > 1:
            return self._asked(Reply(), meant)
        return self.tell(session, meant[0])

    def tell(self, session: Session, claim: ClaimView) -> Reply:
        """Answer about this claim."""
        raise NotImplementedError

    def _asked(self, reply: Reply, found: list[ClaimView]) -> Reply:
        items = [{**views.claim(claim), "intent": self.intent} for claim in found]
        shown = items[: views.SHOWN_AS_BUTTONS]
        response = "utter_claims" if len(items) > 1 else "utter_one_claim"
        return reply.say(response, count=len(items), claims=items[:_LISTED], shown=shown)


class ClaimStatus(_OneClaim):
    """Status, next step and history of a claim."""

    action = "action_claim_status"
    intent = "claim_status"

    def tell(self, session: Session, claim: ClaimView) -> Reply:
        """Where it stands."""
        zone = organisation.business_hours(session).zone
        return Reply().say("utter_claim_status", **status(claim, zone))


class ClaimDocuments(_OneClaim):
    """What the customer still has to send."""

    action = "action_claim_documents"
    intent = "claim_documents"

    def tell(self, session: Session, claim: ClaimView) -> Reply:
        """What is missing, and where to send it."""
        if not claim.missing_documents:
            received = sorted({document.document_type for document in claim.documents})
            response = "utter_claim_documents_complete" if received else "utter_claim_documents_none"
            return Reply().say(response, number=claim.number, received=received)
        email = organisation.business_information(session).get("email", "")
        return Reply().say(
            "utter_claim_documents_missing",
            number=claim.number,
            missing=list(claim.missing_documents),
            claims_email=email,
        )


def status(claim: ClaimView, zone: ZoneInfo) -> dict[str, Any]:
    """The values of a status report."""
    history = [{"at": views.day(event.at, zone), "code": event.code} for event in claim.history]
    return {
        **views.claim(claim),
        "next_step": claim.next_step.value,
        "history": history,
        "rows": views.claim_rows(claim, zone),
    }
