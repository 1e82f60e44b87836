"""Small steps that several services take on rows."""

from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from crm.audit_trail import TrailedSession
from crm.errors import NotFound
from crm.schema import Base, BusinessInformation, Conversation

Row = TypeVar("Row", bound=Base)


def insert_or_none(session: Session, row: Row) -> Row | None:
    """Insert `row`, or None when a unique constraint says that it is there already.

    When another transaction is inserting the same, this waits for its end.
    """
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError as error:
        if not _is_duplicate(error):
            raise
        return None
    return row


def conversation_row(session: Session, conversation_id: str, *, lock: bool = False) -> Conversation:
    """The conversation; with `lock`, nobody else writes to it before this transaction ends."""
    held = session.held if isinstance(session, TrailedSession) else {}
    known, is_locked = held.get(conversation_id, (None, False))
    if known is not None and (is_locked or not lock):
        return known
    query = select(Conversation).where(Conversation.id == conversation_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    row = session.scalars(query).one_or_none()
    if row is None:
        raise NotFound("There is no such conversation; open one first.")
    held[conversation_id] = row, lock
    return row


def business_value(session: Session, key: str, default: str) -> str:
    """A fact from the business information."""
    row = session.get(BusinessInformation, key)
    return row.value if row else default


def _is_duplicate(error: IntegrityError) -> bool:
    state = getattr(error.orig, "sqlstate", None)
    return state == "23505" if state else "UNIQUE constraint failed" in str(error.orig)
