"""Conversations and what belongs to them."""

from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, deferred, mapped_column

from crm.domain import MessageStatus, Owner, Sender
from crm.normalise import plain
from crm.schema.base import Base, HexId, Id, Label, Moment, Text, reference
from crm.schema.types import Blind, Code, Sealed, SealedJson


def _conversation(**options: Any) -> Any:
    return mapped_column(String(32), ForeignKey("conversations.id"), **options)


_RECEIVED = text("status = 'received'")  # a conversation's messages that wait for the bot are few


class Conversation(Base):
    """One conversation of one browser or caller.

    `customer_id` is who was last verified here; the identity counts only while `verified_at` is set.
    """

    __tablename__ = "conversations"

    id: Mapped[HexId]
    channel: Mapped[Label]
    language: Mapped[Label]
    browser_index: Mapped[str] = mapped_column(Blind(str))
    owner: Mapped[Owner] = mapped_column(Code(Owner))
    customer_id: Mapped[int | None] = reference("customers.id", index=True)
    verified_at: Mapped[Moment | None]
    last_seq: Mapped[int]
    created_at: Mapped[Moment]
    last_active_at: Mapped[Moment]


class Message(Base):
    """One message. `body` holds its text, command, quick replies, attachment and data, and readings of what was heard.

    `spoken_from` and `spoken_to` are milliseconds since its call began; `confidence` is how surely it was heard.
    """

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("conversation_id", "seq"),
        UniqueConstraint("conversation_id", "message_id"),
        UniqueConstraint("conversation_id", "in_reply_to", "ordinal", "sender"),
        Index("ix_messages_status_id", "status", "id"),
        Index("ix_messages_received", "conversation_id", sqlite_where=_RECEIVED, postgresql_where=_RECEIVED),
    )

    id: Mapped[Id]
    conversation_id: Mapped[str] = _conversation()
    message_id: Mapped[Label]
    seq: Mapped[int]
    sender: Mapped[Sender] = mapped_column(Code(Sender))
    status: Mapped[MessageStatus] = mapped_column(Code(MessageStatus))
    in_reply_to: Mapped[Label | None]
    ordinal: Mapped[int | None]
    body: Mapped[dict[str, Any]] = mapped_column(SealedJson())
    spoken_from: Mapped[int | None]
    spoken_to: Mapped[int | None]
    confidence: Mapped[float | None]
    created_at: Mapped[Moment]
    settled_at: Mapped[Moment | None]


class Attachment(Base):
    """A file a customer sent; the content is read only when asked for."""

    __tablename__ = "attachments"

    id: Mapped[HexId]
    conversation_id: Mapped[str] = _conversation(index=True)
    message_id: Mapped[Label | None]
    name: Mapped[Text]
    media_type: Mapped[Label]
    size: Mapped[int]
    content: Mapped[bytes] = deferred(mapped_column(Sealed()))
    created_at: Mapped[Moment]


class PerformedWrite(Base):
    """A write of an action that has been done, with its result: a retry finds it and does nothing."""

    __tablename__ = "performed_writes"
    __table_args__ = (UniqueConstraint("conversation_id", "message_id", "action"),)

    id: Mapped[Id]
    conversation_id: Mapped[str] = _conversation()
    message_id: Mapped[Label]
    action: Mapped[Label]
    result: Mapped[dict[str, Any] | None] = mapped_column(SealedJson())


class VerificationCounter(Base):
    """Failed verifications of one identifier or one conversation (`subject_index`)."""

    __tablename__ = "verification_counters"

    subject_index: Mapped[str] = mapped_column(Blind(plain), primary_key=True)
    failures: Mapped[int]
    last_failure_at: Mapped[Moment]
    locked_until: Mapped[Moment | None]
