"""Keeps the queue moving: offers customers to employees, gives up on those for whom nobody comes."""

import asyncio
import logging
from collections.abc import Callable

from sqlalchemy.orm import Session

from crm.domain import HandoffView, MessageView
from crm.domain.audit import Actor
from crm.services import handoffs, takeovers
from crm.services.takeovers import Waiting
from gateway.announcer import Announcer
from gateway.archive import Archive
from gateway.clock import Clock
from gateway.live.announcements import Announcements
from gateway.live.bus import QUEUE, Bus, Event, of_conversation
from gateway.metrics import Metrics
from gateway.news import news
from gateway.outlets import Outlets
from gateway.targets.port import HandoffTarget

log = logging.getLogger("gateway.dispatcher")

_AT_MOST_EVERY = 0.1  # seconds between two passes, however much happens
_ESTIMATES_EVERY = 20  # passes; how long it will take changes also when nothing happens


class Dispatcher:
    """One pass a second, and one as soon as something changed in the queue. Every gateway has one; they share the work.

    What others changed without an event (the bot's actions ask for a person in a process of their own) is found by
    comparing what is open with what was open before.
    """

    def __init__(
        self,
        archive: Archive,
        announcer: Announcer,
        announcements: Announcements,
        outlets: Outlets,
        bus: Bus,
        target: HandoffTarget,
        clock: Clock,
        metrics: Metrics,
        every: float,
    ) -> None:
        self._archive = archive
        self._announcer = announcer
        self._announcements = announcements
        self._outlets = outlets
        self._bus = bus
        self._target = target
        self._clock = clock
        self._metrics = metrics
        self._every = every
        self._open: dict[int, Waiting] = {}
        self._offered: set[int] = set()
        self._passes = 0
        self._news = asyncio.Event()

    async def run(self) -> None:
        """Work until cancelled; what fails is tried again in the next pass."""
        listening = asyncio.create_task(self._listen())
        try:
            while True:
                await news(self._news, self._every)
                try:
                    await self.work()
                except Exception:
                    self._metrics.errors.labels("dispatcher").inc()
                    log.exception("a pass over the queue failed; it is tried again")
                await asyncio.sleep(_AT_MOST_EVERY)
        finally:
            listening.cancel()

    async def _listen(self) -> None:
        async with self._bus.subscribe(QUEUE) as events:
            async for _ in events:
                self._news.set()

    async def work(self) -> None:
        """One pass."""
        self._passes += 1
        await self._route()
        await self._compare()
        if self._passes % _ESTIMATES_EVERY == 1:
            await self._offer_callbacks()
            for waiting in self._open.values():
                if waiting.place is not None:
                    self._tell_here(waiting.conversation_id)

    async def _route(self) -> None:
        now = self._clock()

        def verb(session: Session) -> tuple[list[HandoffView], list[MessageView]]:
            changed = handoffs.dispatch(session, now=now)
            return changed, [said for view in changed for said in self._announcer.changed(session, view, now)]

        changed, said = await self._archive.write(verb, Actor.system())
        for message in said:
            await self._outlets.said(message)
        for view in changed:
            await self._announcements.changed(view)
            await self._target.changed(view)

    async def _compare(self) -> None:
        before, self._open = self._open, await self._archive.read(takeovers.open_ones, Actor.system())
        changed = [
            (before.get(key) or self._open[key]).conversation_id
            for key in before.keys() | self._open.keys()
            if before.get(key) != self._open.get(key)
        ]
        if changed:
            self._archive.waits.forget()
        for conversation_id in changed:
            self._tell_here(conversation_id)
        if changed:
            self._bus.hand_out(Event(QUEUE, {"kind": "changed", "from": self._bus.id}))
        self._offered &= self._open.keys()

    async def _offer_callbacks(self) -> None:
        now = self._clock()

        def find(session: Session) -> list[HandoffView]:
            return takeovers.callbacks_to_offer(session, now)

        for view in await self._archive.read(find, Actor.system()):
            if view.id not in self._offered:
                self._offered.add(view.id)
                for message in await self._archive.write(self._offering(view), Actor.system()):
                    await self._outlets.said(message)

    def _offering(self, view: HandoffView) -> Callable[[Session], list[MessageView]]:
        now = self._clock()
        return lambda session: self._announcer.offer_callback(session, view, now)

    def _tell_here(self, conversation_id: str) -> None:
        """Let this gateway's adapters read anew how it stands; the other gateways find out by themselves."""
        self._bus.hand_out(Event(of_conversation(conversation_id), {"kind": "handoff", "from": self._bus.id}))
