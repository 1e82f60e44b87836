"""One-time codes, and the outbox that messages to customers leave through."""

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from crm.schema.base import Base, Id, Label, Moment, Text, reference
from crm.schema.types import Blind


class OneTimeCode(Base):
    """A code that was sent. The code itself is kept only as a keyed hash, bound to its conversation."""

    __tablename__ = "one_time_codes"
    __table_args__ = (
        Index("ix_one_time_codes_conversation_id_id", "conversation_id", "id"),
        Index("ix_one_time_codes_customer_id_sent_at", "customer_id", "sent_at"),
    )

    id: Mapped[Id]
    conversation_id: Mapped[str] = mapped_column(String(32), ForeignKey("conversations.id"))
    customer_id: Mapped[int] = reference("customers.id")
    code_index: Mapped[str] = mapped_column(Blind(str))
    sent_at: Mapped[Moment]
    failures: Mapped[int]
    confirmed_at: Mapped[Moment | None]


class OutboxMessage(Base):
    """A message to a customer that somebody, or a gateway to their phone, has to deliver."""

    __tablename__ = "outbox_messages"

    id: Mapped[Id]
    customer_id: Mapped[int] = reference("customers.id", index=True)
    kind: Mapped[Label]
    channel: Mapped[Label]
    destination: Mapped[Text]
    text: Mapped[Text]
    created_at: Mapped[Moment]
    delivered_at: Mapped[Moment | None]
