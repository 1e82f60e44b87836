"""The one door: every channel brings what a customer said to `Conversations.receive`."""

import asyncio
import logging
import re
import uuid
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.exc import DBAPIError

from crm.domain.conversations import ConversationView, MessageStatus, MessageView
from crm.errors import InvalidInput, NotFound
from gateway.archive import Archive, Received
from gateway.cleaning import clean, storable
from gateway.errors import Refusal
from gateway.lanes import Lane, Lanes, Waiting
from gateway.metrics import Metrics
from gateway.outlets import Outlets
from gateway.persons import Persons
from gateway.router import Route, route
from gateway.settings import Settings
from gateway.speech import PERSON, Own, Speech
from gateway.turns import Turns

log = logging.getLogger("gateway.conversation")

_MESSAGE_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_RECOVERY_PAUSE = 1.0  # seconds
_MOST_FAULTS = 3


@dataclass(frozen=True, slots=True)
class Incoming:
    """What a customer said, as a channel hands it in.

    Attributes:
        text: as it arrived; cleaning, masking and limits are the door's job.
        message_id: made by the client so that it can send again without saying twice; None: we make one.
        channel: `chat` or `voice`; a label of the metrics.
    """

    conversation_id: str
    text: str
    message_id: str | None = None
    attachments: Sequence[str] = field(default_factory=tuple)
    channel: str = "chat"


class Conversations:
    """Receives, stores, routes and answers; different conversations at the same time, each one in order."""

    def __init__(
        self,
        archive: Archive,
        outlets: Outlets,
        speech: Speech,
        persons: Persons,
        turns: Turns,
        metrics: Metrics,
        settings: Settings,
    ) -> None:
        self._archive = archive
        self._outlets = outlets
        self._speech = speech
        self._persons = persons
        self._turns = turns
        self._metrics = metrics
        self._settings = settings
        self._lanes = Lanes()
        self._tasks: set[asyncio.Task[None]] = set()
        self._recovered = asyncio.Event()

    async def receive(self, incoming: Incoming) -> MessageView:
        """Take a message in; when this returns it is stored, and will be answered also after a restart.

        Raises:
            Refusal: too_long, bad_message, bad_attachment, no_session or unavailable (also when too many
                messages of this conversation wait for an answer); nothing was stored.
        """
        text, message_id = self._checked(incoming)
        if not self._recovered.is_set():
            raise Refusal("unavailable")  # what was left unanswered goes first
        with self._lanes.use(incoming.conversation_id) as lane:
            async with lane.storing:
                if len(lane.waiting) >= self._settings.waiting_messages:
                    raise Refusal("unavailable")
                received = await self._store(incoming, message_id, text)
                if received.created:
                    self._take_up(lane, received)
        if received.created:
            await self._outlets.said(received.message)
        return received.message

    async def take_up(self, message: MessageView) -> None:
        """Let the bot answer a message that is stored already."""
        with self._lanes.use(message.conversation_id) as lane:
            self._enqueue(lane, message)

    def is_typing(self, conversation_id: str) -> bool:
        """Whether an answer is being prepared."""
        lane = self._lanes.peek(conversation_id)
        return bool(lane and lane.typing)

    async def recover(self) -> None:
        """Take up again what was unanswered when the last process ended; waits for the store as long as it takes."""
        while True:
            try:
                unanswered = await self._archive.unanswered()
                break
            except Exception as error:
                log.error("the store does not answer; is it set up (python -m crm init)? %s", type(error).__name__)
                await asyncio.sleep(_RECOVERY_PAUSE)
        for message in unanswered:
            with self._lanes.use(message.conversation_id) as lane:
                self._enqueue(lane, message)
        if unanswered:
            log.info("unanswered messages taken up again", extra={"count": len(unanswered)})
        self._recovered.set()

    async def close(self) -> None:
        """Stop where we are: what is unanswered is taken up at the next start."""
        for lane in self._lanes.all():
            for waiting in lane.waiting:
                _stop_timer(waiting)
        tasks = [*self._tasks, *(lane.worker for lane in self._lanes.all() if lane.worker)]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _checked(self, incoming: Incoming) -> tuple[str, str]:
        text = clean(incoming.text)
        if len(text) > self._settings.message_characters:
            raise Refusal("too_long")
        if not text and not incoming.attachments:
            raise Refusal("bad_message")
        if len(incoming.attachments) > self._settings.attachments_per_message:
            raise Refusal("bad_attachment")
        if incoming.message_id is None:
            return storable(text), str(uuid.uuid4())
        if not _MESSAGE_ID.fullmatch(incoming.message_id):
            raise Refusal("bad_message")
        return storable(text), incoming.message_id

    async def _store(self, incoming: Incoming, message_id: str, text: str) -> Received:
        try:
            received = await self._archive.receive(
                incoming.conversation_id, message_id, incoming.text, text, incoming.attachments
            )
        except NotFound as error:
            raise Refusal("bad_attachment" if incoming.attachments else "no_session") from error
        except InvalidInput as error:
            raise Refusal("bad_attachment" if error.field.startswith("attachment") else "bad_message") from error
        if received.created:
            self._metrics.messages.labels(incoming.channel, "customer").inc()
        return received

    def _take_up(self, lane: Lane, received: Received) -> None:
        """Queue a stored message; a wish for a person does not wait behind a bot that is lost."""
        if received.message.command == PERSON and lane.unreachable:
            self._spawn(self._pass_to_person(received.message))
        elif received.message.status == MessageStatus.RECEIVED:
            self._enqueue(lane, received.message, None if lane.waiting else received.conversation)

    def _enqueue(self, lane: Lane, message: MessageView, conversation: ConversationView | None = None) -> None:
        loop = asyncio.get_running_loop()
        waiting = Waiting(message, loop.time(), conversation)
        waiting.overdue = loop.call_later(self._settings.word_within, self._on_overdue, waiting)
        lane.waiting.append(waiting)
        self._metrics.waiting.inc()
        if lane.worker is None:
            lane.worker = asyncio.create_task(self._work(message.conversation_id))

    async def _work(self, conversation_id: str) -> None:
        """Answer what waits in a lane, one message at a time, until nothing waits."""
        with self._lanes.use(conversation_id) as lane:
            while lane.waiting:
                waiting = lane.waiting[0]
                await self._settle(waiting, lane)
                lane.waiting.popleft()
                _stop_timer(waiting)
                self._metrics.waiting.dec()
            lane.worker = None

    async def _settle(self, waiting: Waiting, lane: Lane) -> None:
        """Bring one message to its end. While the store is away we wait for it; a fault of ours is tried again a
        few times and then left, so that it blocks nothing else."""
        message, faults, pause = waiting.message, 0, self._settings.retry_first
        while faults < _MOST_FAULTS:
            try:
                outcome = await self._answer(waiting, lane)
                await self._archive.settle(message, outcome, lane.reading)
            except Exception as error:
                faults += not isinstance(error, DBAPIError)
                self._metrics.errors.labels("turn").inc()
                log.exception("a turn could not be finished", extra={"conversation": message.conversation_id})
                await asyncio.sleep(pause)
                pause = min(pause * 2, self._settings.retry_longest)
            else:
                self._metrics.turns.labels(outcome).inc()
                self._metrics.turn_seconds.observe(asyncio.get_running_loop().time() - waiting.arrived)
                return

    async def _answer(self, waiting: Waiting, lane: Lane) -> str:
        fresh, waiting.conversation = waiting.conversation, None
        lane.reading = None
        lane.conversation = fresh or await self._archive.conversation(waiting.message.conversation_id)
        if route(lane.conversation.owner) is Route.PERSON:
            return "answered"  # the desk shows it; the bot is silent until it is given back
        return await self._turns.run(waiting.message, lane)

    def _on_overdue(self, waiting: Waiting) -> None:
        self._spawn(self._keep_company(waiting))

    async def _keep_company(self, waiting: Waiting) -> None:
        """Say a word to a customer who has heard nothing since this message."""
        message = waiting.message
        with self._lanes.use(message.conversation_id) as lane:
            if waiting not in lane.waiting or lane.last_word >= waiting.arrived:
                return
            now = asyncio.get_running_loop().time()
            at_work = now - lane.last_frame < self._settings.bot_silence_timeout and not lane.unreachable
            if at_work:
                await self._speech.own(message, lane, Own.DELAY, "still_working")
            else:
                await self._speech.own(message, lane, Own.DELAY, "delayed", offer_person=True)

    async def _pass_to_person(self, message: MessageView) -> None:
        with self._lanes.use(message.conversation_id) as lane:
            outcome = await self._persons.request(message, lane)
            await self._archive.settle(message, outcome)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(_logged(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _logged(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except Exception:
        log.exception("background work failed")


def _stop_timer(waiting: Waiting) -> None:
    if waiting.overdue:
        waiting.overdue.cancel()
