"""From the bus to this gateway's own adapters."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from gateway.live.bus import CONVERSATIONS, RESYNC, Bus, Event
from gateway.metrics import Metrics
from gateway.outlets import Outlet

log = logging.getLogger("gateway.live")


class Relay:
    """Hands every event of a conversation to all outlets of this process, one after the other."""

    def __init__(self, bus: Bus, metrics: Metrics, every: float) -> None:
        self._bus = bus
        self._every = every
        self._metrics = metrics
        self._outlets: list[Outlet] = []
        self.listening = asyncio.Event()

    def attach(self, outlet: Outlet) -> None:
        """Tell `outlet` everything from now on."""
        self._outlets.append(outlet)

    async def run(self) -> None:
        """Listen until cancelled, or until the bus is closed."""
        async with self._bus.subscribe(CONVERSATIONS) as events:
            self.listening.set()
            async for event in events:
                await self._pass_on(event)

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
        case "handoff":
            return lambda outlet: outlet.handoff(conversation_id)
        case "language":
            return lambda outlet: outlet.language(conversation_id, str(data["language"]))
        case "closed":
            return lambda outlet: outlet.closed(conversation_id, str(data["language"]))
        case _ if event.kind == RESYNC:
            return lambda outlet: outlet.resync()
    return None
