"""What is said, written and filed in a conversation."""

from datetime import datetime
from typing import Any

from pydantic import Field

from crm.domain import Entry, MarkState, MessageStatus, Owner, Sender
from gateway.api.callers import Flag, Key, Sent, Shown, Word, Words
from gateway.api.models.queue import Handoff


class Conversation(Shown):
    """A conversation as it stands."""

    id: str
    channel: str
    language: str
    owner: Owner
    """Who answers the customer's next message."""
    last_seq: int
    created_at: datetime
    last_active_at: datetime
    name: str | None
    """The verified customer's, shortened."""
    handoff: Handoff | None
    """The one that is not over."""
    is_mine: bool
    tags: list[str]


class File(Shown):
    """A file; `size` is in bytes."""

    id: str
    name: str
    media_type: str
    size: int


class Reading(Shown):
    """What the bot made of a customer's message: its best intents with their confidences, and what it did."""

    intent: str | None
    confidence: float | None
    ranking: list[tuple[str, float]]
    actions: list[str]


class Spoken(Shown):
    """When a message was said, in milliseconds of its call, and how surely it was heard (0 to 1; null: by keypad)."""

    began_ms: int
    ended_ms: int
    confidence: float | None


class Mark(Shown):
    """A mistake of the bot, as a colleague marked it. `text` is masked."""

    id: int
    conversation_id: str
    message_id: str
    language: str
    text: str
    taken_for: str | None
    right_intent: str
    comment: str
    state: MarkState
    marked_by: int
    marked_at: datetime


class Message(Shown):
    """A message, masked: what is hidden stands as a label such as `[PHONE]`. `seq` counts without gaps."""

    id: str
    seq: int
    sender: Sender
    text: str
    command: str | None
    quick_replies: list[dict[str, str]]
    attachments: list[File]
    data: dict[str, Any] | None
    in_reply_to: str | None
    status: MessageStatus
    created_at: datetime
    spoken: Spoken | None = None
    """Only of what a caller said."""
    reading: Reading | None = None
    """Only of customers' messages."""
    mark: Mark | None = None

    @classmethod
    def of(cls, entry: Entry) -> "Message":
        """From a transcript's entry."""
        shown = cls.model_validate(entry.message)
        reading = Reading.model_validate(entry.reading) if entry.reading else None
        return shown.model_copy(
            update={"reading": reading, "mark": Mark.model_validate(entry.mark) if entry.mark else None}
        )


class Utterance(Sent):
    """Words for the customer."""

    text: Words = ""
    attachments: list[Word] = Field(default=[], max_length=8)
    """Ids of files that were uploaded to this conversation."""
    message_id: Key


class Typing(Sent):
    """Whether an answer is being written."""

    on: Flag


class Unmasked(Shown):
    """A message or a field, readable."""

    text: str


class NoteWish(Sent):
    """A private note for colleagues; the customer never sees it."""

    text: Words
    message_id: Key


class Note(Shown):
    """A private note."""

    id: str
    author_id: int
    author: str
    text: str
    at: datetime


class TagWish(Sent):
    """A word to file the conversation under."""

    tag: Word


class SummaryLine(Shown):
    """`code` is wants, verified, done, stuck or mood; `title` and `text` are words."""

    code: str
    title: str
    text: str


class Summary(Shown):
    """At most five lines for whoever takes over, in the caller's language."""

    language: str
    lines: list[SummaryLine]


class MarkWish(Sent):
    """What a customer's message really was: an intent of `/v1/intents`."""

    right_intent: Word
    comment: Words = ""


class Suggestion(Shown):
    """A section of the knowledge that may answer the customer's last message."""

    heading: str
    slug: str
    text: str
