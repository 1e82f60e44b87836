"""How a customer feels, as far as their words tell: the lists are in `reference/desk.toml`."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from crm import reference
from crm.audit_trail import reads
from crm.domain import Sender
from crm.services import conversations

STRONGEST_FIRST = ("upset", "worried", "pleased")
_LOOKED_AT = 12  # newest messages


def told_by(texts: Iterable[str]) -> tuple[str, str] | None:
    """The strongest mood of which a word is found in `texts` (the newest last), with the word; None without one."""
    lists = reference.table("desk")["mood"]
    newest_first = [text.casefold() for text in texts][::-1]
    for mood in STRONGEST_FIRST:
        for text in newest_first:
            word = next((word for word in lists[mood] if _occurs(word, text)), None)
            if word:
                return mood, word
    return None


@reads("messages")
def mood_of(session: Session, conversation_id: str, last_seq: int) -> str | None:
    """The mood of the customer in the newest messages up to `last_seq`: one of `STRONGEST_FIRST`, or None."""
    newest = conversations.history(session, conversation_id, after_seq=max(0, last_seq - _LOOKED_AT))
    found = told_by(message.text for message in newest if message.sender is Sender.CUSTOMER)
    return found[0] if found else None


def _occurs(word: str, text: str) -> bool:
    """Whether an English stem begins a word of `text`; whether a Chinese one stands anywhere in it."""
    if not word.isascii():
        return word in text
    start = text.find(word)
    while start >= 0:
        if start == 0 or not text[start - 1].isalnum():
            return True
        start = text.find(word, start + 1)
    return False
