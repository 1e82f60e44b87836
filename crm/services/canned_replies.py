"""Replies that are kept ready: found by a shortcut, with places that are filled in when they are used."""

import re
import string
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm import reference
from crm.audit_trail import note_read
from crm.domain import CannedReplyView
from crm.errors import InvalidInput, NotEligible, NotFound
from crm.schema import CannedReply, Conversation, Customer
from crm.services import _views, organisation
from crm.services._rows import conversation_row, insert_or_none

LONGEST_TEXT, LONGEST_TITLE = 2_000, 200
PLACES = ("customer_name", "given_name", "agent_name", "company", "phone", "reference")
_SHORTCUT = re.compile(r"[a-z0-9\u3400-\u9fff][a-z0-9_\-\u3400-\u9fff]{0,31}")
_LANGUAGE = re.compile(r"[a-z]{2,3}")


def list_replies(session: Session, language: str | None = None) -> list[CannedReplyView]:
    """The replies of a language (all without one), by shortcut."""
    query = select(CannedReply).order_by(CannedReply.shortcut, CannedReply.language)
    if language is not None:
        query = query.where(CannedReply.language == language)
    return [_view(row) for row in session.scalars(query)]


def save(
    session: Session,
    *,
    shortcut: str,
    language: str,
    title: str,
    text: str,
    by: int,
    now: datetime,
    reply_id: int | None = None,
) -> CannedReplyView:
    """Keep a new reply, or change the one of `reply_id`.

    Args:
        shortcut: what is typed after a slash, such as `hello`; unique in its language.
        text: may hold the places of `PLACES` in braces, such as `{given_name}`.
        by: the staff account.

    Raises:
        InvalidInput: something in it cannot be; `field` says what.
        NotEligible: the shortcut is taken in this language.
        NotFound: no reply of that id.
    """
    values = _checked(shortcut, language, title, text)
    if reply_id is None:
        row = insert_or_none(session, CannedReply(**values, uses=0, changed_by=by, changed_at=now))
        if row is None:
            raise NotEligible("Another reply in this language has the same shortcut; choose another one.")
        return _view(row)
    row = _row(session, reply_id)
    taken = select(CannedReply.id).where(
        CannedReply.shortcut == values["shortcut"],
        CannedReply.language == values["language"],
        CannedReply.id != reply_id,
    )
    if session.scalars(taken).first() is not None:
        raise NotEligible("Another reply in this language has the same shortcut; choose another one.")
    for name, value in values.items():
        setattr(row, name, value)
    row.changed_by, row.changed_at = by, now
    session.flush()
    return _view(row)


def delete(session: Session, reply_id: int) -> None:
    """Keep it no longer. Raises `NotFound`."""
    session.delete(_row(session, reply_id))
    session.flush()


def used(session: Session, reply_id: int) -> None:
    """Count that it was put into an answer; one that is gone meanwhile is no error."""
    row = session.get(CannedReply, reply_id)
    if row is not None:
        row.uses += 1


def filled(session: Session, reply_id: int, conversation_id: str, *, agent_name: str) -> str:
    """The text with its places filled in; a place of which nothing is known stays as it stands, for the agent to see.

    Raises:
        NotFound: no such reply or conversation.
    """
    row = _row(session, reply_id)
    values = _values(session, conversation_row(session, conversation_id), agent_name)
    if not {"customer_name", "given_name"}.isdisjoint({*places(row.text)} & {*values}):
        note_read(session, "customers", conversation_id=conversation_id)
    return string.Formatter().vformat(row.text, (), _Known(values))


def seed(session: Session, *, now: datetime) -> int:
    """Put in the replies that come with Careline (`reference/canned_replies.toml`), where there are none yet."""
    if session.scalars(select(CannedReply.id).limit(1)).first() is not None:
        return 0
    entries = reference.table("canned_replies")["replies"]
    for entry in entries:
        session.add(CannedReply(**_checked(**entry), uses=0, changed_by=None, changed_at=now))
    session.flush()
    return len(entries)


class _Known(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return f"{{{key}}}"


def _values(session: Session, conversation: Conversation, agent_name: str) -> Mapping[str, str]:
    customer = session.get(Customer, conversation.customer_id) if conversation.verified_at else None
    business = organisation.business_information(session)
    values = {
        "agent_name": agent_name,
        "company": business.get("name", ""),
        "phone": business.get("phone", ""),
        "reference": conversation.id[:8].upper(),
        "customer_name": _views.full_name(customer) if customer else "",
        "given_name": customer.given_name if customer else "",
    }
    return {name: value for name, value in values.items() if value}


def _checked(shortcut: str, language: str, title: str, text: str) -> dict[str, str]:
    word, name, words = shortcut.strip().casefold().removeprefix("/"), title.strip(), text.strip()
    if not _SHORTCUT.fullmatch(word):
        raise InvalidInput("shortcut", "A shortcut has 1 to 32 letters, digits, hyphens or underscores.")
    if not _LANGUAGE.fullmatch(language):
        raise InvalidInput("language", "A language is a code such as en or zh.")
    if not 0 < len(name) <= LONGEST_TITLE:
        raise InvalidInput("title", f"A title has 1 to {LONGEST_TITLE} characters.")
    if not 0 < len(words) <= LONGEST_TEXT:
        raise InvalidInput("text", f"A reply has 1 to {LONGEST_TEXT} characters.")
    if set(places(words)) - set(PLACES):
        raise InvalidInput("text", f"The places that can be filled in are: {', '.join(PLACES)}.")
    return {"shortcut": word, "language": language, "title": name, "text": words}


def places(text: str) -> tuple[str, ...]:
    """The names in braces, in order, each once. Raises `InvalidInput` when a brace stands alone."""
    try:
        parts = [(name, form, turn) for _, name, form, turn in string.Formatter().parse(text) if name is not None]
    except ValueError as error:
        raise InvalidInput("text", "A brace stands alone; write {{ for one that is meant.") from error
    if any(form or turn or not name.isidentifier() for name, form, turn in parts):
        raise InvalidInput("text", "A place is a plain name in braces, such as {given_name}.")
    return tuple(dict.fromkeys(name for name, _, _ in parts))


def _row(session: Session, reply_id: int) -> CannedReply:
    row = session.get(CannedReply, reply_id)
    if row is None:
        raise NotFound("There is no such reply; it may have been deleted.")
    return row


def _view(row: CannedReply) -> CannedReplyView:
    return CannedReplyView(
        id=row.id,
        shortcut=row.shortcut,
        language=row.language,
        title=row.title,
        text=row.text,
        places=places(row.text),
        uses=row.uses,
        changed_at=row.changed_at,
    )
