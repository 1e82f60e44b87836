"""The bus within one process; the other ones hand out with it what they receive."""

import asyncio
import secrets
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from gateway.live.bus import RESYNC, Event

_MOST_UNREAD = 1_000  # events; who is further behind reads the store anew


class LocalBus:
    """Events go to this process's subscribers alone."""

    def __init__(self) -> None:
        self.id = secrets.token_hex(8)
        self._subscriptions: set[Subscription] = set()
        self._by_topic: defaultdict[str, set[Subscription]] = defaultdict(set)
        self._by_beginning: set[Subscription] = set()

    async def start(self) -> None:
        """Nothing to connect to."""

    async def close(self) -> None:
        """End all subscriptions."""
        for subscription in list(self._subscriptions):
            subscription.end()

    async def publish(self, topic: str, event: Mapping[str, Any], *, hint: Any = None) -> None:
        """See `Bus.publish`."""
        self.hand_out(Event(topic, {**event, "from": self.id}, hint))

    def hand_out(self, event: Event) -> None:
        """Give an event to everybody here who subscribed to its topic."""
        for subscription in self._by_topic.get(event.topic, ()):
            subscription.offer(event)
        for subscription in self._by_beginning:
            if event.topic.startswith(subscription.beginnings) and event.topic not in subscription.topics:
                subscription.offer(event)

    def resync(self) -> None:
        """Tell everybody here that events may have been lost."""
        for subscription in self._subscriptions:
            subscription.resync()

    @asynccontextmanager
    async def subscribe(self, *topics: str) -> AsyncGenerator[AsyncIterator[Event], None]:
        """See `Bus.subscribe`."""
        subscription = Subscription(topics)
        self._subscriptions.add(subscription)
        for topic in subscription.topics:
            self._by_topic[topic].add(subscription)
        if subscription.beginnings:
            self._by_beginning.add(subscription)
        try:
            yield aiter(subscription)
        finally:
            self._forget(subscription)

    def _forget(self, subscription: "Subscription") -> None:
        self._subscriptions.discard(subscription)
        self._by_beginning.discard(subscription)
        for topic in subscription.topics:
            self._by_topic[topic].discard(subscription)
            if not self._by_topic[topic]:
                del self._by_topic[topic]


class Subscription:
    """What one subscriber has not read yet; it never holds up a publisher.

    Attributes:
        beginnings: of the topics that were named by their beginning.
    """

    def __init__(self, topics: tuple[str, ...]) -> None:
        self.topics = frozenset(topic for topic in topics if not topic.endswith("*"))
        self.beginnings = tuple(topic[:-1] for topic in topics if topic.endswith("*"))
        self._unread: asyncio.Queue[Event | None] = asyncio.Queue()

    def offer(self, event: Event) -> None:
        """Take an event of a topic that was subscribed to."""
        if self._unread.qsize() >= _MOST_UNREAD:
            self.resync()
        else:
            self._unread.put_nowait(event)

    def resync(self) -> None:
        """Forget what is unread, and say so."""
        while not self._unread.empty():
            self._unread.get_nowait()
        self._unread.put_nowait(Event("", {"kind": RESYNC}))

    def end(self) -> None:
        """Let the subscriber finish."""
        self._unread.put_nowait(None)

    async def __aiter__(self) -> AsyncGenerator[Event, None]:
        while (event := await self._unread.get()) is not None:
            yield event
