"""The conversation behind a call: the caller's words go in by the one door, what is said comes back by an outlet."""

import asyncio
import logging
import re
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

from crm.domain import ConversationView, MessageStatus, MessageView, Sender
from gateway.archive import Archive
from gateway.conversation import Conversations, Incoming
from gateway.errors import Refusal
from gateway.live.announcements import Announcements
from gateway.live.follower import Follower
from gateway.outlets import BOT
from gateway.speech import PERSON
from gateway.texts import Texts
from gateway.voice.lost import wait_no_more
from gateway.voice.record import CallRecord, spoken
from voice.errors import AssistantUnavailable
from voice.ports import (
    AssistantEvent,
    Expectation,
    Kind,
    Line,
    Option,
    Over,
    Said,
    TurnOver,
    Utterance,
    Waiting,
    Who,
    WithBot,
    WithPerson,
    Working,
)

log = logging.getLogger("gateway.voice")

CHANNEL = "voice"
_HAN = re.compile("[\u3400-\u9fff]")
_WORDS = re.compile(r"[A-Za-z]{2,}\W+[A-Za-z]{2,}")
_FIELDS = ("about", "least", "most", "confirm", "interruptible")


class GatewayAssistant:
    """A `voice.ports.Assistant`; one a call."""

    def __init__(
        self,
        conversation: ConversationView,
        conversations: Conversations,
        archive: Archive,
        announcements: Announcements,
        texts: Texts,
        record: CallRecord,
        queue: str | None,
        asked: Callable[[], None],
        leave: Callable[[], None],
    ) -> None:
        """`queue` of the telephone system gets calls that a person takes; `asked` is called when the caller has said
        something, `leave` once, at the end."""
        self.language = conversation.language
        self.conversation_id = conversation.id
        self._conversations = conversations
        self._archive = archive
        self._announcements = announcements
        self._texts = texts
        self._record = record
        self._queue = queue
        self._asked = asked
        self._leave = leave
        self._events: asyncio.Queue[AssistantEvent | None] = asyncio.Queue()
        self._follower = Follower(archive, conversation.id, conversation.last_seq, self._deliver)
        self._unsettled: dict[str, int] = {}
        self._expectation: Expectation | None = None
        self._person: str | None = None
        self._position: int | None = None
        self._spoke_last: str | None = None
        self._is_over = False

    # --- voice.ports.Assistant

    async def say(self, said: Said) -> None:
        """See `Assistant.say`."""
        self._asked()
        expected, message_id = self._expectation, str(uuid.uuid4())
        incoming = Incoming(self.conversation_id, said.text, message_id, channel=CHANNEL, spoken=spoken(said))
        await self._receive(incoming)
        await self._record.said(message_id, said, expected)

    async def noticed(self, what: str, **facts: str | int | float | bool) -> None:
        """See `Assistant.noticed`."""
        await self._record.noticed(what, facts)

    async def wants_person(self) -> None:
        """See `Assistant.wants_person`: as if the button had been pressed that a chat offers."""
        text = self._texts.get(self.language, "replies.person")
        await self._receive(Incoming(self.conversation_id, text, str(uuid.uuid4()), channel=CHANNEL, command=PERSON))

    async def events(self) -> AsyncIterator[AssistantEvent]:
        """See `Assistant.events`."""
        while (event := await self._events.get()) is not None:
            yield event

    async def end(self, why: str) -> None:
        """See `Assistant.end`."""
        if not self._is_over:
            self._is_over = True
            self._leave()
            self._events.put_nowait(None)
            await self._record.ended(why)
            if why != "transferred":
                await self._wait_no_more()

    # --- what the outlet hears of this conversation

    async def news(self, message: MessageView | None) -> None:
        """Somebody said something."""
        await self._follower.catch_up(message)

    async def typing(self, who: str, on: bool) -> None:
        """An answer is being prepared, or no longer."""
        if who == BOT:
            self._events.put_nowait(Working(on))

    async def over(self, message_id: str) -> None:
        """Everything was said to a message."""
        if self._unsettled.pop(message_id, None) is not None:
            await self._follower.catch_up()
            self._events.put_nowait(TurnOver())

    async def handoff(self) -> None:
        """A person came or went, or the wait for one changed."""
        standing = (await self._archive.standings([self.conversation_id])).get(self.conversation_id)
        person = standing.agent if standing else None
        position = standing.position if standing and person is None else None
        left = self._person is not None or self._position is not None
        if person != self._person:
            self._person, self._spoke_last = person, None
            self._events.put_nowait(WithBot() if person is None else WithPerson(person, self._queue))
            left = False
        if person is None and position != self._position:
            if position is not None:
                self._events.put_nowait(Waiting(position))
            elif left:
                self._events.put_nowait(WithBot())
        self._position = position

    async def speak(self, language: str) -> None:
        """Go on in another language."""
        self.language = language

    async def closed(self, language: str) -> None:
        """The conversation was erased; the last word is said in `language`."""
        text = self._texts.get(language, "words.erased")
        self._events.put_nowait(Utterance(Who.SYSTEM, text, language))
        self._events.put_nowait(Over())

    async def resync(self) -> None:
        """Events may have been lost: hear what was missed, and whether an answer has ended meanwhile."""
        await self._follower.catch_up()
        if self._unsettled:
            said = await self._archive.history(self.conversation_id, after=min(self._unsettled.values()) - 1)
            for message in said:
                if message.id in self._unsettled and message.status is not MessageStatus.RECEIVED:
                    await self.over(message.id)

    # ---

    async def _receive(self, incoming: Incoming) -> None:
        """Hand something in and wait for its end.

        Raises:
            AssistantUnavailable: it was not stored.
        """
        message_id = str(incoming.message_id)
        self._unsettled[message_id] = self._follower.seen + 1
        try:
            await self._conversations.receive(incoming)
        except Refusal as refusal:
            del self._unsettled[message_id]
            raise AssistantUnavailable(f"The words were refused: {refusal.code}.") from refusal
        except Exception as error:  # the store is away: whatever it raises, the caller has to be told
            self._unsettled.pop(message_id, None)
            log.exception("what a caller said could not be stored")
            raise AssistantUnavailable("The words could not be stored.") from error
        self._expectation = None

    async def _wait_no_more(self) -> None:
        """Take a caller who has gone out of the queue, unless a person has something to decide or to look after."""
        try:
            await wait_no_more(self._archive, self._announcements, self.conversation_id)
        except Exception:  # the store is away: somebody will find out that nobody is there
            log.exception("a caller who has gone could not be taken out of the queue")

    async def _deliver(self, message: MessageView) -> None:
        if message.sender is Sender.CUSTOMER or not message.text:
            return
        expectation = expectation_of(message)
        if message.sender is not Sender.AGENT:
            self._spoke_last = None
            self._expectation = expectation or self._expectation
        language = language_of(message.text, self.language)
        self._events.put_nowait(Utterance(_who(message), self._text(message), language, expectation))

    def _text(self, message: MessageView) -> str:
        """What is spoken: a person's words with their name before the first of them."""
        if message.sender is not Sender.AGENT:
            return message.text
        name = str((message.data or {}).get("agent", {}).get("name", ""))
        is_known, self._spoke_last = name == self._spoke_last, name
        return message.text if is_known or not name else self._texts.get(
            self.language, "voice.agent_says", agent=name, text=message.text
        )  # fmt: skip


class Callers:
    """The calls that go on here, by conversation; an `Outlet`."""

    def __init__(
        self,
        conversations: Conversations,
        archive: Archive,
        announcements: Announcements,
        texts: Texts,
        language: str,
        new_record: Callable[[], CallRecord],
        queue: str,
    ) -> None:
        self._conversations = conversations
        self._archive = archive
        self._announcements = announcements
        self._texts = texts
        self._language = language
        self._new_record = new_record
        self._queue = queue or None
        self._calls: dict[str, GatewayAssistant] = {}

    async def open(self, line: Line, owner: str, asked: Callable[[], None] = lambda: None) -> GatewayAssistant:
        """A new conversation for a call; `owner` is the browser or the pseudonym of the number it belongs to, `asked`
        is called whenever the caller has said something."""
        language = line.language if line.language in self._texts.languages else self._language
        conversation = await self._archive.open(CHANNEL, owner, str(language))
        record = self._new_record()
        assistant = GatewayAssistant(
            conversation, self._conversations, self._archive, self._announcements, self._texts, record, self._queue,
            asked, leave=lambda: self._forget(conversation.id),
        )  # fmt: skip
        self._calls[conversation.id] = assistant
        await record.began(conversation.id, line.transport, line.caller, line.rate, conversation.language)
        return assistant

    def going_on(self) -> list[str]:
        """The conversations of the calls."""
        return list(self._calls)

    def _forget(self, conversation_id: str) -> None:
        self._calls.pop(conversation_id, None)

    # --- Outlet

    async def news(self, conversation_id: str, message: MessageView | None) -> None:
        """See `Outlet.news`."""
        if call := self._calls.get(conversation_id):
            await call.news(message)

    async def typing(self, conversation_id: str, who: str, on: bool) -> None:
        """See `Outlet.typing`."""
        if call := self._calls.get(conversation_id):
            await call.typing(who, on)

    async def over(self, conversation_id: str, message_id: str) -> None:
        """See `Outlet.over`."""
        if call := self._calls.get(conversation_id):
            await call.over(message_id)

    async def handoff(self, conversation_id: str) -> None:
        """See `Outlet.handoff`."""
        if call := self._calls.get(conversation_id):
            await call.handoff()

    async def language(self, conversation_id: str, language: str) -> None:
        """See `Outlet.language`."""
        if call := self._calls.get(conversation_id):
            await call.speak(language)

    async def closed(self, conversation_id: str, language: str) -> None:
        """See `Outlet.closed`."""
        if call := self._calls.get(conversation_id):
            await call.closed(language)

    async def resync(self) -> None:
        """See `Outlet.resync`."""
        for call in list(self._calls.values()):
            await call.resync()


def expectation_of(message: MessageView) -> Expectation | None:
    """What the question in a message expects, as the bot sends it in `data["voice"]`; None: it is no question of a
    particular kind. Whatever is not understood of it is left out."""
    told = (message.data or {}).get("voice")
    told = told if isinstance(told, dict) else {}
    options = tuple(Option(offer["title"], offer["payload"]) for offer in message.quick_replies)
    if not told and not options:
        return None
    try:
        kind = Kind(told.get("kind", Kind.FREE))
    except ValueError:
        kind = Kind.FREE
    fields: dict[str, Any] = {name: told[name] for name in _FIELDS if told.get(name) is not None}
    return replace(Expectation(kind, options=options), **fields)


def language_of(text: str, language: str) -> str:
    """The language to speak `text` in: the conversation's, unless the script shows that it is another's. The bot's
    first words in a new language come before the news that it has changed."""
    if _HAN.search(text):
        return "zh"
    return "en" if language == "zh" and _WORDS.search(text) else language


def _who(message: MessageView) -> Who:
    return {Sender.BOT: Who.BOT, Sender.AGENT: Who.AGENT}.get(message.sender, Who.SYSTEM)
