"""Private notes of colleagues on a conversation; customers never see them in the chat."""

import secrets
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.audit_trail import reads
from crm.domain import NoteView
from crm.errors import InvalidInput
from crm.masking import masker
from crm.masking.customers import known_values
from crm.schema import ConversationNote, Customer, StaffAccount
from crm.services._rows import conversation_row
from vault.masking import mask_cards

LONGEST = 4_000


def add(
    session: Session, conversation_id: str, *, author_id: int, text: str, now: datetime, note_id: str | None = None
) -> NoteView:
    """Write a note down; card numbers in it are made unreadable, as everywhere.

    Args:
        author_id: the staff account of whoever writes it.
        note_id: made by the caller so that a retry changes nothing; at most 64 characters.

    Raises:
        InvalidInput: the note is empty or longer than 4,000 characters.
        NotFound: no such conversation.
    """
    words = mask_cards(text.strip())
    if not 0 < len(words) <= LONGEST:
        raise InvalidInput("text", f"A note has 1 to {LONGEST} characters.")
    conversation_row(session, conversation_id, lock=True)
    wanted = note_id or secrets.token_hex(16)
    query = select(ConversationNote).where(
        ConversationNote.conversation_id == conversation_id, ConversationNote.note_id == wanted
    )
    row = session.scalars(query).one_or_none()
    if row is None:
        row = ConversationNote(
            conversation_id=conversation_id, note_id=wanted, written_by=author_id, text=words, at=now
        )
        session.add(row)
        session.flush()
    return _view(row, names(session, [row.written_by]))


@reads("conversation_notes")
def list_notes(session: Session, conversation_id: str, *, masked: bool = False) -> list[NoteView]:
    """The notes of a conversation, the oldest first; `masked` for what leaves the desk. Raises `NotFound`."""
    query = select(ConversationNote).where(ConversationNote.conversation_id == conversation_id)
    rows = list(session.scalars(query.order_by(ConversationNote.id)))
    known = names(session, (row.written_by for row in rows))
    found = [_view(row, known) for row in rows]
    return _without_personal_data(session, conversation_id, found) if masked else found


def names(session: Session, account_ids: Iterable[int]) -> dict[int, str]:
    """The names of staff accounts, by id."""
    wanted = set(account_ids)
    if not wanted:
        return {}
    rows = session.execute(select(StaffAccount.id, StaffAccount.name).where(StaffAccount.id.in_(wanted)))
    return {key: name for key, name in rows}


def _without_personal_data(session: Session, conversation_id: str, found: list[NoteView]) -> list[NoteView]:
    talk = conversation_row(session, conversation_id)
    customer = session.get(Customer, talk.customer_id) if talk.customer_id else None
    values = known_values(customer) if customer else []
    return [replace(each, text=masker().mask(each.text, talk.language, values).text) for each in found]


def _view(row: ConversationNote, known: dict[int, str]) -> NoteView:
    return NoteView(row.note_id, row.written_by, known.get(row.written_by, ""), row.text, row.at)
