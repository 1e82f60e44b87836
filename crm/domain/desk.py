"""What the desk shows and keeps of a conversation."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from crm.domain.conversations import ConversationView, MessageView


class MarkState(StrEnum):
    """Where a marked mistake of the bot stands in the review: `written` is an example in the training data."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    WRITTEN = "written"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Reading:
    """What the bot made of a customer's message.

    Attributes:
        intent: what it took the message for; None when it was never asked (a person had the conversation).
        confidence: 0 to 1; None without an intent.
        ranking: the best intents with their confidences, the best first.
        actions: what it did, in order, by Rasa's names.
    """

    intent: str | None = None
    confidence: float | None = None
    ranking: tuple[tuple[str, float], ...] = ()
    actions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NoteView:
    """A private note; `author` is the name of the colleague, empty when the account is gone."""

    id: str
    author_id: int
    author: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class CannedReplyView:
    """A reply kept ready; `places` are the names in braces that are filled in when it is used."""

    id: int
    shortcut: str
    language: str
    title: str
    text: str
    places: tuple[str, ...]
    uses: int
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class MarkView:
    """A mistake of the bot as a colleague marked it. `text` is what the customer said, masked."""

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


@dataclass(frozen=True, slots=True)
class Entry:
    """One message of a transcript, with what the bot made of it (customers' messages only) and the marked mistake."""

    message: MessageView
    reading: Reading | None
    mark: MarkView | None


@dataclass(frozen=True, slots=True)
class Transcript:
    """A conversation as staff read it; `masked` tells whether personal data is hidden."""

    conversation: ConversationView
    customer_id: int | None
    entries: tuple[Entry, ...]
    notes: tuple[NoteView, ...]
    tags: tuple[str, ...]
    masked: bool


@dataclass(frozen=True, slots=True)
class SummaryLine:
    """One line of a summary: `code` is `wants`, `verified`, `done`, `stuck` or `mood`; `title` and `text` are words."""

    code: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Summary:
    """At most five lines for whoever takes over, in `language`; nothing in it that is not in the store."""

    language: str
    lines: tuple[SummaryLine, ...]
