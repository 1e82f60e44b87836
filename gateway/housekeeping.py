"""The work that nobody waits for, run beside the conversations: erasures all the time, old data once a day."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from crm.domain import ErasureView
from crm.housekeeping import Housekeeping
from crm.services.organisation import business_hours
from crm.store import Store
from gateway.clock import Clock
from gateway.metrics import Metrics
from gateway.settings import Settings

log = logging.getLogger("gateway.housekeeping")

Closed = Callable[[ErasureView], Coroutine[Any, Any, None]]
Piece = Callable[[], Coroutine[Any, Any, None]]


class Caretaker:
    """Runs the housekeeping of the store in a thread, one piece at a time."""

    def __init__(
        self,
        housekeeping: Housekeeping,
        store: Store,
        closed: Closed,
        clock: Clock,
        metrics: Metrics,
        settings: Settings,
        lost_calls: Piece,
    ) -> None:
        self._housekeeping = housekeeping
        self._store = store
        self._closed = closed
        self._clock = clock
        self._metrics = metrics
        self._settings = settings
        self._lost_calls = lost_calls
        self._anchored: datetime | None = None

    async def run(self) -> None:
        """Work until cancelled; what fails is tried again in the next round."""
        while True:
            await asyncio.sleep(self._settings.housekeeping_seconds)
            for piece in (self.erasures, self.anchor, self.daily, self._lost_calls):
                try:
                    await piece()
                except Exception:
                    self._metrics.errors.labels("housekeeping").inc()
                    log.exception("a piece of housekeeping failed; it is tried again")

    async def erasures(self) -> None:
        """Carry erasures on, and close the conversations that went with them."""
        worked = await asyncio.to_thread(self._housekeeping.work)
        for view in worked.erased:
            await self._closed(view)

    async def anchor(self) -> None:
        """Write down now and then where the audit ends."""
        now = self._clock()
        if self._anchored is None or now - self._anchored >= timedelta(minutes=self._settings.audit_anchor_minutes):
            await asyncio.to_thread(self._housekeeping.anchor)
            self._anchored = now

    async def daily(self) -> None:
        """Once a day, from the hour of the settings on, in the insurer's time zone."""
        if self._settings.retention_hour < 0:
            return
        zone = await asyncio.to_thread(self._zone)
        if self._clock().astimezone(zone).hour < self._settings.retention_hour:
            return
        gone = await asyncio.to_thread(self._housekeeping.daily)
        if gone:
            log.info("what had grown too old is gone", extra={"rows": gone})

    def _zone(self) -> ZoneInfo:
        with self._store.reading() as session:
            return business_hours(session).zone
