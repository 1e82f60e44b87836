"""Keeps the queue moving: offers customers to employees, gives up on those for whom nobody comes."""

import asyncio
import logging
from collections.abc import Callable, Collection
from dataclasses import replace

from sqlalchemy.orm import Session

from crm.domain import HandoffState, HandoffView, MessageView
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
_PLACES_EVERY = 2.0  # seconds between two times that customers are told their place
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
        self._told: set[tuple[object, object]] = set()
        self._moved: dict[int, str] = {}
        self._places_due = 0.0
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
            async for event in events:
                self._told.add((event.data.get("handoff"), event.data.get("state")))
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
                    self._tell_here(waiting.conversation_id, "place")

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
        told, self._told = self._told, set()
        before, self._open = self._open, await self._archive.read(takeovers.open_ones, Actor.system())
        changed = [key for key in before.keys() | self._open.keys() if before.get(key) != self._open.get(key)]
        if changed:
            self._archive.waits.forget()
        unheard = False
        for key in changed:
            was, now = before.get(key), self._open.get(key)
            if was and now and replace(was, place=now.place) == now:
                self._moved[key] = now.conversation_id
            elif not _was_told(key, now, told):
                unheard = True
                self._tell_here((now or before[key]).conversation_id)
        if unheard:
            self._bus.hand_out(Event(QUEUE, {"kind": "changed", "from": self._bus.id}))
        self._offered &= self._open.keys()
        self._tell_places()

    def _tell_places(self) -> None:
        """Tell those who wait that they moved up, all together and not too often: in a long queue that moves these
        are the most events of all."""
        now = asyncio.get_running_loop().time()
        if not self._moved or now < self._places_due:
            return
        self._places_due = now + _PLACES_EVERY
        for conversation_id in self._moved.values():
            self._tell_here(conversation_id, "place")
        self._moved.clear()

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

    def _tell_here(self, conversation_id: str, kind: str = "handoff") -> None:
        """Let this gateway's adapters read anew how it stands; the other gateways find out by themselves."""
        self._bus.hand_out(Event(of_conversation(conversation_id), {"kind": kind, "from": self._bus.id}))


def _was_told(key: int, now: Waiting | None, told: Collection[tuple[object, object]]) -> bool:
    """Whether there was an event of a hand-off's present state; None is that of one that is over."""
    states = [now.state] if now else [state for state in HandoffState if state.is_over]
    return any((key, str(state)) in told for state in states)
