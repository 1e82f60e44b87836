"""Moods of waiting customers, worked out again only when something was said."""

from collections import OrderedDict
from collections.abc import Collection

from sqlalchemy.orm import Session

from crm.services import conversations, moods

_MOST = 5_000


class Moods:
    """Remembers moods by conversation and number of messages; nothing of what was said."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, int], str | None] = OrderedDict()

    def of(self, session: Session, conversation_ids: Collection[str]) -> dict[str, str]:
        """The moods by conversation; one of which nothing is known is left out."""
        found: dict[str, str] = {}
        for conversation_id, last_seq in conversations.last_seqs(session, conversation_ids).items():
            key = (conversation_id, last_seq)
            if key not in self._known:
                self._known[key] = moods.mood_of(session, conversation_id, last_seq)
                while len(self._known) > _MOST:
                    self._known.popitem(last=False)
            mood = self._known[key]
            if mood is not None:
                found[conversation_id] = mood
        return found
