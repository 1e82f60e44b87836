"""Complaints: filed with a number and a day by which a person answers."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm import reference
from crm.audit_trail import reads
from crm.domain import ComplaintView
from crm.errors import InvalidInput, NotFound, OutOfRange
from crm.schema import Complaint
from crm.services import service_requests
from crm.services._days import business_days_after, today
from crm.services._numbers import insert_numbered
from crm.services._rows import conversation_row

PREFIX = "CP"
LONGEST = 4_000
OPEN = "open"


def categories() -> tuple[str, ...]:
    """What a complaint can be about, as codes."""
    return tuple(reference.table("complaints")["categories"])


def file_complaint(
    session: Session, customer_id: int, *, category: str, text: str, conversation_id: str | None, now: datetime
) -> ComplaintView:
    """File a complaint; a person answers it.

    Raises:
        OutOfRange: unknown `category`; the error says which there are.
        InvalidInput: `text` is empty or longer than 4,000 characters.
        NotFound: no such conversation.
    """
    days = reference.table("complaints")["categories"].get(category)
    if days is None:
        raise OutOfRange("category", choices=categories())
    said = text.strip()
    if not 0 < len(said) <= LONGEST:
        raise InvalidInput("text", f"A complaint has 1 to {LONGEST} characters; ask for it again.")
    if conversation_id is not None:
        conversation_row(session, conversation_id)
    row = insert_numbered(
        session,
        PREFIX,
        lambda number: Complaint(
            customer_id=customer_id,
            conversation_id=conversation_id,
            number=number,
            topic=category,
            status=OPEN,
            text=said,
            received_at=now,
            answer_due_on=business_days_after(session, today(session, now), days),
        ),
    )
    service_requests.note_contact(
        session, customer_id, conversation_id, topic="complaint", summary=row.number or "", now=now
    )
    return _view(row)


@reads("complaints")
def list_complaints(session: Session, customer_id: int) -> list[ComplaintView]:
    """All complaints of a customer, the newest first."""
    query = select(Complaint).where(Complaint.customer_id == customer_id)
    return [_view(row) for row in session.scalars(query.order_by(Complaint.received_at.desc(), Complaint.id.desc()))]


@reads("complaints")
def complaint(session: Session, customer_id: int, number: str) -> ComplaintView:
    """One complaint. Raises `NotFound`, also when it is another customer's."""
    query = select(Complaint).where(Complaint.customer_id == customer_id, Complaint.number_index == number)
    row = session.scalars(query).one_or_none()
    if row is None:
        raise NotFound("This customer has no such complaint; list the complaints to see the numbers.")
    return _view(row)


def _view(row: Complaint) -> ComplaintView:
    return ComplaintView(
        number=row.number or "",
        category=row.topic,
        status=row.status,
        text=row.text,
        received_at=row.received_at,
        answer_due_on=row.answer_due_on,
        answered_at=row.answered_at,
    )
