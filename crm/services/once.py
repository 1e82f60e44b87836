"""Writes that are done once, however often they are tried."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.schema import PerformedWrite
from crm.services._rows import insert_or_none


def key(session: Session, *, conversation_id: str, action: str) -> str:
    """A key for a write in another system, for use within `do`.

    It stays the same while the write is tried, in this message or a later one, and is another as soon as one was done:
    what failed on its way back is not done twice, and what is wanted twice is.
    """
    done = (
        select(func.count())
        .select_from(PerformedWrite)
        .where(PerformedWrite.conversation_id == conversation_id, PerformedWrite.action == action)
    )
    return sha256(f"{conversation_id} {action} {session.scalar(done)}".encode()).hexdigest()


def once(
    session: Session, *, conversation_id: str, message_id: str, action: str, do: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """Run `do` in this transaction, unless it was run for the same (conversation, message, action).

    The claim is made before `do` runs: a second try at the same time waits for the first one's end, then gets its
    result, or runs itself when the first was rolled back.

    Args:
        do: makes the write in `session` and returns what a retry has to know, as JSON can hold it.

    Returns:
        What `do` returned, now or then.
    """
    key = {"conversation_id": conversation_id, "message_id": message_id, "action": action}
    mine = insert_or_none(session, PerformedWrite(**key))
    if mine is None:
        done = session.scalars(select(PerformedWrite).filter_by(**key)).one()
        return done.result or {}
    mine.result = do()
    session.flush()
    return mine.result
