"""How a customer feels, as far as their words tell: the lists are in `reference/desk.toml`."""

import re
from collections.abc import Iterable

from sqlalchemy.orm import Session

from crm import reference
from crm.audit_trail import reads
from crm.domain import Sender
from crm.services import conversations

STRONGEST_FIRST = ("upset", "worried", "pleased")
_LOOKED_AT = 12  # newest messages
_DENIED = re.compile(
    r"(?:\b(?:nobody|no[ -]one|none of us)(?: (?:is|was|are|were|got|has|have|been|seems|to|be|else|here))*"
    r"|(?:\b(?:no|not|never|without)|n['’]t)(?: (?:a|any|very|so|really|that|too))*) $"
    r"|(?:没有?|无|未|别|(?<!不得)不)(?:任何|什么|人员?|很|太|再|用)*$"
)
"""What stands before a word that is only named to say that it is not so: `nobody was hurt`, `没有人受伤`."""


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
    """Whether an English stem begins a word of `text`, or a Chinese one stands anywhere in it, and is not denied."""
    start = text.find(word)
    while start >= 0:
        begins = not word.isascii() or start == 0 or not text[start - 1].isalnum()
        if begins and not _DENIED.search(text, 0, start):
            return True
        start = text.find(word, start + 1)
    return False
