"""Conversations, messages and files."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from crm.domain.calls import Spoken


class Owner(StrEnum):
    """Who answers the next message."""

    BOT = "bot"
    PERSON = "person"
    NOBODY = "nobody"


class Sender(StrEnum):
    """Who said it."""

    CUSTOMER = "customer"
    BOT = "bot"
    AGENT = "agent"
    SYSTEM = "system"


class MessageStatus(StrEnum):
    """`received` waits for the bot's answer; `sent` marks everything that waits for none."""

    RECEIVED = "received"
    ANSWERED = "answered"
    FAILED = "failed"
    SENT = "sent"


@dataclass(frozen=True, slots=True)
class ConversationView:
    """A conversation.

    Attributes:
        customer_id: the customer who is verified in it, or None. Whether that still holds is for
            `verification.verified_customer` to say: it knows the idle limit.
        last_seq: the number of messages so far.
    """

    id: str
    channel: str
    language: str
    owner: Owner
    customer_id: int | None
    last_seq: int
    created_at: datetime
    last_active_at: datetime


@dataclass(frozen=True, slots=True)
class AttachmentView:
    """An uploaded file, without its content. `size` is in bytes."""

    id: str
    name: str
    media_type: str
    size: int


@dataclass(frozen=True, slots=True)
class MessageView:
    """One message; `seq` counts 1, 2, … within its conversation, without gaps. `spoken` is of what a caller said."""

    id: str
    conversation_id: str
    seq: int
    sender: Sender
    text: str
    command: str | None
    quick_replies: tuple[dict[str, str], ...]
    attachments: tuple[AttachmentView, ...]
    attachment: Any
    data: dict[str, Any] | None
    in_reply_to: str | None
    ordinal: int | None
    status: MessageStatus
    created_at: datetime
    spoken: Spoken | None = None
