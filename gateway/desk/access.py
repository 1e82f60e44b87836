"""Who may read which conversation at the desk, and act in it."""

from typing import Annotated

from pydantic import Field
from sqlalchemy.orm import Session

from crm.domain.handoffs import HandoffView
from crm.domain.staff import Permission, StaffMember
from crm.services import conversations, handoffs

# An id or a count in an address; what is larger the databases cannot compare with one.
Number = Annotated[int, Field(ge=0, le=2**53 - 1)]


def may_watch(session: Session, member: StaffMember, conversation_id: str) -> bool:
    """Whether a member may read along: what waits, what they have or had, what else their customers of now have said.

    Everything else takes `watch`: what a colleague has, and what somebody else had or the bot alone. Raises `NotFound`.
    """
    if member.may(Permission.WATCH):
        return True
    if not member.may(Permission.QUEUE_VIEW):
        return False
    current = handoffs.open_in(session, conversation_id)
    if current is not None:
        return current.state.is_waiting or is_theirs(current, member)
    return handoffs.concerns(session, conversation_id, member.employee_id or 0)  # 0 is nobody's number


def may_act(session: Session, member: StaffMember, conversation_id: str) -> bool:
    """Whether a member may act for the customer of a conversation: who has it, and supervisors. Raises `NotFound`."""
    conversations.get_conversation(session, conversation_id)
    return member.may(Permission.TAKE_OVER) or is_theirs(handoffs.open_in(session, conversation_id), member)


def is_theirs(handoff: HandoffView | None, member: StaffMember) -> bool:
    """Whether the member is who talks to the customer now."""
    return (
        handoff is not None and handoff.state.is_with_person and handoff.employee_id == member.employee_id is not None
    )
