"""What a colleague has to know before taking over: at most five lines, from what the store holds."""

from datetime import datetime

from sqlalchemy.orm import Session

from crm.audit_trail import reads
from crm.domain import Summary


@reads("messages")
def summary(session: Session, conversation_id: str, *, language: str, now: datetime, masked: bool = True) -> Summary:
    """The summary of a conversation in the reader's `language`.

    Lines: `wants`, `verified`, `done`, `stuck`, `mood`; one of which nothing is known is left out. Raises `NotFound`.
    """
    raise NotImplementedError
