"""Documents and data handed out as a file of the conversation."""

from typing import Any

from sqlalchemy.orm import Session

from actions import views
from actions.base import CustomerAction
from actions.policy_choice import ChoosePolicy
from actions.reply import ABANDON, DONE, VERIFY, Reply
from actions.turn import Turn
from crm.domain import CustomerView
from crm.errors import NotEligible, NotFound
from crm.services import documents, own_data


class ChooseProofPolicy(ChoosePolicy):
    """Which policy is to be proven."""

    action = "action_ask_proof_policy"
    slot = "proof_policy"
    not_by_ear = "utter_proof_by_phone"


class SubmitProof(CustomerAction):
    """The proof of insurance as a PDF."""

    action = "action_submit_proof"
    writes = True
    needs_code = True
    not_by_ear = "utter_proof_by_phone"
    keeps = ("proof_policy",)

    def unverified(self) -> Reply:
        """Verification ran out meanwhile."""
        return Reply().set(proof_policy=None).signal(VERIFY)

    def serve(self, session: Session, turn: Turn, customer: CustomerView) -> Reply:
        """Issue it, once."""
        number = str(turn.slots.get("proof_policy"))

        def issue() -> dict[str, Any]:
            file = documents.issue_proof(
                session,
                customer.id,
                number,
                conversation_id=turn.conversation_id,
                language=str(turn.slots.get("language") or "en"),
                now=turn.now,
            )
            return views.attachment(file)

        try:
            file = turn.once(session, self.action, issue)
        except (NotEligible, NotFound):
            return Reply().say("utter_proof_not_in_force", policy_number=number).signal(ABANDON)
        return Reply().say("utter_proof_issued", policy_number=number, attachment=file).satisfied().signal(DONE)


class ExportMyData(CustomerAction):
    """A copy of everything held on the customer."""

    action = "action_export_my_data"
    writes = True
    needs_code = True
    not_by_ear = "utter_data_by_phone"

    def serve(self, session: Session, turn: Turn, customer: CustomerView) -> Reply:
        """The copy as a file, once."""

        def export() -> dict[str, Any]:
            file = own_data.export(session, customer.id, conversation_id=turn.conversation_id, now=turn.now)
            return views.attachment(file)

        return Reply().say("utter_data_exported", attachment=turn.once(session, self.action, export))
