"""One turn of the bot, with everything that can go wrong on the way."""

import asyncio
import logging
import random
from collections.abc import Callable
from contextlib import aclosing
from typing import Any

from crm.domain.conversations import MessageView
from gateway.bot_client import BotClient, End, Utterance
from gateway.errors import BotRefused, BotUnreachable
from gateway.lanes import Lane
from gateway.metrics import Metrics
from gateway.persons import Persons
from gateway.settings import Settings
from gateway.speech import LEFT, PERSON, Own, Speech

log = logging.getLogger("gateway.turns")

# Most often an action server that is being restarted. A failed turn left no trace in the tracker, and whatever its
# action wrote is kept under this message's id: trying the same message again is safe, asking the customer to say it
# again could do it twice.
_PASSING = frozenset({"no_words", "turn_failed"})

Sign = Callable[[dict[str, Any]], str]


class Turns:
    """Brings a message to the bot until it is answered, or says why it is not."""

    def __init__(
        self, bot: BotClient, speech: Speech, persons: Persons, sign: Sign, metrics: Metrics, settings: Settings
    ) -> None:
        self._bot = bot
        self._speech = speech
        self._persons = persons
        self._sign = sign
        self._metrics = metrics
        self._settings = settings

    async def run(self, message: MessageView, lane: Lane) -> str:
        """The whole turn; returns the message's outcome, `answered` or `failed`."""
        conversation_id = message.conversation_id
        await self._typing(message, lane, True)
        try:
            return await self._until_answered(message, lane)
        except BotRefused as refused:
            log.warning("the bot refused a turn", extra={"conversation": conversation_id, "code": refused.code})
            return await self._make_up_for(message, lane, refused.code)
        finally:
            lane.unreachable = False
            await self._typing(message, lane, False)

    async def _until_answered(self, message: MessageView, lane: Lane) -> str:
        wait = self._settings.retry_first
        cuts = failures = 0
        while True:
            try:
                await self._attempt(message, lane)
                return "answered"
            except BotUnreachable as lost:
                cuts += lost.accepted
                self._note_loss(message, lane, lost)
            except BotRefused as refused:
                failures += 1
                if refused.code not in _PASSING or failures > self._settings.failed_turn_retries:
                    raise
            if message.command == PERSON:
                return await self._persons.request(message, lane)
            if cuts >= self._settings.cut_turns:
                raise BotRefused("cut")  # a message that brings the bot down must not block the conversation
            await self._typing(message, lane, False)
            await asyncio.sleep(wait * random.uniform(0.8, 1.2))
            wait = min(wait * 2, self._settings.retry_longest)

    async def _attempt(self, message: MessageView, lane: Lane) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with (
                asyncio.timeout(self._settings.bot_turn_timeout),
                aclosing(self._bot.turn(self._request(message, lane))) as frames,
            ):
                async for frame in frames:
                    lane.last_frame = loop.time()
                    lane.unreachable = False
                    if isinstance(frame, Utterance):
                        await self._speech.relay(message, lane, frame)
                    elif isinstance(frame, End):
                        lane.reading = frame.reading
                        await self._speech.go_on_in(frame.language, message, lane)
                    else:
                        await self._typing(message, lane, True)
        except TimeoutError:
            raise BotRefused("too_slow") from None

    async def _typing(self, message: MessageView, lane: Lane, on: bool) -> None:
        if message.command != LEFT:  # no answer follows
            await self._speech.typing(message.conversation_id, lane, on)

    async def _make_up_for(self, message: MessageView, lane: Lane, code: str) -> str:
        if message.command == PERSON:
            return await self._persons.request(message, lane)
        if message.command == LEFT:
            return "failed"
        key = "too_slow" if code == "too_slow" else "apology"
        await self._speech.own(message, lane, Own.APOLOGY, key, offer_person=True)
        return "failed"

    def _note_loss(self, message: MessageView, lane: Lane, lost: BotUnreachable) -> None:
        if not lane.unreachable:
            log.warning("the bot is lost", extra={"conversation": message.conversation_id, "why": str(lost)})
        lane.unreachable = True
        self._metrics.retries.inc()

    def _request(self, message: MessageView, lane: Lane) -> dict[str, Any]:
        channel = lane.conversation.channel if lane.conversation else "chat"
        return {
            "conversation_id": message.conversation_id,
            "message_id": message.id,
            "text": message.text,
            "command": message.command,
            "attachments": [
                {"id": file.id, "name": file.name, "media_type": file.media_type} for file in message.attachments
            ],
            "channel": channel,
            "language": lane.conversation.language if lane.conversation else self._settings.language,
            "statement": self._sign(
                {"conversation": message.conversation_id, "message": message.id, "channel": channel}
            ),
        }
