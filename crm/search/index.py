"""The index of words: filled with every message, renewed at need."""

from collections.abc import Callable

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from crm.schema import Base, Message
from crm.search.tokens import tokens_of
from crm.store import Store

BATCH = 500

_TOKENS = Base.metadata.tables["message_tokens"]


def add(session: Session, message: Message) -> None:
    """Index a message that was just stored, in the same transaction."""
    words = tokens_of(str((message.body or {}).get("text", "")))
    if words:
        session.execute(insert(_TOKENS), [{"token": word, "message_id": message.id} for word in sorted(words)])


def renew(session: Session, message: Message) -> None:
    """Index a message whose text has changed."""
    session.execute(delete(_TOKENS).where(_TOKENS.c.message_id == message.id))
    add(session, message)


def reindex(store: Store, progress: Callable[[int, int], None] = lambda done, total: None) -> int:
    """Index all messages anew, a batch a transaction, while the service runs; how many there were.

    It may be ended at any time and run again.
    """
    with store.reading() as session:
        total = session.scalar(select(func.count()).select_from(Message)) or 0
    done, last = 0, 0
    while True:
        with store.session() as session:
            messages = session.scalars(select(Message).where(Message.id > last).order_by(Message.id).limit(BATCH)).all()
            ids = [message.id for message in messages]
            session.execute(delete(_TOKENS).where(_TOKENS.c.message_id.in_(ids)))
            for message in messages:
                add(session, message)
        if not ids:
            return done
        done, last = done + len(ids), ids[-1]
        progress(done, max(total, done))
