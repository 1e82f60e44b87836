"""Who may read which conversation at the desk."""

from typing import Annotated

from pydantic import Field
from sqlalchemy.orm import Session

from crm.domain.handoffs import HandoffView
from crm.domain.staff import Permission, StaffMember
from crm.services import handoffs

# An id or a count in an address; what is larger the databases cannot compare with one.
Number = Annotated[int, Field(ge=0, le=2**53 - 1)]


def may_watch(session: Session, member: StaffMember, conversation_id: str) -> bool:
    """Whether a member may read along: their own, one that waits, one that is over; a colleague's takes `watch`."""
    if member.may(Permission.WATCH):
        return True
    if not member.may(Permission.QUEUE_VIEW):
        return False
    current = handoffs.open_in(session, conversation_id)
    return current is None or not current.state.is_with_person or is_theirs(current, member)


def is_theirs(handoff: HandoffView | None, member: StaffMember) -> bool:
    """Whether the member is who talks to the customer now."""
    return (
        handoff is not None and handoff.state.is_with_person and handoff.employee_id == member.employee_id is not None
    )
