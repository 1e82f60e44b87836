"""The turn an action works in, proven by the gateway's statement."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rasa_sdk import Tracker
from sqlalchemy.orm import Session

from crm.domain import CustomerView
from crm.services import once, verification
from vault import StatementError, Vault

PURPOSE = "turn"


class NotOurTurn(Exception):
    """The message carries no statement of the gateway, or one about another conversation or message."""


@dataclass(frozen=True)
class Turn:
    """What an action may know about the message it answers.

    Attributes:
        message: what the understanding made of the message: intent, entities, ranking, knowledge.
        events: the conversation's latest events, oldest first.
        channel: how the customer speaks, `chat` or `voice`.
        form: the form that is being filled in.
    """

    conversation_id: str
    message_id: str
    now: datetime
    slots: Mapping[str, Any]
    message: Mapping[str, Any]
    events: list[dict[str, Any]]
    channel: str = "chat"
    form: str | None = None

    @property
    def focus(self) -> Mapping[str, Any]:
        """The typed values of the customer's request, which may be some messages ago."""
        return self.slots.get("focus") or {}

    @property
    def by_ear(self) -> bool:
        """Whether it is a call: nothing can be shown, and no file changes hands."""
        return self.channel == "voice"

    def entity(self, kind: str) -> Any:
        """The value of the first entity of that kind in this message, else of the request."""
        said = (e["value"] for e in self.message.get("entities") or () if e.get("entity") == kind)
        return next(said, self.focus.get(kind))

    def customer(self, session: Session) -> CustomerView | None:
        """Who is verified in this conversation: the store knows, the tracker is not asked."""
        return verification.verified_customer(session, self.conversation_id, self.now)

    def once(self, session: Session, action: str, do: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Write once for this message and action, however often the turn is tried.

        What `do` raises undoes its writes and its claim to the turn, so that a corrected try can follow.
        """
        with session.begin_nested():
            return once.once(
                session, conversation_id=self.conversation_id, message_id=self.message_id, action=action, do=do
            )

    def key(self, session: Session, action: str) -> str:
        """What makes a write in the insurer's system one write, however often it is tried."""
        return once.key(session, conversation_id=self.conversation_id, action=action)


def read_turn(tracker: Tracker, vault: Vault, now: datetime) -> Turn:
    """The turn a tracker is in.

    Raises:
        NotOurTurn: the statement is missing, expired, or not about this conversation and message.
    """
    heard: dict[str, Any] = next((event for event in reversed(tracker.events) if event.get("event") == "user"), {})
    metadata = heard.get("metadata") or {}
    try:
        claims = vault.verify(metadata.get("statement") or "", PURPOSE, now)
    except StatementError as error:
        raise NotOurTurn("The message carries no valid statement of the gateway.") from error
    if claims.get("conversation") != tracker.sender_id or claims.get("message") != metadata.get("message_id"):
        raise NotOurTurn("The statement is about another conversation or message.")
    return Turn(
        conversation_id=tracker.sender_id,
        message_id=str(claims["message"]),
        now=now,
        slots=tracker.slots,
        message=tracker.latest_message or {},
        events=list(tracker.events),
        channel=str(claims.get("channel") or "chat"),
        form=(tracker.active_loop or {}).get("name"),
    )
