"""Hosted payment pages, automatic payment and refunds. No card number ever comes here."""

from datetime import date

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.domain import AutopayState, CheckoutPurpose, CheckoutState, RefundState
from crm.schema.base import Base, Id, Label, Minor, Moment, Text, reference
from crm.schema.billing import Invoice
from crm.schema.policies import Policy
from crm.schema.types import Blind, Code


class Checkout(Base):
    """A page of the payment provider that was opened for a customer; `reference` is the provider's."""

    __tablename__ = "checkouts"

    id: Mapped[Id]
    customer_id: Mapped[int] = reference("customers.id", index=True)
    conversation_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("conversations.id"))
    purpose: Mapped[CheckoutPurpose] = mapped_column(Code(CheckoutPurpose))
    state: Mapped[CheckoutState] = mapped_column(Code(CheckoutState))
    provider: Mapped[Label]
    reference: Mapped[Text]
    reference_index: Mapped[str] = mapped_column(Blind(str), unique=True)
    url: Mapped[Text]
    currency: Mapped[Label]
    amount_minor: Mapped[Minor]
    created_at: Mapped[Moment]
    completed_at: Mapped[Moment | None]
    items: Mapped[list["CheckoutItem"]] = relationship(order_by="CheckoutItem.id")
    mandate: Mapped["AutopayMandate | None"] = relationship(back_populates="checkout")


class CheckoutItem(Base):
    """The part of a payment that goes to one invoice."""

    __tablename__ = "checkout_items"

    id: Mapped[Id]
    checkout_id: Mapped[int] = reference("checkouts.id", index=True)
    invoice_id: Mapped[int] = reference("invoices.id")
    amount_minor: Mapped[Minor]
    invoice: Mapped[Invoice] = relationship()


class AutopayMandate(Base):
    """The customer's consent to collect a policy's instalments on a day of the month."""

    __tablename__ = "autopay_mandates"

    id: Mapped[Id]
    customer_id: Mapped[int] = reference("customers.id", index=True)
    policy_id: Mapped[int] = reference("policies.id", unique=True)
    checkout_id: Mapped[int | None] = reference("checkouts.id")
    state: Mapped[AutopayState] = mapped_column(Code(AutopayState))
    day: Mapped[int]
    changed_at: Mapped[Moment]
    policy: Mapped[Policy] = relationship()
    checkout: Mapped[Checkout | None] = relationship(back_populates="mandate")


class Refund(Base):
    """Money that goes back to a customer."""

    __tablename__ = "refunds"

    id: Mapped[Id]
    customer_id: Mapped[int] = reference("customers.id", index=True)
    policy_id: Mapped[int] = reference("policies.id")
    reason: Mapped[Label]
    state: Mapped[RefundState] = mapped_column(Code(RefundState))
    amount_minor: Mapped[Minor]
    requested_at: Mapped[Moment]
    sent_at: Mapped[Moment | None]
    expected_on: Mapped[date | None]
    policy: Mapped[Policy] = relationship()
