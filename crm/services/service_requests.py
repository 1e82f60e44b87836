"""Service requests: everything a customer asked to have done, with a number to come back to."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.audit_trail import reads
from crm.domain import RequestStatus, RequestView
from crm.errors import NotEligible, NotFound
from crm.schema import Interaction, ServiceRequest
from crm.services._numbers import insert_numbered
from crm.services._rows import conversation_row

PREFIX = "SR"


@reads("service_requests")
def list_requests(session: Session, customer_id: int) -> list[RequestView]:
    """All requests of a customer, the newest first."""
    query = select(ServiceRequest).where(ServiceRequest.customer_id == customer_id)
    rows = session.scalars(query.order_by(ServiceRequest.requested_at.desc(), ServiceRequest.id.desc()))
    return [view(row) for row in rows]


@reads("service_requests")
def request(session: Session, customer_id: int, number: str) -> RequestView:
    """One request. Raises `NotFound`, also when it is another customer's."""
    return view(_row(session, customer_id, number))


def withdraw(session: Session, customer_id: int, number: str, *, now: datetime) -> RequestView:
    """The customer takes a request back. Raises `NotFound`, `NotEligible` when it is over already."""
    row = _row(session, customer_id, number)
    if row.status != RequestStatus.OPEN:
        raise NotEligible("The request is over already; there is nothing to take back.")
    row.status, row.closed_at = RequestStatus.WITHDRAWN.value, now
    session.flush()
    return view(row)


def record(
    session: Session,
    customer_id: int,
    kind: str,
    *,
    status: RequestStatus,
    data: dict[str, Any],
    conversation_id: str | None,
    now: datetime,
    policy_id: int | None = None,
    due_on: date | None = None,
) -> ServiceRequest:
    """Record a request and the contact it came by; for other services."""
    _channel(session, conversation_id)
    row = insert_numbered(
        session,
        PREFIX,
        lambda number: ServiceRequest(
            customer_id=customer_id,
            policy_id=policy_id,
            conversation_id=conversation_id,
            number=number,
            kind=str(kind),
            status=status.value,
            details=kind.replace("_", " "),
            data=data,
            requested_at=now,
            closed_at=None if status is RequestStatus.OPEN else now,
            due_on=due_on,
        ),
    )
    note_contact(session, customer_id, conversation_id, topic=kind, summary=row.number or "", now=now)
    return row


def open_row(session: Session, customer_id: int, kind: str, policy_id: int | None = None) -> ServiceRequest | None:
    """A request of this kind that waits for a person already; for other services."""
    query = select(ServiceRequest).where(
        ServiceRequest.customer_id == customer_id,
        ServiceRequest.kind == kind,
        ServiceRequest.status == RequestStatus.OPEN.value,
        ServiceRequest.number_index.is_not(None),
        ServiceRequest.policy_id == policy_id if policy_id is not None else ServiceRequest.policy_id.is_(None),
    )
    return session.scalars(query.order_by(ServiceRequest.id).with_for_update()).first()


def note_contact(
    session: Session, customer_id: int, conversation_id: str | None, *, topic: str, summary: str, now: datetime
) -> None:
    """Record that the customer was in touch about `topic`; for other services."""
    session.add(
        Interaction(
            customer_id=customer_id,
            conversation_id=conversation_id,
            channel=_channel(session, conversation_id),
            topic=str(topic),
            at=now,
            summary=summary,
        )
    )
    session.flush()


def view(row: ServiceRequest) -> RequestView:
    """A request as others may see it; for other services."""
    return RequestView(
        number=row.number or "",
        kind=row.kind,
        status=row.status,
        policy_number=row.policy.number if row.policy else None,
        details=row.data or {},
        requested_at=row.requested_at,
        due_on=row.due_on,
        closed_at=row.closed_at,
    )


def _channel(session: Session, conversation_id: str | None) -> str:
    """How the customer is in touch; raises `NotFound` for an unknown conversation."""
    return conversation_row(session, conversation_id).channel if conversation_id else "desk"


def _row(session: Session, customer_id: int, number: str) -> ServiceRequest:
    query = select(ServiceRequest).where(
        ServiceRequest.customer_id == customer_id, ServiceRequest.number_index == number
    )
    row = session.scalars(query).one_or_none()
    if row is None:
        raise NotFound("This customer has no such request; list the requests to see the numbers.")
    return row
