"""Limits that hold for all gateways together: each tells the others what it has let through."""

import asyncio
from collections.abc import Mapping

from gateway.crew import Crew
from gateway.limits import Limiter
from gateway.live.bus import Bus

_TOPIC = "limits"
_EVERY = 1.0  # seconds; so long somebody can be a burst ahead at each gateway
_AT_ONCE = 60  # keys in one event


class SharedLimits:
    """Brings what others let through into this gateway's limiters; keys are ids, and pseudonyms of
    addresses."""

    def __init__(self, bus: Bus, crew: Crew, limiters: Mapping[str, Limiter]) -> None:
        self._bus = bus
        self._crew = crew
        self._limiters = limiters

    async def tell(self) -> None:
        """Tell the others, now and then, until cancelled."""
        while True:
            await asyncio.sleep(_EVERY)
            await self.tell_once()

    async def tell_once(self) -> None:
        """Tell the others what was spent here since the last time; alone there is nobody to tell."""
        for name, limiter in self._limiters.items():
            spent = list(limiter.drain().items())
            for start in range(0, len(spent) if self._crew.size > 1 else 0, _AT_ONCE):
                keys = dict(spent[start : start + _AT_ONCE])
                await self._bus.publish(_TOPIC, {"kind": "spent", "limiter": name, "keys": keys})

    async def listen(self) -> None:
        """Take in what others tell, until the bus is closed."""
        async with self._bus.subscribe(_TOPIC) as events:
            async for event in events:
                limiter = self._limiters.get(str(event.data.get("limiter")))
                if limiter and event.kind == "spent" and event.data.get("from") != self._bus.id:
                    for key, tokens in event.data["keys"].items():
                        limiter.spend(key, tokens)
