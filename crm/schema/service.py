"""What happens between the insurer and a customer: requests, complaints, recommendations, contacts."""

from datetime import date

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from crm.schema.base import Base, Id, Label, Moment, Text, reference
from crm.schema.types import SealedText


class ServiceRequest(Base):
    """Something a customer asked to have done."""

    __tablename__ = "service_requests"

    id: Mapped[Id]
    customer_id: Mapped[int] = reference("customers.id", index=True)
    policy_id: Mapped[int | None] = reference("policies.id")
    kind: Mapped[Label]
    status: Mapped[Label]
    details: Mapped[Text]
    requested_at: Mapped[Moment]
    closed_at: Mapped[Moment | None]


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
