"""Words under which conversations are filed."""

import re
import unicodedata
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from crm import reference
from crm.audit_trail import note, reads
from crm.errors import InvalidInput, NotEligible
from crm.masking import masker
from crm.schema import ConversationTag
from crm.services._rows import conversation_row, insert_or_none

LONGEST = 32
MOST = 12  # of one conversation
_TAG = re.compile(r"[a-z0-9\u3400-\u9fff]+(?:-[a-z0-9\u3400-\u9fff]+)*")
_GAPS = re.compile(r"[\s_\-]+")
_MOST_DIGITS = 4  # what has more is a number of somebody or something


def spelled(tag: str) -> str:
    """The one spelling of a tag: `Total Loss` is `total-loss`.

    Raises:
        InvalidInput: not a word of at most 32 letters and digits, or one that tells of a person. Tags are searched
            and counted, so nothing personal may stand in them.
    """
    word = _GAPS.sub("-", unicodedata.normalize("NFKC", tag).strip().casefold()).strip("-")
    if len(word) > LONGEST or not _TAG.fullmatch(word):
        raise InvalidInput("tag", f"A tag is a word of at most {LONGEST} letters, digits and hyphens.")
    digits = sum(character.isdigit() for character in word)
    if digits > _MOST_DIGITS or masker().mask(word, "en").spans:
        raise InvalidInput("tag", "A tag says what a conversation is about, never about whom: leave numbers out.")
    return word


def add(session: Session, conversation_id: str, tag: str, *, by: int, now: datetime) -> list[str]:
    """File a conversation under a word; one that is there already changes nothing.

    Args:
        by: the staff account.

    Returns:
        All tags of the conversation.

    Raises:
        InvalidInput: see `spelled`.
        NotEligible: the conversation has twelve already.
        NotFound: no such conversation.
    """
    word = spelled(tag)
    conversation_row(session, conversation_id, lock=True)
    had = of(session, conversation_id)
    if word not in had and len(had) >= MOST:
        raise NotEligible("The conversation has as many tags as it can have; take one away first.")
    if word not in had:
        insert_or_none(session, ConversationTag(conversation_id=conversation_id, tag=word, set_by=by, at=now))
    return of(session, conversation_id)


def remove(session: Session, conversation_id: str, tag: str) -> list[str]:
    """Take a word away again; returns what is left. Raises `NotFound` when there is no such conversation."""
    row = conversation_row(session, conversation_id, lock=True)
    gone = delete(ConversationTag).where(
        ConversationTag.conversation_id == conversation_id, ConversationTag.tag == tag.strip().casefold()
    )
    session.execute(gone)
    if row.customer_id is not None:
        note(session, "delete", "conversation_tags", customer_id=row.customer_id)
    return of(session, conversation_id)


@reads("conversation_tags")
def of(session: Session, conversation_id: str) -> list[str]:
    """The tags of a conversation, in the order of the alphabet."""
    query = select(ConversationTag.tag).where(ConversationTag.conversation_id == conversation_id)
    return list(session.scalars(query.order_by(ConversationTag.tag)))


def known(session: Session, limit: int = 50) -> list[str]:
    """Tags to choose from: those in use, the most used first, then the insurer's own (`reference/desk.toml`)."""
    count = func.count()
    query = select(ConversationTag.tag).group_by(ConversationTag.tag).order_by(count.desc(), ConversationTag.tag)
    used = session.scalars(query.limit(limit))
    return list(dict.fromkeys([*used, *reference.table("desk")["tags"]]))[:limit]


def dispositions() -> tuple[str, ...]:
    """How a conversation can end at the desk, as codes (`reference/desk.toml`); their words are in the locale files."""
    return tuple(reference.table("desk")["dispositions"])
