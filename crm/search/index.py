"""The index of words: filled with every message, renewed at need."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import BigInteger, LargeBinary, bindparam, delete, func, insert, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from crm.schema import Base, Message
from crm.search.tokens import tokens_of
from crm.store import Store

BATCH = 500

_TOKENS = Base.metadata.tables["message_tokens"]
_TOKEN: Any = _TOKENS.c.token.type
_WORDS, _MESSAGE = bindparam("tokens", type_=ARRAY(LargeBinary)), bindparam("message", type_=BigInteger)
# All words of a message in one statement: PostgreSQL's driver would send one for each.
_AT_ONCE = insert(_TOKENS).from_select(["token", "message_id"], select(func.unnest(_WORDS), _MESSAGE))


def add(session: Session, message: Message) -> None:
    """Index a message that was just stored, in the same transaction."""
    words = sorted(tokens_of(str((message.body or {}).get("text", ""))))
    if not words:
        return
    dialect = session.get_bind().dialect
    if dialect.name == "postgresql":
        keyed = [_TOKEN.process_bind_param(word, dialect) for word in words]
        session.execute(_AT_ONCE, {"tokens": keyed, "message": message.id})
    else:
        session.execute(insert(_TOKENS), [{"token": word, "message_id": message.id} for word in words])


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
