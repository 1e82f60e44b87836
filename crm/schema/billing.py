"""Invoices and payments."""

from datetime import date

from sqlalchemy.orm import Mapped, mapped_column

from crm.schema.base import Base, Id, Label, Minor, Moment, reference
from crm.schema.types import SealedText


class Invoice(Base):
    """What a customer owes for a policy's instalment."""

    __tablename__ = "invoices"

    id: Mapped[Id]
    customer_id: Mapped[int] = reference("customers.id", index=True)
    policy_id: Mapped[int] = reference("policies.id")
    issued_on: Mapped[date]
    due_on: Mapped[date]
    amount_minor: Mapped[Minor]
    status: Mapped[Label]


class Payment(Base):
    """Money received for an invoice; `reference` is the payment provider's."""

    __tablename__ = "payments"

    id: Mapped[Id]
    invoice_id: Mapped[int] = reference("invoices.id", index=True)
    paid_at: Mapped[Moment]
    amount_minor: Mapped[Minor]
    method: Mapped[Label]
    reference: Mapped[str | None] = mapped_column(SealedText())
