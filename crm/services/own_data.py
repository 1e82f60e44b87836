"""A customer's rights to their own data: a copy of it, its erasure, and no more marketing."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm import own_copy, texts
from crm.domain import AttachmentView, CustomerView, RequestKind, RequestStatus, RequestView
from crm.errors import NotFound
from crm.retention.rules import rules
from crm.schema import Customer
from crm.services import _views, attachments, service_requests
from crm.services._days import today
from crm.services._rows import conversation_row


def export(session: Session, customer_id: int, *, conversation_id: str, now: datetime) -> AttachmentView:
    """Everything held on the customer as a file of the conversation (zip: JSON, HTML, files), recorded as a request
    that is done. Raises `NotFound`.
    """
    _customer(session, customer_id)
    language = conversation_row(session, conversation_id).language
    request = service_requests.record(
        session,
        customer_id,
        RequestKind.DATA_EXPORT,
        status=RequestStatus.DONE,
        data={},
        conversation_id=conversation_id,
        now=now,
    )
    content = own_copy.make(session, customer_id, language=language, now=now, request=request.number or "")
    return attachments.add(
        session,
        conversation_id,
        name=texts.text(language, "own_data.file_name", day=today(session, now).isoformat()),
        media_type=own_copy.MEDIA_TYPE,
        content=content,
        now=now,
    )


def language_of(session: Session, customer_id: int) -> str:
    """The language the customer speaks. Raises `NotFound`."""
    return _customer(session, customer_id).language


def request_erasure(session: Session, customer_id: int, *, conversation_id: str | None, now: datetime) -> RequestView:
    """Ask a person to erase the customer's data; `due_on` is the last day for it.

    For what `erasure.obstacles` names: policies in force, open claims and open money are weighed by a person, who
    carries it out with `erasure.request`. Asking again while a request waits shows that one. Raises `NotFound`.
    """
    _customer(session, customer_id)
    waiting = service_requests.open_row(session, customer_id, RequestKind.DATA_ERASURE)
    row = waiting or service_requests.record(
        session,
        customer_id,
        RequestKind.DATA_ERASURE,
        status=RequestStatus.OPEN,
        data={},
        conversation_id=conversation_id,
        now=now,
        due_on=today(session, now) + timedelta(days=rules().erasure.answer_within_days),
    )
    return service_requests.view(row)


def marketing_opt_out(
    session: Session, customer_id: int, *, conversation_id: str | None, now: datetime
) -> CustomerView:
    """No more marketing, at once; a customer who gets none already stays as they are. Raises `NotFound`."""
    row = _customer(session, customer_id)
    if row.marketing_consent:
        row.marketing_consent, row.consent_at = False, now
        service_requests.record(
            session,
            customer_id,
            RequestKind.MARKETING_OPT_OUT,
            status=RequestStatus.DONE,
            data={},
            conversation_id=conversation_id,
            now=now,
        )
    return _views.customer(row)


def _customer(session: Session, customer_id: int) -> Customer:
    """The row, held: two requests side by side come one after the other."""
    row = session.scalars(select(Customer).where(Customer.id == customer_id).with_for_update()).one_or_none()
    if row is None:
        raise NotFound("There is no such customer.")
    return row
