"""Looking for messages by words."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.audit_trail import note_read
from crm.domain import Sender
from crm.masking import masker
from crm.masking.customers import known_values
from crm.schema import Conversation, Customer, Message, MessageToken
from crm.search.tokens import tokens_of

MOST_HITS = 500
_MOST_WORDS = 12


@dataclass(frozen=True, slots=True)
class MessageHit:
    """A message that holds all the words; `text` is masked unless it was asked for plain."""

    conversation_id: str
    message_id: str
    seq: int
    sender: Sender
    customer_id: int | None
    text: str
    created_at: datetime


def search(
    session: Session,
    words: str,
    *,
    customer_id: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 50,
    masked: bool = True,
) -> list[MessageHit]:
    """The newest messages that hold every one of `words`, at most `limit`.

    Words are compared by stem; what is compared are keyed tokens, never texts.

    Args:
        customer_id: only messages of conversations in which this customer was verified.
        since: no older messages. Timezone-aware, as `until`.
        until: only messages before this moment.
    """
    wanted = sorted(tokens_of(words), key=len, reverse=True)[:_MOST_WORDS]
    if not wanted:
        return []
    query = select(Message, Conversation).join(Conversation, Conversation.id == Message.conversation_id)
    for word in wanted:
        query = query.where(Message.id.in_(select(MessageToken.message_id).where(MessageToken.token == word)))
    if customer_id is not None:
        query = query.where(Conversation.customer_id == customer_id)
    if since is not None:
        query = query.where(Message.created_at >= since)
    if until is not None:
        query = query.where(Message.created_at < until)
    rows = session.execute(query.order_by(Message.id.desc()).limit(min(limit, MOST_HITS))).all()
    known = _known(session, {conversation.customer_id for _, conversation in rows}) if masked else {}
    return [_hit(session, message, conversation, known, masked=masked) for message, conversation in rows]


def _hit(
    session: Session, message: Message, conversation: Conversation, known: dict[int, list[str]], *, masked: bool
) -> MessageHit:
    note_read(session, "messages", conversation_id=conversation.id)
    text = str((message.body or {}).get("text", ""))
    if masked:
        text = masker().mask(text, conversation.language, known.get(conversation.customer_id or 0, ())).text
    return MessageHit(
        conversation_id=conversation.id,
        message_id=message.message_id,
        seq=message.seq,
        sender=message.sender,
        customer_id=conversation.customer_id,
        text=text,
        created_at=message.created_at,
    )


def _known(session: Session, ids: set[int | None]) -> dict[int, list[str]]:
    customers = session.scalars(select(Customer).where(Customer.id.in_([each for each in ids if each is not None])))
    return {customer.id: known_values(customer) for customer in customers}
