"""Conversations as staff read them: messages with what the bot made of them, notes and tags; masked until unmasked."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.audit_trail import note, reads
from crm.domain import Entry, MessageStatus, MessageView, Sender, Transcript
from crm.errors import NotFound
from crm.schema import Message
from crm.services import conversations, notes, readings, review, tags
from crm.services._rows import conversation_row

MOST_MESSAGES = 1_000


@reads("messages")
def shown(
    session: Session,
    conversation_id: str,
    *,
    masked: bool,
    after_seq: int = 0,
    up_to: int | None = None,
    limit: int = MOST_MESSAGES,
) -> list[Entry]:
    """The messages alone, each with what the bot made of it; for other services."""
    messages = conversations.transcript(
        session, conversation_id, masked=masked, after_seq=after_seq, up_to=up_to, limit=limit
    )
    if not any(each.sender is Sender.CUSTOMER for each in messages):  # nobody else's words are understood or not
        return [Entry(each, None, None) for each in messages]
    was_read = any(each.status in (MessageStatus.ANSWERED, MessageStatus.FAILED) for each in messages)
    known = readings.of(session, conversation_id, after_seq=after_seq) if was_read else {}
    marked = review.of(session, conversation_id)
    return [Entry(each, known.get(each.id), marked.get(each.id)) for each in messages]


@reads("messages")
def transcript(
    session: Session, conversation_id: str, *, masked: bool = True, after_seq: int = 0, limit: int = MOST_MESSAGES
) -> Transcript:
    """A conversation with all that belongs to it, the newest `limit` messages after `after_seq`.

    Unmasked, it is entered in the audit as an `unmask` of the messages. Raises `NotFound`.
    """
    row = conversation_row(session, conversation_id)
    if not masked:
        note(session, "unmask", "messages", customer_id=row.customer_id)
    return Transcript(
        conversation=conversations.get_conversation(session, conversation_id),
        customer_id=row.customer_id,
        entries=tuple(shown(session, conversation_id, masked=masked, after_seq=after_seq, limit=limit)),
        notes=tuple(notes.list_notes(session, conversation_id)),
        tags=tuple(tags.of(session, conversation_id)),
        masked=masked,
    )


def unmask(session: Session, conversation_id: str, message_id: str) -> MessageView:
    """One message with everything readable, entered in the audit as an `unmask`. Raises `NotFound`."""
    row = conversation_row(session, conversation_id)
    query = select(Message.seq).where(Message.conversation_id == conversation_id, Message.message_id == message_id)
    seq = session.scalars(query).one_or_none()
    if seq is None:
        raise NotFound("There is no such message in this conversation.")
    note(session, "unmask", "messages", customer_id=row.customer_id)
    found = conversations.history(session, conversation_id, after_seq=seq - 1, limit=MOST_MESSAGES)
    return next(message for message in found if message.id == message_id)
