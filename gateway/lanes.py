"""A lane per conversation: its messages wait there, and one at a time is answered."""

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from crm.domain.conversations import ConversationView, MessageView
from crm.domain.desk import Reading

_SETTLED_KEPT = 256


@dataclass(slots=True)
class Waiting:
    """A stored message on its way to an answer.

    Attributes:
        arrived: loop time.
        conversation: as it stands, if it was read a moment ago; a message that has waited has to read it again.
        overdue: the timer that makes sure of a word in time; cancelled once the message is settled.
    """

    message: MessageView
    arrived: float
    conversation: ConversationView | None = None
    overdue: asyncio.TimerHandle | None = None


@dataclass(slots=True)
class Lane:
    """What the gateway knows of a conversation while something happens in it. Times are loop times.

    Attributes:
        storing: held while a message is stored and queued, so that the order of both is the same.
        last_word: when the customer last heard anything from us.
        last_frame: when the bot last gave a sign of life.
        unreachable: the turn in hand has lost the bot and is being tried again.
        settled: ids of the newest messages that were answered.
        reading: what the bot made of the message of the turn in hand.
    """

    storing: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: deque[Waiting] = field(default_factory=deque)
    worker: asyncio.Task[None] | None = None
    last_word: float = 0.0
    last_frame: float = 0.0
    unreachable: bool = False
    reading: Reading | None = None
    typing: bool = False
    users: int = 0
    conversation: ConversationView | None = None
    settled: deque[str] = field(default_factory=lambda: deque(maxlen=_SETTLED_KEPT))

    def knows(self, message_id: str) -> bool:
        """Whether a message waits here, or was answered here a moment ago."""
        return message_id in self.settled or any(waiting.message.id == message_id for waiting in self.waiting)


class Lanes:
    """The lanes in use; one that nobody uses and in which nothing waits is forgotten."""

    def __init__(self) -> None:
        self._lanes: dict[str, Lane] = {}

    @contextmanager
    def use(self, conversation_id: str) -> Iterator[Lane]:
        """The lane of a conversation, kept at least as long as the context."""
        lane = self._lanes.setdefault(conversation_id, Lane())
        lane.users += 1
        try:
            yield lane
        finally:
            lane.users -= 1
            if not lane.users and not lane.waiting:
                self._lanes.pop(conversation_id, None)

    def peek(self, conversation_id: str) -> Lane | None:
        """The lane if there is one."""
        return self._lanes.get(conversation_id)

    def all(self) -> list[Lane]:
        """Every lane in use."""
        return list(self._lanes.values())
