"""Words go out in one way: stored first, once, then told to everyone who has the conversation open."""

import asyncio
from enum import IntEnum

from crm.domain.conversations import MessageView, Sender
from crm.errors import NotEligible
from gateway.archive import Archive, Reply
from gateway.bot_client import Utterance
from gateway.lanes import Lane
from gateway.metrics import Metrics
from gateway.outlets import Outlets
from gateway.texts import Texts

# The quick reply that brings a person; also an intent of the bot, which books a call-back as well.
PERSON = "/talk_to_human"
# Told to the bot when a person has closed the matter: it begins afresh, and says nothing.
LEFT = "/person_left"


class Own(IntEnum):
    """The ordinals of our own words for one message: each is said at most once, also across restarts."""

    DELAY = 0
    APOLOGY = 1
    HANDOFF = 2


class Speech:
    """Says things in a conversation."""

    def __init__(self, archive: Archive, outlets: Outlets, texts: Texts, metrics: Metrics) -> None:
        self._archive = archive
        self._outlets = outlets
        self._texts = texts
        self._metrics = metrics

    async def go_on_in(self, language: str | None, message: MessageView, lane: Lane) -> None:
        """Keep the language in which the bot goes on, for words of our own and for the next turn."""
        if language and lane.conversation and lane.conversation.language != language:
            lane.conversation = await self._archive.set_language(message.conversation_id, language)
            await self._outlets.language(message.conversation_id, language)

    async def relay(self, message: MessageView, lane: Lane, utterance: Utterance) -> None:
        """Pass on what the bot says; an utterance that is already stored is not said again."""
        reply = Reply(
            Sender.BOT, utterance.ordinal, utterance.text, utterance.quick_replies, utterance.attachment,
            utterance.data,
        )  # fmt: skip
        await self._say(message, lane, reply)

    async def own(
        self, message: MessageView, lane: Lane, which: Own, key: str, *, offer_person: bool = False, **values: object
    ) -> None:
        """Say something ourselves: `key` of the locale files, with the offer of a person if wanted."""
        language = lane.conversation.language if lane.conversation else ""
        offers = [{"title": self._texts.get(language, "replies.person"), "payload": PERSON}] if offer_person else []
        channel = lane.conversation.channel if lane.conversation else ""
        text = self._texts.words(language, key, channel, **values)
        await self._say(message, lane, Reply(Sender.SYSTEM, which, text, offers))

    async def typing(self, conversation_id: str, lane: Lane, on: bool) -> None:
        """Show or end the sign that an answer is being prepared."""
        if lane.typing != on:
            lane.typing = on
            await self._outlets.typing(conversation_id, on)

    async def _say(self, message: MessageView, lane: Lane, reply: Reply) -> None:
        try:
            stored, created = await self._archive.reply(message, reply)
        except NotEligible:
            return  # a person has taken over meanwhile: what the bot was about to say stays unsaid
        lane.last_word = asyncio.get_running_loop().time()
        if created:
            self._metrics.messages.labels(lane.conversation.channel if lane.conversation else "", reply.sender).inc()
            await self._outlets.said(stored)
