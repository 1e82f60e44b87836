"""Mistakes of the bot, marked by colleagues, on their way to becoming examples it learns from."""

from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from crm.audit_trail import note_read, reads
from crm.domain import MarkState, MarkView, Sender
from crm.errors import InvalidInput, NotEligible, NotFound
from crm.masking import masker
from crm.masking.customers import known_values
from crm.schema import Conversation, Customer, IntentMark, Message, MessageReading

LONGEST_COMMENT = 500
_LONGEST_INTENT = 64


def mark(
    session: Session,
    conversation_id: str,
    message_id: str,
    *,
    right_intent: str,
    by: int,
    now: datetime,
    comment: str = "",
) -> MarkView:
    """Say what a customer's message really was; a second time says it better, until the mark was reviewed.

    Args:
        right_intent: an intent of the bot; whoever offers the choice knows which there are.
        by: the staff account.

    Raises:
        InvalidInput: the intent is empty, or what the bot took it for anyway; the comment is longer than 500.
        NotEligible: the mark was reviewed already, or it is not a text of the customer's.
        NotFound: no such message.
    """
    message = _message(session, conversation_id, message_id)
    if message.sender is not Sender.CUSTOMER or not message.body.get("text") or message.body.get("command"):
        raise NotEligible("Only what a customer wrote can have been misunderstood.")
    reading = session.scalars(select(MessageReading).where(MessageReading.message_id == message.id)).one_or_none()
    taken_for = reading.intent if reading else None
    _check(right_intent, taken_for, comment)
    row = session.scalars(select(IntentMark).where(IntentMark.message_id == message.id)).one_or_none()
    if row is None:
        row = IntentMark(conversation_id=conversation_id, message_id=message.id, state=MarkState.WAITING)
        session.add(row)
    elif row.state is not MarkState.WAITING:
        raise NotEligible("The mark was reviewed already.")
    row.taken_for, row.right_intent, row.comment = taken_for, right_intent, comment.strip() or None
    row.marked_by, row.marked_at = by, now
    session.flush()
    return _one(session, row.id)


def take_back(session: Session, mark_id: int) -> None:
    """The mark was a mistake itself. Raises `NotFound`, `NotEligible` when it was reviewed already."""
    row = _row(session, mark_id)
    if row.state is not MarkState.WAITING:
        raise NotEligible("The mark was reviewed already.")
    session.delete(row)
    session.flush()


def change(session: Session, mark_id: int, *, right_intent: str) -> MarkView:
    """Whoever reviews knows better. Raises `NotFound`, `NotEligible` when it is settled, `InvalidInput`."""
    row = _row(session, mark_id)
    if row.state in (MarkState.ACCEPTED, MarkState.WRITTEN):
        raise NotEligible("The mark was accepted already.")
    _check(right_intent, row.taken_for, "")
    row.right_intent = right_intent
    session.flush()
    return _one(session, mark_id)


def settle(session: Session, mark_id: int, *, accepted: bool, now: datetime) -> MarkView:
    """Accept a mark as an example to learn from, or reject it. Either may be said again, until it was written.

    Raises:
        NotFound: no such mark.
        NotEligible: it stands in the training data already.
    """
    row = _row(session, mark_id)
    if row.state is MarkState.WRITTEN:
        raise NotEligible("The example was written already; take it out of the training data by hand.")
    row.state = MarkState.ACCEPTED if accepted else MarkState.REJECTED
    row.settled_at = now
    session.flush()
    return _one(session, mark_id)


def written(session: Session, mark_id: int) -> None:
    """It stands in the training data now. Raises `NotFound`, `NotEligible` when it was not accepted."""
    row = _row(session, mark_id)
    if row.state not in (MarkState.ACCEPTED, MarkState.WRITTEN):
        raise NotEligible("Only what was accepted becomes an example.")
    row.state = MarkState.WRITTEN
    session.flush()


def marks(session: Session, state: MarkState = MarkState.WAITING, *, limit: int = 200) -> list[MarkView]:
    """The marks of a state, the oldest first."""
    return _views(session, _marks().where(IntentMark.state == state).order_by(IntentMark.id).limit(limit))


@reads("messages")
def of(session: Session, conversation_id: str) -> dict[str, MarkView]:
    """The marks of a conversation, by the message's id."""
    found = _views(session, _marks().where(IntentMark.conversation_id == conversation_id))
    return {mark.message_id: mark for mark in found}


def _marks() -> Select[IntentMark, Message, Conversation]:
    return (
        select(IntentMark, Message, Conversation)
        .join(Message, Message.id == IntentMark.message_id)
        .join(Conversation, Conversation.id == IntentMark.conversation_id)
    )


def _views(session: Session, query: Select[IntentMark, Message, Conversation]) -> list[MarkView]:
    return [_view(session, row, message, talk) for row, message, talk in session.execute(query).all()]


def _one(session: Session, mark_id: int) -> MarkView:
    return _views(session, _marks().where(IntentMark.id == mark_id))[0]


def _view(session: Session, row: IntentMark, message: Message, conversation: Conversation) -> MarkView:
    note_read(session, "messages", conversation_id=conversation.id)
    customer = session.get(Customer, conversation.customer_id) if conversation.customer_id else None
    known = known_values(customer) if customer else []
    text = masker().mask(str(message.body.get("text", "")), conversation.language, known).text
    return MarkView(
        id=row.id,
        conversation_id=row.conversation_id,
        message_id=message.message_id,
        language=conversation.language,
        text=text,
        taken_for=row.taken_for,
        right_intent=row.right_intent,
        comment=row.comment or "",
        state=row.state,
        marked_by=row.marked_by,
        marked_at=row.marked_at,
    )


def _check(right_intent: str, taken_for: str | None, comment: str) -> None:
    if not 0 < len(right_intent) <= _LONGEST_INTENT:
        raise InvalidInput("right_intent", "Say what the customer meant: choose an intent.")
    if right_intent == taken_for:
        raise InvalidInput("right_intent", "That is what the bot took it for; choose another intent.")
    if len(comment.strip()) > LONGEST_COMMENT:
        raise InvalidInput("comment", f"A comment has at most {LONGEST_COMMENT} characters.")


def _message(session: Session, conversation_id: str, message_id: str) -> Message:
    query = select(Message).where(Message.conversation_id == conversation_id, Message.message_id == message_id)
    row = session.scalars(query).one_or_none()
    if row is None:
        raise NotFound("There is no such message in this conversation.")
    return row


def _row(session: Session, mark_id: int) -> IntentMark:
    row = session.get(IntentMark, mark_id, with_for_update=True)
    if row is None:
        raise NotFound("There is no such mark; it may have been taken back.")
    return row
