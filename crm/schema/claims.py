"""Claims, their history and their documents."""

from datetime import date

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from crm import normalise
from crm.domain import ClaimStatus
from crm.schema.base import Base, Id, Label, Minor, Moment, Text, reference
from crm.schema.organisation import Employee
from crm.schema.policies import Policy
from crm.schema.types import Blind, Code, SealedDate, SealedJson, SealedText


class Claim(Base):
    """Something that happened and that a policy may pay for."""

    __tablename__ = "claims"

    id: Mapped[Id]
    customer_id: Mapped[int] = reference("customers.id", index=True)
    policy_id: Mapped[int] = reference("policies.id", index=True)
    handler_id: Mapped[int | None] = reference("employees.id")
    number: Mapped[Text]
    number_index: Mapped[str] = mapped_column(Blind(normalise.claim_number), unique=True)
    kind: Mapped[Label]
    status: Mapped[ClaimStatus] = mapped_column(Code(ClaimStatus))
    incident_on: Mapped[date] = mapped_column(SealedDate())
    incident_time: Mapped[str | None] = mapped_column(SealedText())
    place: Mapped[Text]
    description: Mapped[Text]
    details: Mapped[dict[str, str]] = mapped_column(SealedJson())
    estimate_minor: Mapped[Minor | None]
    paid_minor: Mapped[Minor | None]
    filed_at: Mapped[Moment]
    policy: Mapped[Policy] = relationship()
    handler: Mapped[Employee | None] = relationship()
    history: Mapped[list["ClaimHistory"]] = relationship(order_by="ClaimHistory.id")
    documents: Mapped[list["ClaimDocument"]] = relationship(order_by="ClaimDocument.id")

    @validates("number")
    def _index_number(self, _: str, value: str) -> str:
        self.number_index = value
        return value


class ClaimHistory(Base):
    """One thing that happened to a claim; rows are only ever added."""

    __tablename__ = "claim_history"

    id: Mapped[Id]
    claim_id: Mapped[int] = reference("claims.id", index=True)
    at: Mapped[Moment]
    code: Mapped[Label]
    note: Mapped[str | None] = mapped_column(SealedText())


class ClaimDocument(Base):
    """A document received for a claim."""

    __tablename__ = "claim_documents"

    id: Mapped[Id]
    claim_id: Mapped[int] = reference("claims.id", index=True)
    document_type: Mapped[Label]
    status: Mapped[Label]
    attachment_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("attachments.id"))
    received_at: Mapped[Moment]
