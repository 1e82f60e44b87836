"""Calls, and what callers said as sound."""

from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, deferred, mapped_column

from crm.schema.base import Base, BigId, Id, Label, Moment, Text
from crm.schema.types import Sealed, SealedJson

_CONVERSATION = "conversations.id"


class Call(Base):
    """The call that a conversation is. `facts` is a list of what was noticed in it."""

    __tablename__ = "calls"

    conversation_id: Mapped[str] = mapped_column(String(32), ForeignKey(_CONVERSATION), primary_key=True)
    transport: Mapped[Label]
    caller: Mapped[Text | None]
    rate: Mapped[int]
    language: Mapped[Label]
    consent: Mapped[bool | None]
    started_at: Mapped[Moment]
    ended_at: Mapped[Moment | None]
    why: Mapped[Label | None]
    facts: Mapped[list[dict[str, Any]]] = mapped_column(SealedJson())


class CallAudio(Base):
    """The sound of one utterance of a caller who agreed to that; PCM at the call's rate.

    `heard` is what was recognised, `expected` what the question before it expected.
    """

    __tablename__ = "call_audio"

    id: Mapped[Id]
    conversation_id: Mapped[str] = mapped_column(String(32), ForeignKey(_CONVERSATION), index=True)
    message_id: Mapped[int] = mapped_column(BigId, ForeignKey("messages.id", ondelete="CASCADE"), unique=True)
    sound: Mapped[bytes] = deferred(mapped_column(Sealed(), nullable=False))
    heard: Mapped[Text]
    expected: Mapped[dict[str, Any] | None] = mapped_column(SealedJson())
    at: Mapped[Moment]
