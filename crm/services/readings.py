"""What the bot made of customers' messages."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from crm.audit_trail import reads
from crm.domain import Reading
from crm.errors import NotFound
from crm.schema import Message, MessageReading


def keep(session: Session, conversation_id: str, message_id: str, reading: Reading, *, now: datetime) -> None:
    """Keep what the bot made of a message; the first one counts. Raises `NotFound`."""
    query = select(Message.id).where(Message.conversation_id == conversation_id, Message.message_id == message_id)
    key = session.scalars(query).one_or_none()
    if key is None:
        raise NotFound("There is no such message in this conversation.")
    values = {
        "conversation_id": conversation_id,
        "message_id": key,
        "intent": reading.intent,
        "confidence": reading.confidence,
        "ranking": [[intent, confidence] for intent, confidence in reading.ranking],
        "actions": list(reading.actions),
        "at": now,
    }
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    session.execute(insert(MessageReading).values(**values).on_conflict_do_nothing())


@reads("message_readings")
def of(session: Session, conversation_id: str, *, after_seq: int = 0) -> dict[str, Reading]:
    """The readings of a conversation's messages after `after_seq`, by the message's id."""
    query = (
        select(Message.message_id, MessageReading)
        .join(MessageReading, MessageReading.message_id == Message.id)
        .where(Message.conversation_id == conversation_id, Message.seq > after_seq)
    )
    return {message_id: view(row) for message_id, row in session.execute(query)}


def view(row: MessageReading) -> Reading:
    """A row as it is handed out; for other services."""
    ranking = tuple((str(intent), float(str(confidence))) for intent, confidence in row.ranking)
    return Reading(row.intent, row.confidence, ranking, tuple(row.actions))
