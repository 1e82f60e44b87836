"""The bus: events for everybody who shows a conversation, the queue or the board, in this process or another.

An event says that something happened and where to read it: ids and numbers, never what was said or by whom, so that
nothing personal passes through a broker. An event can get lost with a connection; then every subscriber gets one of
kind `resync` and reads what it shows anew. Nobody may rely on more than that: the store has every word.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol

QUEUE = "queue"
BOARD = "board"
CONVERSATIONS = "conversation:*"
RESYNC = "resync"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened.

    Attributes:
        data: JSON values; `kind` says what. `from` is the id of the bus that published it.
        hint: what the store holds of it, if the publisher is in this process and had it at hand; it spares a reading.
    """

    topic: str
    data: Mapping[str, Any]
    hint: Any = None

    @property
    def kind(self) -> str:
        """What happened: `message`, `typing`, `handoff`, `changed`, …, or `resync`."""
        return str(self.data.get("kind", ""))


class Bus(Protocol):
    """Publishes events and hands them to subscribers, in the order in which one publisher published them."""

    id: str

    async def start(self) -> None:
        """Connect, as long as it takes, in the background; what is published meanwhile stays in this process."""

    async def close(self) -> None:
        """Disconnect and end all subscriptions."""

    async def publish(self, topic: str, event: Mapping[str, Any], *, hint: Any = None) -> None:
        """Tell everybody who subscribed to `topic`; never waits for them and never fails."""

    def hand_out(self, event: Event) -> None:
        """Tell subscribers in this process alone."""

    def subscribe(self, *topics: str) -> AbstractAsyncContextManager[AsyncIterator[Event]]:
        """Events of `topics` from now on; a topic that ends in `*` means all that begin like it."""


def of_conversation(conversation_id: str) -> str:
    """The topic of a conversation."""
    return f"conversation:{conversation_id}"


def of_staff(employee_id: int) -> str:
    """The topic of what concerns one employee alone."""
    return f"staff:{employee_id}"
