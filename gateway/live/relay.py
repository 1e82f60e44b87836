"""From the bus to this gateway's own adapters."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable

from gateway.live.bus import CONVERSATIONS, RESYNC, Bus, Event
from gateway.metrics import Metrics
from gateway.outlets import Outlet

log = logging.getLogger("gateway.live")

_STANDING = ("handoff", "place")  # who shows it reads the same for both


class Relay:
    """Hands every event of a conversation to all outlets of this process, one after the other; conversations do not
    wait for each other."""

    def __init__(self, bus: Bus, metrics: Metrics, every: float) -> None:
        self._bus = bus
        self._every = every
        self._metrics = metrics
        self._outlets: list[Outlet] = []
        self._lanes: dict[str, deque[Event]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.listening = asyncio.Event()

    def attach(self, outlet: Outlet) -> None:
        """Tell `outlet` everything from now on."""
        self._outlets.append(outlet)

    async def run(self) -> None:
        """Listen until cancelled, or until the bus is closed."""
        async with self._bus.subscribe(CONVERSATIONS) as events:
            self.listening.set()
            try:
                async for event in events:
                    self._take(event)
            finally:
                for task in self._tasks:
                    task.cancel()

    def _take(self, event: Event) -> None:
        """Queue an event behind those of its conversation. Two looks at a hand-off in a row are one: when somebody is
        taken out of a long queue, everybody behind is to be told."""
        lane = self._lanes.get(event.topic)
        if lane is None:
            self._lanes[event.topic] = deque([event])
            task = asyncio.create_task(self._work(event.topic))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        elif not (lane and event.kind in _STANDING and lane[-1].kind in _STANDING):
            lane.append(event)

    async def _work(self, topic: str) -> None:
        lane = self._lanes[topic]
        while lane:
            await self._pass_on(lane.popleft())
        del self._lanes[topic]

    async def keep_looking(self) -> None:
        """Look now and then whether anything was missed without anybody noticing, such as the last words of a gateway
        that was killed before it could tell them."""
        while True:
            await asyncio.sleep(self._every)
            await self._pass_on(Event("", {"kind": RESYNC}))

    async def _pass_on(self, event: Event) -> None:
        told = _telling(event)
        if told is None:
            return
        for outlet in self._outlets:
            try:
                await told(outlet)
            except Exception:  # one that fails stops nobody else, and reads what it missed with the next event
                self._metrics.errors.labels("outlet").inc()
                log.exception("an outlet failed")


def _telling(event: Event) -> Callable[[Outlet], Awaitable[None]] | None:
    conversation_id = event.topic.partition(":")[2]
    data = event.data
    match event.kind:
        case "message":
            return lambda outlet: outlet.news(conversation_id, event.hint)
        case "typing":
            return lambda outlet: outlet.typing(conversation_id, str(data["who"]), bool(data["on"]))
        case "over":
            return lambda outlet: outlet.over(conversation_id, str(data["message"]))
        case "handoff" | "place":
            return lambda outlet: outlet.handoff(conversation_id)
        case "language":
            return lambda outlet: outlet.language(conversation_id, str(data["language"]))
        case "closed":
            return lambda outlet: outlet.closed(conversation_id, str(data["language"]))
        case _ if event.kind == RESYNC:
            return lambda outlet: outlet.resync()
    return None
