"""Rows become domain objects here."""

from collections.abc import Sequence
from datetime import time

from crm import domain, reference
from crm.domain import Money
from crm.schema import (
    Attachment,
    Claim,
    Conversation,
    Customer,
    Employee,
    Message,
    Policy,
)


def customer(row: Customer) -> domain.CustomerView:
    """A customer."""
    return domain.CustomerView(
        id=row.id,
        given_name=row.given_name,
        family_name=row.family_name,
        name=full_name(row),
        birth_date=row.birth_date,
        email=row.email,
        phone=row.phone,
        address=domain.Address(**row.address),
        language=row.language,
        marketing_consent=row.marketing_consent,
    )


def full_name(row: Customer) -> str:
    """Family name first when the name is written in Chinese."""
    return name_of(row.given_name, row.family_name)


def name_of(given: str, family: str) -> str:
    """The same from its parts."""
    return family + given if family[:1] >= "\u4e00" else f"{given} {family}"


def policy(row: Policy) -> domain.PolicyView:
    """A policy: its plan's coverages, replaced by its own where it has any."""
    product = row.plan.product
    agreed = {coverage.code: coverage for coverage in row.coverages}
    standard = {coverage.code: coverage for coverage in row.plan.coverages}
    coverages = tuple(
        domain.CoverageView(
            code=coverage.code,
            name=coverage.name,
            limit=money(coverage.limit_minor, product.currency),
            deductible=Money(coverage.deductible_minor, product.currency),
            included=getattr(coverage, "included", True),
        )
        for coverage in (standard | agreed).values()
    )
    return domain.PolicyView(
        id=row.id,
        number=row.number,
        line=product.line,
        product=f"{product.name} {row.plan.name}",
        status=row.status,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        premium=Money(row.premium_minor, product.currency),
        insured=row.insured,
        coverages=coverages,
    )


def claim(row: Claim) -> domain.ClaimView:
    """A claim with its history and what it still lacks."""
    product = row.policy.plan.product
    missing = missing_documents(row)
    return domain.ClaimView(
        id=row.id,
        number=row.number,
        policy_number=row.policy.number,
        line=product.line,
        kind=row.kind,
        status=row.status,
        incident_on=row.incident_on,
        incident_time=time.fromisoformat(row.incident_time) if row.incident_time else None,
        place=row.place,
        description=row.description,
        details=row.details,
        estimate=money(row.estimate_minor, product.currency),
        paid=money(row.paid_minor, product.currency),
        filed_at=row.filed_at,
        history=tuple(domain.ClaimEvent(event.at, event.code, event.note or "") for event in row.history),
        documents=tuple(
            domain.ClaimDocument(d.document_type, d.status, d.received_at, d.attachment_id) for d in row.documents
        ),
        missing_documents=missing,
        handler=handler(row.handler) if row.handler else None,
        next_step=next_step(row.status, missing),
    )


def missing_documents(row: Claim) -> tuple[str, ...]:
    """What the claim needs and nobody has sent; nothing once it is decided."""
    sent = [(document.document_type, document.status) for document in row.documents]
    return still_missing(row.status, row.policy.plan.product.line, row.kind, sent)


def still_missing(
    status: domain.ClaimStatus, line: domain.Line, kind: str, sent: Sequence[tuple[str, str]]
) -> tuple[str, ...]:
    """The same from its parts; `sent` are the documents' types with their status."""
    undecided = (
        domain.ClaimStatus.FILED,
        domain.ClaimStatus.AWAITING_DOCUMENTS,
        domain.ClaimStatus.IN_REVIEW,
    )
    if status not in undecided:
        return ()
    received = {document_type for document_type, state in sent if state != "rejected"}
    needed = reference.required_documents(line, kind)
    return tuple(document_type for document_type in needed if document_type not in received)


def handler(row: Employee) -> domain.Handler:
    """An employee as a customer sees them."""
    return domain.Handler(row.name, row.title, row.phone, row.email)


def conversation(row: Conversation) -> domain.ConversationView:
    """A conversation; its customer counts only while verified."""
    return domain.ConversationView(
        id=row.id,
        channel=row.channel,
        language=row.language,
        owner=row.owner,
        customer_id=row.customer_id if row.verified_at else None,
        last_seq=row.last_seq,
        created_at=row.created_at,
        last_active_at=row.last_active_at,
    )


def attachment(row: Attachment) -> domain.AttachmentView:
    """A file without its content."""
    return domain.AttachmentView(row.id, row.name, row.media_type, row.size)


def message(row: Message, attachments: Sequence[Attachment] = ()) -> domain.MessageView:
    """A message with its files."""
    body = row.body
    return domain.MessageView(
        id=row.message_id,
        conversation_id=row.conversation_id,
        seq=row.seq,
        sender=row.sender,
        text=body.get("text", ""),
        command=body.get("command"),
        quick_replies=tuple(body.get("quick_replies", ())),
        attachments=tuple(attachment(file) for file in attachments),
        attachment=body.get("attachment"),
        data=body.get("data"),
        in_reply_to=row.in_reply_to,
        ordinal=row.ordinal,
        status=row.status,
        created_at=row.created_at,
        spoken=_spoken(row),
    )


def _spoken(row: Message) -> domain.Spoken | None:
    if row.spoken_from is None or row.spoken_to is None:
        return None
    return domain.Spoken(row.spoken_from, row.spoken_to, row.confidence)


def money(minor: int | None, currency: str) -> Money | None:
    """An amount, or none."""
    return None if minor is None else Money(minor, currency)


def next_step(status: domain.ClaimStatus, missing: tuple[str, ...]) -> domain.NextStep:
    """What happens next to a claim."""
    if missing:
        return domain.NextStep.SEND_DOCUMENTS
    if status is domain.ClaimStatus.APPROVED:
        return domain.NextStep.PAYMENT
    return domain.NextStep.HANDLER_REVIEW if status.is_open else domain.NextStep.NONE
