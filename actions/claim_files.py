"""What is missing for a claim, and files for one that is filed already."""

from typing import Any

from sqlalchemy.orm import Session

from actions.claims import OneClaim
from actions.reply import Reply
from actions.turn import Turn
from crm.domain import ClaimView, CustomerView
from crm.errors import InvalidInput

OTHER = "other"


class AttachFiles(OneClaim):
    """Add uploaded files to a claim, once it is clear to which and what they are."""

    action = "action_attach_files"
    intent = "attach_files"
    writes = True

    def without_claims(self, turn: Turn) -> Reply:
        """The files stay with the conversation; a claim that is filed next gets them."""
        return Reply().say("utter_files_without_claim")

    def tell(self, session: Session, turn: Turn, customer: CustomerView, claim: ClaimView) -> Reply:
        """Add them, or ask what they are."""
        files = [str(file) for file in turn.slots.get("files") or ()]
        if not files:
            return Reply().say("utter_attach_files_now", number=claim.number)
        kind = kind_of(turn, claim)
        if kind is None:
            missing = [{"code": code, "number": claim.number} for code in claim.missing_documents]
            return Reply().say("utter_ask_document_type", number=claim.number, missing=missing)

        def add() -> dict[str, Any]:
            view = claim
            for file in files:
                view = self.records(session).claims.add_document(
                    customer.id,
                    claim.number,
                    document_type=kind,
                    attachment_id=file,
                    conversation_id=turn.conversation_id,
                    key=turn.key(session, self.action),
                    now=turn.now,
                )
            return {"missing": list(view.missing_documents)}

        try:
            missing = turn.once(session, self.action, add)["missing"]
        except InvalidInput:
            return Reply().say("utter_attach_files_again").set(files=None)
        response = "utter_document_added_missing" if missing else "utter_document_added"
        return Reply().say(response, number=claim.number, document_type=kind, missing=missing).set(files=None)


class ClaimDocuments(AttachFiles):
    """What the customer still has to send; files that came meanwhile are added."""

    action = "action_claim_documents"
    intent = "claim_documents"

    def without_claims(self, turn: Turn) -> Reply:
        """Offer to file one."""
        return OneClaim.without_claims(self, turn)

    def tell(self, session: Session, turn: Turn, customer: CustomerView, claim: ClaimView) -> Reply:
        """What is missing, and how to send it."""
        files_a_claim = turn.slots.get("claim_injured") is not None  # then the files are the new claim's
        if turn.slots.get("files") and not files_a_claim:
            return super().tell(session, turn, customer, claim)
        if not claim.missing_documents:
            received = sorted({document.document_type for document in claim.documents})
            response = "utter_claim_documents_complete" if received else "utter_claim_documents_none"
            return Reply().say(response, number=claim.number, received=received)
        return Reply().say("utter_claim_documents_missing", number=claim.number, missing=list(claim.missing_documents))


def kind_of(turn: Turn, claim: ClaimView) -> str | None:
    """What the files are: said, or anything when nothing is missing; None when it has to be asked."""
    said = turn.entity("document_type")
    if said and (said in claim.missing_documents or said in (OTHER, "photos")):
        return str(said)
    return None if claim.missing_documents else OTHER
