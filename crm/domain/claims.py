"""Claims: what is reported, and what comes of it."""

from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum

from crm.domain.money import Money
from crm.domain.policies import Line


class ClaimStatus(StrEnum):
    """Where a claim stands; `declined` is only ever set by a person."""

    FILED = "filed"
    AWAITING_DOCUMENTS = "awaiting_documents"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    PAID = "paid"
    DECLINED = "declined"
    CLOSED = "closed"

    @property
    def is_open(self) -> bool:
        """Whether something is still to happen."""
        return self in OPEN_STATUSES


OPEN_STATUSES = frozenset(
    {ClaimStatus.FILED, ClaimStatus.AWAITING_DOCUMENTS, ClaimStatus.IN_REVIEW, ClaimStatus.APPROVED}
)


class NextStep(StrEnum):
    """What happens next, as a code; the words are in the responses."""

    SEND_DOCUMENTS = "send_documents"
    HANDLER_REVIEW = "handler_review"
    PAYMENT = "payment"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class ClaimReport:
    """What a customer reports.

    Attributes:
        policy_number: the policy claimed on.
        kind: a kind of incident of the policy's line (`crm/reference/claims.toml`), such as `collision`.
        incident_on: the day it happened.
        incident_time: the time of day, if known (local to the customer).
        details: answers to the line's own questions, as the customer gave them.
        estimate: what the customer thinks the damage is.
        attachments: ids of uploaded files of `conversation_id`, kept as photos of the damage.
        conversation_id: where it was reported; required when there are attachments.
    """

    policy_number: str
    kind: str
    incident_on: date
    description: str
    place: str = ""
    incident_time: time | None = None
    details: dict[str, str] = field(default_factory=dict)
    estimate: Money | None = None
    attachments: tuple[str, ...] = ()
    conversation_id: str | None = None


@dataclass(frozen=True, slots=True)
class ClaimEvent:
    """One line of a claim's history. `code` is stable; `note` is free text of a person, often empty."""

    at: datetime
    code: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class ClaimDocument:
    """A document that was received for a claim."""

    document_type: str
    status: str
    received_at: datetime
    attachment_id: str | None = None


@dataclass(frozen=True, slots=True)
class Handler:
    """The employee who looks after a claim or a customer."""

    name: str
    title: str
    phone: str
    email: str


@dataclass(frozen=True, slots=True)
class ClaimView:
    """A claim with everything a customer may know about it."""

    id: int
    number: str
    policy_number: str
    line: Line
    kind: str
    status: ClaimStatus
    incident_on: date
    incident_time: time | None
    place: str
    description: str
    details: dict[str, str]
    estimate: Money | None
    paid: Money | None
    filed_at: datetime
    history: tuple[ClaimEvent, ...]
    documents: tuple[ClaimDocument, ...]
    missing_documents: tuple[str, ...]
    handler: Handler | None
    next_step: NextStep

    @property
    def is_open(self) -> bool:
        """Whether something is still to happen."""
        return self.status.is_open
