"""Questions that found no answer: of which the bot made nothing, or for which no passage of the knowledge fits."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.audit_trail import note_read
from crm.domain import MessageStatus
from crm.domain.desk_figures import Unanswered
from crm.masking import masker
from crm.masking.customers import known_values
from crm.schema import Conversation, Customer, Message, MessageReading
from crm.search import tokens_of
from crm.services import readings
from crm.services.summaries import is_lost

LOOKED_AT = 2_000  # newest messages of the span
_ANSWERS = "action_answer_question"
_ALIKE = 0.5  # of the words of both
_AT_ONCE = 500

_Row = tuple[Message, Conversation, MessageReading]


def top_unanswered(session: Session, start: datetime, end: datetime, most: int = 10) -> tuple[Unanswered, ...]:
    """The questions of a span that were asked most without an answer, those that are alike counted as one.

    Texts are masked. At most the newest 2,000 messages that may count are looked at.
    """
    query = (
        select(Message, Conversation, MessageReading)
        .join(MessageReading, MessageReading.message_id == Message.id)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(MessageReading.at >= start, MessageReading.at < end)
        .order_by(MessageReading.id.desc())
        .limit(LOOKED_AT)
    )
    rows = [(message, talk, reading) for message, talk, reading in session.execute(query)]
    answered = _quoted(session, [row for row in rows if _ANSWERS in row[2].actions])
    missed = [row for row in rows if _is_missed(row, answered)]
    groups = _alike([(row, tokens_of(str(row[0].body.get("text", "")))) for row in missed])
    groups.sort(key=len, reverse=True)
    return tuple(_view(session, group) for group in groups[:most])


def _is_missed(row: _Row, answered: set[tuple[str, str]]) -> bool:
    message, _, reading = row
    if message.body.get("command"):
        return False
    if message.status is MessageStatus.FAILED or is_lost(readings.view(reading)):
        return True
    return _ANSWERS in reading.actions and (message.conversation_id, message.message_id) not in answered


def _quoted(session: Session, rows: Sequence[_Row]) -> set[tuple[str, str]]:
    """Which of these messages were answered with a passage, or with a choice of passages."""
    found: set[tuple[str, str]] = set()
    wanted = [(message.conversation_id, message.message_id) for message, _, _ in rows]
    for first in range(0, len(wanted), _AT_ONCE):
        part = wanted[first : first + _AT_ONCE]
        query = select(Message).where(
            Message.conversation_id.in_({talk for talk, _ in part}), Message.in_reply_to.in_([key for _, key in part])
        )
        for reply in session.scalars(query):
            told = (reply.body.get("data") or {}).get("kind") == "source" or reply.body.get("quick_replies")
            if told:
                found.add((reply.conversation_id, str(reply.in_reply_to)))
    return found


def _alike(rows: list[tuple[_Row, set[str]]]) -> list[list[_Row]]:
    """Rows in groups: each joins the first group whose first one shares enough words with it."""
    groups: list[tuple[set[str], list[_Row]]] = []
    for row, words in rows:
        if not words:
            continue
        for known, members in groups:
            if len(known & words) >= _ALIKE * len(known | words):
                members.append(row)
                break
        else:
            groups.append((words, [row]))
    return [members for _, members in groups]


def _view(session: Session, group: list[_Row]) -> Unanswered:
    message, talk, _ = group[0]
    note_read(session, "messages", conversation_id=talk.id)
    customer = session.get(Customer, talk.customer_id) if talk.customer_id else None
    text = masker().mask(str(message.body["text"]), talk.language, known_values(customer) if customer else ()).text
    return Unanswered(text, talk.language, len(group), talk.id)
