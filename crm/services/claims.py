"""Claims: filed, listed, followed, documents added."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm import reference
from crm.audit_trail import reads
from crm.domain import ClaimReport, ClaimStatus, ClaimView, Line, PolicyStatus
from crm.errors import InvalidInput, NotFound
from crm.schema import Attachment, Claim, ClaimDocument, ClaimHistory, Employee, EmployeeSkill, Policy
from crm.services import _views
from crm.services._rows import insert_or_none
from crm.services.policies import policy_row

PHOTOS = "photos"
_TRIES = 20
_WEST_TO_EAST = timedelta(hours=14)  # "today" of a customer may be tomorrow's date in UTC


def file_claim(session: Session, customer_id: int, report: ClaimReport, *, now: datetime) -> ClaimView:
    """File a claim. Wrap it in `once.once`, so that a retry files none.

    A claim is never refused for lack of cover: an incident outside the policy's time is filed and marked in the
    history for the handler (`outside_policy_period`).

    Raises:
        NotFound: the customer has no such policy.
        InvalidInput: unknown kind, incident in the future, negative estimate, wrong currency or a foreign file.
    """
    policy = policy_row(session, customer_id, report.policy_number)
    _check(report, policy, now)
    claim = _insert(session, policy, report, now)
    _note(session, claim, "filed", now)
    if not _in_force(policy, report):
        _note(session, claim, "outside_policy_period", now)
    for attachment_id in report.attachments:
        _receive(session, claim, PHOTOS, attachment_id, report.conversation_id, now)
    claim.handler_id = _handler_id(session, policy.plan.product.line, claim)
    if claim.handler_id:
        _note(session, claim, "assigned", now)
    _settle_status(session, claim, now)
    session.refresh(claim)
    return _views.claim(claim)


@reads("claims")
def list_claims(session: Session, customer_id: int) -> list[ClaimView]:
    """All claims of a customer, the newest first."""
    query = select(Claim).where(Claim.customer_id == customer_id).order_by(Claim.filed_at.desc(), Claim.id.desc())
    return [_views.claim(row) for row in session.scalars(query)]


@reads("claims")
def claim(session: Session, customer_id: int, number: str) -> ClaimView:
    """One claim. Raises `NotFound`, also when it is another customer's."""
    return _views.claim(_claim_row(session, customer_id, number))


def add_document(
    session: Session,
    customer_id: int,
    number: str,
    *,
    document_type: str,
    attachment_id: str,
    conversation_id: str,
    now: datetime,
) -> ClaimView:
    """Add a document to a claim. Raises `NotFound`, `InvalidInput`."""
    row = _claim_row(session, customer_id, number)
    _receive(session, row, document_type, attachment_id, conversation_id, now)
    _note(session, row, "document_received", now)
    _settle_status(session, row, now)
    session.refresh(row)
    return _views.claim(row)


def _check(report: ClaimReport, policy: Policy, now: datetime) -> None:
    product = policy.plan.product
    kinds = reference.claim_kinds(product.line)
    if report.kind not in kinds:
        raise InvalidInput("kind", f"The kind of a claim on {product.line} is one of {', '.join(kinds)}.")
    if report.incident_on > (now + _WEST_TO_EAST).date():
        raise InvalidInput("incident_on", "An incident lies in the past; ask for the day again.")
    if report.estimate and (report.estimate.minor < 0 or report.estimate.currency != product.currency):
        raise InvalidInput("estimate", f"An estimate is an amount in {product.currency}, not below zero.")


def _in_force(policy: Policy, report: ClaimReport) -> bool:
    during = policy.starts_on <= report.incident_on <= policy.ends_on
    return during and policy.status in (PolicyStatus.ACTIVE, PolicyStatus.EXPIRED)


def _insert(session: Session, policy: Policy, report: ClaimReport, now: datetime) -> Claim:
    """Numbers are drawn, not counted: a customer's number tells nothing about how many claims there are."""
    for _ in range(_TRIES):
        row = Claim(
            customer_id=policy.customer_id,
            policy_id=policy.id,
            number=f"CL-{1_000_000 + secrets.randbelow(9_000_000)}",
            kind=report.kind,
            status=ClaimStatus.FILED,
            incident_on=report.incident_on,
            incident_time=report.incident_time.isoformat("minutes") if report.incident_time else None,
            place=report.place,
            description=report.description,
            details=report.details,
            estimate_minor=report.estimate.minor if report.estimate else None,
            filed_at=now,
        )
        if insert_or_none(session, row):
            return row
    raise InvalidInput("number", "No free claim number was found; claim numbers are nearly used up.")


def _receive(
    session: Session,
    claim: Claim,
    document_type: str,
    attachment_id: str,
    conversation_id: str | None,
    now: datetime,
) -> None:
    attachment = session.get(Attachment, attachment_id)
    if attachment is None or attachment.conversation_id != conversation_id:
        raise InvalidInput("attachments", "A file was not uploaded in this conversation.")
    session.add(
        ClaimDocument(
            claim_id=claim.id,
            document_type=document_type,
            status="received",
            attachment_id=attachment_id,
            received_at=now,
        )
    )
    session.flush()


def _handler_id(session: Session, line: Line, claim: Claim) -> int | None:
    """Handlers with the line's skill take turns by claim."""
    query = (
        select(Employee.id)
        .join(EmployeeSkill, EmployeeSkill.employee_id == Employee.id)
        .where(EmployeeSkill.skill == f"claims_{line}", Employee.active)
        .order_by(Employee.id)
    )
    handlers = session.scalars(query).all()
    return handlers[claim.id % len(handlers)] if handlers else None


def _settle_status(session: Session, claim: Claim, now: datetime) -> None:
    """Documents decide between waiting for them and the handler's review; nothing else is decided here."""
    session.flush()
    session.expire(claim, ["documents"])
    before = claim.status
    if before not in (ClaimStatus.FILED, ClaimStatus.AWAITING_DOCUMENTS):
        return
    missing = _views.missing_documents(claim)
    claim.status = ClaimStatus.AWAITING_DOCUMENTS if missing else ClaimStatus.IN_REVIEW
    if claim.status != before:
        _note(session, claim, claim.status.value, now)
    session.flush()


def _note(session: Session, claim: Claim, code: str, now: datetime) -> None:
    session.add(ClaimHistory(claim_id=claim.id, at=now, code=code))
    session.flush()


def _claim_row(session: Session, customer_id: int, number: str) -> Claim:
    query = select(Claim).where(Claim.customer_id == customer_id, Claim.number_index == number)
    row = session.scalars(query).one_or_none()
    if row is None:
        raise NotFound("This customer has no such claim; list the claims to see the numbers.")
    return row
