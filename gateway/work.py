"""Bringing messages to the bot: a lane per conversation, in the one gateway that holds the conversation's lease."""

import asyncio
import logging
from collections import deque
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from sqlalchemy.exc import DBAPIError

from crm.domain.conversations import ConversationView, MessageView, Sender
from crm.services.turn_leases import Left
from gateway.archive import Archive, Received
from gateway.crew import Crew
from gateway.lanes import Lane, Lanes, Waiting
from gateway.live.bus import CONVERSATIONS, Bus
from gateway.metrics import Metrics
from gateway.outlets import Outlets
from gateway.persons import Persons
from gateway.router import Route, route
from gateway.settings import Settings
from gateway.speech import LEFT, PERSON, Own, Speech
from gateway.turns import Turns

log = logging.getLogger("gateway.work")

_RECOVERY_PAUSE = 1.0  # seconds
_MOST_FAULTS = 3
_GIVEN_UP_KEPT = 1_000


class Work:
    """Answers stored messages; different conversations at the same time, each one in order.

    What is to be done stands in the store: whatever another gateway stored, or left when it died, is found there.
    """

    def __init__(
        self,
        archive: Archive,
        speech: Speech,
        persons: Persons,
        turns: Turns,
        crew: Crew,
        outlets: Outlets,
        metrics: Metrics,
        settings: Settings,
    ) -> None:
        self._archive = archive
        self._speech = speech
        self._persons = persons
        self._turns = turns
        self._outlets = outlets
        self._metrics = metrics
        self._settings = settings
        self._tasks: set[asyncio.Task[None]] = set()
        self._given_up: deque[str] = deque(maxlen=_GIVEN_UP_KEPT)
        self.crew = crew
        self.lanes = Lanes()
        self._ready = asyncio.Event()

    # --- what comes in

    def take_up(self, lane: Lane, received: Received) -> None:
        """Queue what was stored and is ours; a wish for a person does not wait behind a bot that is lost."""
        if received.message.command == PERSON and lane.unreachable:
            self._spawn(self._pass_to_person(received.message))
            return
        for message in received.ours:
            self._enqueue(lane, message, None if lane.waiting else received.conversation)

    async def look_after(self, conversation_id: str) -> None:
        """Do what waits in a conversation, unless another gateway is at it."""
        with self.lanes.use(conversation_id) as lane:
            left = await self._archive.claim(conversation_id, self.crew.id)
            self._go_on(lane, left)

    async def listen(self, bus: Bus) -> None:
        """Take up what other gateways store for conversations at which this one is at work; ends with the bus.

        Only the waiting is shorter for it: at the end of its work a gateway looks into the store again anyway.
        """
        async with bus.subscribe(CONVERSATIONS) as events:
            async for event in events:
                lane = self.lanes.peek(event.topic.partition(":")[2])
                if lane and lane.worker and event.data.get("from") != bus.id and _asks(event.data):
                    self._spawn(self.look_after(event.topic.partition(":")[2]))

    # --- from the start to the end of the process

    async def is_ready(self, within: float) -> bool:
        """Whether messages can be taken in, at least in so many seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._ready.wait()
        return self._ready.is_set()

    async def run(self) -> None:
        """Join the other gateways, then take up whatever nobody is at, for good; waits for the store if need be."""
        while not self._ready.is_set():
            try:
                await self.crew.join()
                await self.crew.beat()
                await self._adopt()
            except Exception as error:
                log.error("the store does not answer; is it set up (python -m crm init)? %s", type(error).__name__)
                await asyncio.sleep(_RECOVERY_PAUSE)
            else:
                self._ready.set()
        await self.crew.keep_beating(self._after_beat)

    async def close(self) -> None:
        """Stop where we are: what is unanswered is taken up by another gateway, or at the next start."""
        await self._drop_everything()
        try:
            await self.crew.leave()
        except Exception as error:
            log.warning("could not say good-bye: %s", type(error).__name__)

    async def _after_beat(self, belongs: bool) -> None:
        if not belongs:
            log.warning("taken for dead by another gateway; beginning anew")
            await self._drop_everything()
            await self.crew.join()
        await self._adopt()
        for conversation_id in await self._archive.held(self.crew.id):
            lane = self.lanes.peek(conversation_id)
            if lane is None or lane.worker is None:
                await self.look_after(conversation_id)

    async def _adopt(self) -> None:
        count = 0
        while adopted := await self._archive.adopt(self.crew.id):
            count += len(adopted)
            for message in adopted:
                with self.lanes.use(message.conversation_id) as lane:
                    self._enqueue(lane, message)
        if count:
            log.info("unanswered messages taken up", extra={"count": count})

    async def _drop_everything(self) -> None:
        for lane in self.lanes.all():
            self._clear(lane)
        tasks = [*self._tasks, *(lane.worker for lane in self.lanes.all() if lane.worker)]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for lane in self.lanes.all():
            lane.worker = None

    # --- a lane

    def _go_on(self, lane: Lane, left: Left) -> None:
        """Queue what is left; in a conversation that another gateway has taken up, nothing."""
        for message in left.waiting:
            self._enqueue(lane, message)
        if not left.held:
            self._clear(lane)

    def _enqueue(self, lane: Lane, message: MessageView, conversation: ConversationView | None = None) -> None:
        if lane.knows(message.id) or message.id in self._given_up:
            return
        loop = asyncio.get_running_loop()
        waiting = Waiting(message, loop.time(), conversation)
        waiting.overdue = loop.call_later(self._settings.word_within, self._on_overdue, waiting)
        lane.waiting.append(waiting)
        self._metrics.waiting.inc()
        if lane.worker is None:
            lane.worker = asyncio.create_task(self._work(message.conversation_id))

    def _clear(self, lane: Lane) -> None:
        while lane.waiting:
            self._forget(lane.waiting.popleft())

    def _forget(self, waiting: Waiting) -> None:
        if waiting.overdue:
            waiting.overdue.cancel()
        self._metrics.waiting.dec()

    async def _work(self, conversation_id: str) -> None:
        """Answer what waits in a lane, one message at a time, until nothing waits."""
        with self.lanes.use(conversation_id) as lane:
            while lane.waiting:
                waiting = lane.waiting[0]
                left = await self._settle(waiting, lane)
                lane.settled.append(waiting.message.id)
                if lane.waiting and lane.waiting[0] is waiting:
                    self._forget(lane.waiting.popleft())
                await self._outlets.over(waiting.message)
                self._go_on(lane, left)
            lane.worker = None

    async def _settle(self, waiting: Waiting, lane: Lane) -> Left:
        """Bring one message to its end. While the store is away we wait for it; a fault of ours is tried again a
        few times and then left, so that it blocks nothing else."""
        message, faults, pause = waiting.message, 0, self._settings.retry_first
        while faults < _MOST_FAULTS:
            try:
                outcome = await self._answer(waiting, lane)
                left = await self._archive.settle(message, outcome, lane.reading, gateway_id=self.crew.id)
            except Exception as error:
                faults += not isinstance(error, DBAPIError)
                self._metrics.errors.labels("turn").inc()
                log.exception("a turn could not be finished", extra={"conversation": message.conversation_id})
                await asyncio.sleep(pause)
                pause = min(pause * 2, self._settings.retry_longest)
            else:
                self._metrics.turns.labels(outcome).inc()
                self._metrics.turn_seconds.observe(asyncio.get_running_loop().time() - waiting.arrived)
                return left
        self._given_up.append(message.id)
        return Left(held=True)

    async def _answer(self, waiting: Waiting, lane: Lane) -> str:
        fresh, waiting.conversation = waiting.conversation, None
        lane.reading = None
        lane.conversation = fresh or await self._archive.conversation(waiting.message.conversation_id)
        if route(lane.conversation.owner) is Route.PERSON:
            return "answered"  # the desk shows it; the bot is silent until it is given back
        return await self._turns.run(waiting.message, lane)

    # --- beside the lanes

    def _on_overdue(self, waiting: Waiting) -> None:
        self._spawn(self._keep_company(waiting))

    async def _keep_company(self, waiting: Waiting) -> None:
        """Say a word to a customer who has heard nothing since this message."""
        message = waiting.message
        with self.lanes.use(message.conversation_id) as lane:
            if waiting not in lane.waiting or lane.last_word >= waiting.arrived or message.command == LEFT:
                return
            now = asyncio.get_running_loop().time()
            lane.last_word = now  # before it is stored: the messages that follow are overdue in the same moment
            at_work = now - lane.last_frame < self._settings.bot_silence_timeout and not lane.unreachable
            if at_work:
                await self._speech.own(message, lane, Own.DELAY, "still_working")
            else:
                await self._speech.own(message, lane, Own.DELAY, "delayed", offer_person=True)

    async def _pass_to_person(self, message: MessageView) -> None:
        with self.lanes.use(message.conversation_id) as lane:
            outcome = await self._persons.request(message, lane)
            lane.settled.append(message.id)
            left = await self._archive.settle(message, outcome, gateway_id=self.crew.id)
            await self._outlets.over(message)
            self._go_on(lane, left)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(_logged(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _asks(data: Any) -> bool:
    return data.get("kind") == "message" and data.get("sender") in (Sender.CUSTOMER, Sender.SYSTEM)


async def _logged(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except Exception:
        log.exception("background work failed")
