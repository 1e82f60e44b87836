"""What happens between the insurer and a customer: requests, complaints, recommendations, contacts."""

from datetime import date
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from crm import normalise
from crm.schema.base import Base, Id, Label, Moment, Text, reference
from crm.schema.policies import Policy
from crm.schema.types import Blind, SealedJson, SealedText


class ServiceRequest(Base):
    """Something a customer asked to have done. `data` holds what exactly, by field."""

    __tablename__ = "service_requests"

    id: Mapped[Id]
    customer_id: Mapped[int] = reference("customers.id", index=True)
    policy_id: Mapped[int | None] = reference("policies.id")
    kind: Mapped[Label]
    status: Mapped[Label]
    details: Mapped[Text]
    requested_at: Mapped[Moment]
    closed_at: Mapped[Moment | None]
    conversation_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("conversations.id"))
    number: Mapped[str | None] = mapped_column(SealedText())
    number_index: Mapped[str | None] = mapped_column(Blind(normalise.reference_number), unique=True)
    data: Mapped[dict[str, Any] | None] = mapped_column(SealedJson())
    due_on: Mapped[date | None]
    policy: Mapped[Policy | None] = relationship()

    @validates("number")
    def _index_number(self, _: str, value: str) -> str:
        self.number_index = value
        return value


class Complaint(Base):
    """A complaint, with the day an answer is due."""

    __tablename__ = "complaints"

    id: Mapped[Id]
    customer_id: Mapped[int] = reference("customers.id", index=True)
    topic: Mapped[Label]
    status: Mapped[Label]
    text: Mapped[Text]
    received_at: Mapped[Moment]
    answer_due_on: Mapped[date]
    answered_at: Mapped[Moment | None]
    conversation_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("conversations.id"))
    number: Mapped[str | None] = mapped_column(SealedText())
    number_index: Mapped[str | None] = mapped_column(Blind(normalise.reference_number), unique=True)

    @validates("number")
    def _index_number(self, _: str, value: str) -> str:
        self.number_index = value
        return value


class Feedback(Base):
    """What a customer thought of a conversation; a second opinion replaces the first."""

    __tablename__ = "feedback"

    id: Mapped[Id]
    conversation_id: Mapped[str] = mapped_column(String(32), ForeignKey("conversations.id"), unique=True)
    customer_id: Mapped[int | None] = reference("customers.id", index=True)
    score: Mapped[int]
    comment: Mapped[Text]
    at: Mapped[Moment]


class Recommendation(Base):
    """A product that was offered, and what the customer said to it."""

    __tablename__ = "recommendations"

    id: Mapped[Id]
    customer_id: Mapped[int] = reference("customers.id", index=True)
    product_id: Mapped[int] = reference("products.id")
    channel: Mapped[Label]
    offered_at: Mapped[Moment]
    outcome: Mapped[Label | None]
    answered_at: Mapped[Moment | None]


class Interaction(Base):
    """One contact with a customer on any channel."""

    __tablename__ = "interactions"

    id: Mapped[Id]
    customer_id: Mapped[int] = reference("customers.id", index=True)
    conversation_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("conversations.id"))
    channel: Mapped[Label]
    topic: Mapped[Label]
    at: Mapped[Moment]
    summary: Mapped[str | None] = mapped_column(SealedText())
