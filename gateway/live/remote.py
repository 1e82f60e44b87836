"""What buses over a network have in common: they hand out here at once, and to others when they are connected."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from gateway.live.bus import Event
from gateway.live.local import LocalBus

log = logging.getLogger("gateway.live")

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0  # seconds between attempts to connect
_MOST_OUTGOING = 10_000  # events; beyond that the broker is away, and others read the store when it is back


class RemoteBus(LocalBus):
    """A bus that reconnects by itself. Whoever may have missed something is told to read the store anew."""

    def __init__(self) -> None:
        super().__init__()
        self._outgoing: asyncio.Queue[str] = asyncio.Queue(_MOST_OUTGOING)
        self._tasks: list[asyncio.Task[None]] = []
        self.connected = asyncio.Event()

    async def start(self) -> None:
        """See `Bus.start`."""
        self._tasks = [asyncio.create_task(self._keep(self._listen)), asyncio.create_task(self._keep(self._send))]

    async def close(self) -> None:
        """See `Bus.close`."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await super().close()

    async def publish(self, topic: str, event: Mapping[str, Any], *, hint: Any = None) -> None:
        """See `Bus.publish`."""
        await super().publish(topic, event, hint=hint)
        encoded = self._encoded(topic, {**event, "from": self.id})
        if encoded is not None and not self._outgoing.full():
            self._outgoing.put_nowait(encoded)

    async def _listen(self) -> None:
        """Connect, call `_connected`, and hand everything to `_received` until the connection breaks."""
        raise NotImplementedError

    async def _send(self) -> None:
        """Connect and send what is in `_outgoing` until the connection breaks."""
        raise NotImplementedError

    def _encoded(self, topic: str, data: Mapping[str, Any]) -> str | None:
        """An event as it travels; None when it cannot."""
        raise NotImplementedError

    def _connected(self) -> None:
        self.connected.set()
        self.resync()  # nobody knows what was said while we were not listening

    def _received(self, encoded: str | bytes) -> None:
        try:
            topic, data = json.loads(encoded)
            event = Event(str(topic), dict(data))
        except (ValueError, TypeError):
            log.warning("an event that is none was left out")
            return
        if event.data.get("from") != self.id:  # our own were handed out when they were published
            self.hand_out(event)

    async def _keep(self, connect: Callable[[], Awaitable[None]]) -> None:
        pause = _FIRST_PAUSE
        while True:
            began = asyncio.get_running_loop().time()
            try:
                await connect()
            except Exception as error:
                log.warning("the bus is not connected: %s", type(error).__name__)
            self.connected.clear()
            if asyncio.get_running_loop().time() - began > _LONGEST_PAUSE:
                pause = _FIRST_PAUSE
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
