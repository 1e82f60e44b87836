"""A person who has a conversation: whether it is theirs."""

from sqlalchemy.orm import Session

from crm.domain import HandoffView
from crm.errors import NotEligible
from crm.services import handoffs
from crm.services._rows import conversation_row


def in_hand(session: Session, conversation_id: str, employee_id: int) -> HandoffView:
    """The hand-off by which an employee has a conversation; nobody else gets it before this transaction ends.

    Raises:
        NotFound: there is no such conversation.
        handoffs.Taken: a colleague has it.
        NotEligible: no person has it.
    """
    conversation_row(session, conversation_id, lock=True)
    view = handoffs.open_in(session, conversation_id)
    if view is None or not view.state.is_with_person:
        raise NotEligible("No person has this conversation; take it first.")
    if view.employee_id != employee_id:
        raise handoffs.Taken(view.employee_name or "")
    return view
