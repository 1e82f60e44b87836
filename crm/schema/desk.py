"""What people at the desk add to a conversation, and what the bot understood of it."""

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm.domain.desk import MarkState
from crm.schema.base import Base, BigId, Id, Label, Moment, Name, Text
from crm.schema.types import Code, SealedText

_CONVERSATION = "conversations.id"


class MessageReading(Base):
    """What the bot made of a customer's message: its best intents, and what it did. No word of the message.

    `ranking` is a list of [intent, confidence], the best first; `actions` the names of the actions that ran, in order.
    """

    __tablename__ = "message_readings"
    __table_args__ = (Index("ix_message_readings_at_intent", "at", "intent"),)

    id: Mapped[Id]
    conversation_id: Mapped[str] = mapped_column(String(32), ForeignKey(_CONVERSATION), index=True)
    message_id: Mapped[int] = mapped_column(BigId, ForeignKey("messages.id", ondelete="CASCADE"), unique=True)
    intent: Mapped[Label | None]
    confidence: Mapped[float | None]
    ranking: Mapped[list[list[object]]] = mapped_column(JSON())
    actions: Mapped[list[str]] = mapped_column(JSON())
    at: Mapped[Moment]


class ConversationNote(Base):
    """A private note of a colleague; the customer never sees it in the chat. `written_by` is a staff account."""

    __tablename__ = "conversation_notes"
    __table_args__ = (UniqueConstraint("conversation_id", "note_id"),)

    id: Mapped[Id]
    conversation_id: Mapped[str] = mapped_column(String(32), ForeignKey(_CONVERSATION))
    note_id: Mapped[Label]
    written_by: Mapped[int] = mapped_column(BigId)
    text: Mapped[Text]
    at: Mapped[Moment]


class ConversationTag(Base):
    """A word under which a conversation is filed; never a personal one."""

    __tablename__ = "conversation_tags"
    __table_args__ = (UniqueConstraint("conversation_id", "tag"),)

    id: Mapped[Id]
    conversation_id: Mapped[str] = mapped_column(String(32), ForeignKey(_CONVERSATION))
    tag: Mapped[Label] = mapped_column(index=True)
    set_by: Mapped[int] = mapped_column(BigId)
    at: Mapped[Moment]


class CannedReply(Base):
    """A reply that is kept ready, in one language, with `{places}` to be filled in."""

    __tablename__ = "canned_replies"
    __table_args__ = (UniqueConstraint("shortcut", "language"),)

    id: Mapped[Id]
    shortcut: Mapped[Label]
    language: Mapped[Label]
    title: Mapped[Name]
    text: Mapped[str] = mapped_column(String(2000))
    uses: Mapped[int] = mapped_column(default=0, server_default="0")
    changed_by: Mapped[int | None] = mapped_column(BigId)
    changed_at: Mapped[Moment]


class IntentMark(Base):
    """A customer's message that the bot took for something else, with what it really was."""

    __tablename__ = "intent_marks"
    __table_args__ = (Index("ix_intent_marks_state_id", "state", "id"),)

    id: Mapped[Id]
    conversation_id: Mapped[str] = mapped_column(String(32), ForeignKey(_CONVERSATION), index=True)
    message_id: Mapped[int] = mapped_column(BigId, ForeignKey("messages.id", ondelete="CASCADE"), unique=True)
    taken_for: Mapped[Label | None]
    right_intent: Mapped[Label]
    comment: Mapped[str | None] = mapped_column(SealedText())
    state: Mapped[MarkState] = mapped_column(Code(MarkState))
    marked_by: Mapped[int] = mapped_column(BigId)
    marked_at: Mapped[Moment]
    settled_at: Mapped[Moment | None]
