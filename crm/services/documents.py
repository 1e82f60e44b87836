"""Documents for customers: the proof of insurance."""

from datetime import datetime

from sqlalchemy.orm import Session

from crm import proof, texts
from crm.audit_trail import reads
from crm.domain import AttachmentView, PolicyStatus, RequestKind, RequestStatus
from crm.errors import NotEligible, NotFound
from crm.schema import Customer
from crm.services import _views, attachments, service_requests
from crm.services._days import today
from crm.services._rows import business_value
from crm.services.policies import policy_row

PDF = "application/pdf"


@reads("policies")
def proof_of_insurance(
    session: Session, customer_id: int, policy_number: str, language: str, *, now: datetime, reference: str = ""
) -> bytes:
    """The proof of insurance as a PDF in the language (`en` or `zh`), as things stand today.

    Args:
        reference: printed on it, so that it can be told from others.

    Raises:
        NotFound: the customer has no such policy.
        NotEligible: the policy is not in force today.
    """
    view = _views.policy(policy_row(session, customer_id, policy_number))
    row = session.get(Customer, customer_id)
    if row is None:
        raise NotFound("There is no such customer.")
    day = today(session, now)
    if view.status is not PolicyStatus.ACTIVE or not view.starts_on <= day <= view.ends_on:
        raise NotEligible("The policy is not in force today; there is nothing to prove.")
    insurer = proof.Insurer(
        name=business_value(session, "name", "Careline"),
        address=business_value(session, "address", ""),
        phone=business_value(session, "phone", ""),
        email=business_value(session, "email", ""),
    )
    return proof.pdf(insurer, _views.customer(row), view, language, issued_on=day, reference=reference)


def issue_proof(
    session: Session, customer_id: int, policy_number: str, *, conversation_id: str, language: str, now: datetime
) -> AttachmentView:
    """The proof as a file of the conversation, recorded as a service request that is done. Raises the same."""
    policy = policy_row(session, customer_id, policy_number)
    request = service_requests.record(
        session,
        customer_id,
        RequestKind.PROOF_OF_INSURANCE,
        status=RequestStatus.DONE,
        data={"language": language},
        conversation_id=conversation_id,
        now=now,
        policy_id=policy.id,
    )
    content = proof_of_insurance(session, customer_id, policy_number, language, now=now, reference=request.number or "")
    name = texts.text(language, "proof.file_name", number=policy.number)
    return attachments.add(session, conversation_id, name=name, media_type=PDF, content=content, now=now)
