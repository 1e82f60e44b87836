"""Chatwoot as the place where people answer customers.

A hand-off becomes a conversation in one of Chatwoot's API inboxes. What the customer says is posted there, what an
agent says there reaches the customer through `gateway.takeover.Takeover`, as from our own desk. Everything is carried
from the store: a claim per hand-off lets one gateway do it, numbers on both sides say how far it came, and our own id
in every message tells our words from theirs. Webhooks only say that it is time to look.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import TypeVar

from sqlalchemy.orm import Session

from crm.domain import HandoffState, HandoffView, MessageView, Role, Sender, StaffMember
from crm.domain.audit import Actor
from crm.errors import CrmError
from crm.services import customer_names, handoffs, relays, transcripts
from crm.services.relays import Relay
from gateway.announcer import Announcer
from gateway.archive import Archive
from gateway.clock import Clock
from gateway.desk.views import discreet
from gateway.live.announcements import Announcements
from gateway.live.bus import CONVERSATIONS, QUEUE, Bus
from gateway.metrics import Metrics
from gateway.news import news
from gateway.outlets import Outlets
from gateway.takeover import Takeover
from gateway.targets.chatwoot_api import Away, ChatwootApi, Rejected, RemoteMessage
from gateway.targets.settings import TargetSettings
from gateway.texts import Texts

T = TypeVar("T")

log = logging.getLogger("gateway.chatwoot")

NAME = "chatwoot"
DISPOSITION = "solved"
_EVERY = 1.0  # seconds; what is said in other processes is not always told on the bus
_TELL_AFTER = 2  # attempts that failed, then the customer is told
_LONGEST_NOTE = 20_000  # characters; Chatwoot takes 150,000
_MOST_SAID = 60  # messages of the transcript in a note


class ChatwootTarget:
    """A `HandoffTarget` that carries hand-offs to Chatwoot and back. `attach` it to what it speaks through first."""

    def __init__(
        self,
        archive: Archive,
        bus: Bus,
        outlets: Outlets,
        announcements: Announcements,
        texts: Texts,
        clock: Clock,
        metrics: Metrics,
        settings: TargetSettings,
        longest: int,
    ) -> None:
        self._archive = archive
        self._bus = bus
        self._outlets = outlets
        self._announcements = announcements
        self._announcer = Announcer(texts)
        self._texts = texts
        self._clock = clock
        self._metrics = metrics
        self._settings = settings
        self._longest = longest
        self._api = ChatwootApi(settings)
        self._news = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._takeover: Takeover

    def attach(self, takeover: Takeover) -> None:
        """Speak to customers through `takeover`."""
        self._takeover = takeover

    async def start(self) -> None:
        """See `HandoffTarget.start`."""
        self._tasks = [asyncio.create_task(self._run()), asyncio.create_task(self._listen())]

    async def close(self) -> None:
        """See `HandoffTarget.close`."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._api.close()

    async def changed(self, handoff: HandoffView) -> None:
        """See `HandoffTarget.changed`."""
        self._news.set()

    async def poke(self, remote_id: int) -> None:
        """Something happened in a conversation over there."""
        now = self._clock()
        if await self._archive.write(lambda session: relays.poke(session, NAME, remote_id, now), Actor.system()):
            self._news.set()

    async def work(self) -> int:
        """Carry what there is to carry now; returns how many hand-offs were worked on."""
        now = self._clock()
        if not await self._archive.read(lambda session: relays.is_due(session, NAME, now), Actor.system()):
            return 0
        again = timedelta(seconds=self._settings.chatwoot_look_seconds)

        def verb(session: Session) -> list[Relay]:
            relays.adopt(session, NAME, now)
            return relays.claim(session, NAME, now, look_again=again)

        claimed = await self._archive.write(verb, Actor.system())
        await asyncio.gather(*map(self._tend, claimed))
        return len(claimed)

    async def _run(self) -> None:
        while True:
            try:
                while await self.work():
                    pass
            except Exception:
                self._metrics.errors.labels(NAME).inc()
                log.exception("a round failed; it is tried again")
            await news(self._news, _EVERY)

    async def _listen(self) -> None:
        async with self._bus.subscribe(QUEUE, CONVERSATIONS) as events:
            async for event in events:
                if event.kind != "typing":
                    self._news.set()

    async def _tend(self, relay: Relay) -> None:
        """One claim, to its end: what cannot be done now is done later."""
        try:
            async with asyncio.timeout(relays.LEASE.total_seconds() * 0.8):
                done = await _Errand(self, relay).run()
            await self._let_go(relay, done=done)
        except relays.Lost:  # another gateway has it meanwhile, and carries on from where we were
            log.warning("a conversation is carried by another gateway now")
        except (Away, Rejected, TimeoutError, CrmError) as error:
            self._metrics.errors.labels(NAME).inc()
            log.warning("hand-off %d was not carried: %s", relay.handoff_id, error or type(error).__name__)
            await self._put_off(relay)
        except Exception:
            self._metrics.errors.labels(NAME).inc()
            log.exception("hand-off %d was not carried", relay.handoff_id)
            await self._put_off(relay)

    async def _let_go(self, relay: Relay, *, done: bool) -> None:
        now = self._clock()

        def verb(session: Session) -> None:
            relays.keep_present(session, relay.handoff_id, now)
            relays.let_go(session, relay, retry_at=None, done=done, now=now)

        await self._archive.write(verb, Actor.system())

    async def _put_off(self, relay: Relay) -> None:
        """Try again later, and tell the customer when it lasts."""
        now, first = self._clock(), self._settings.chatwoot_retry_first
        pause = min(first * 2 ** min(relay.attempts - 1, 16), self._settings.chatwoot_retry_longest)
        tell = relay.attempts >= _TELL_AFTER

        def verb(session: Session) -> list[MessageView]:
            relays.let_go(session, relay, retry_at=now + timedelta(seconds=pause), done=False, now=now)
            view = handoffs.get(session, relay.handoff_id)
            return self._announcer.out_of_reach(session, view, now) if tell and not view.is_over else []

        with suppress(relays.Lost):
            for message in await self._archive.write(verb, Actor.system()):
                await self._outlets.said(message)


class _Errand:
    """What is to be done for one hand-off now: open it there, post what was said here, say what was said there."""

    def __init__(self, target: ChatwootTarget, relay: Relay) -> None:
        self._target = target
        self._api = target._api
        self._relay = relay
        self._remote = relay.remote_id or 0
        self._view: HandoffView
        self._posted: frozenset[str] = frozenset()

    async def run(self) -> bool:
        """Do it; True when there will be nothing more to do."""
        relay = self._relay
        self._view, said = await self._read(lambda session: relays.unsaid(session, relay))
        if relay.remote_id is None:
            if self._view.is_over:
                return True
            await self._open()
        if relay.attempts > 1:  # an earlier attempt did not come to its end: its last words may be there already
            self._posted = frozenset(each.ours for each in await self._api.messages(self._remote, relay.heard_id))
        if not relay.noted:
            await self._post(f"note-{relay.handoff_id}", await self._read(self._note), private=True)
            await self._save(noted=True)
        for message in said:
            await self._carry(message)
        status = await self._api.status(self._remote)  # before the messages: whatever is said before an end, is said
        for remote in await self._api.messages(self._remote, relay.heard_id):
            await self._hear(remote)
        return await self._end(status)

    async def _open(self) -> None:
        relay = self._relay
        name = await self._read(self._name)
        contact_id, source_id = await self._api.contact(f"careline-{relay.conversation_id}", name)
        look = relay.attempts > 1
        self._remote = await self._api.conversation(contact_id, source_id, relay.handoff_id, look=look)
        await self._save(contact_id=contact_id, remote_id=self._remote)

    async def _carry(self, message: MessageView) -> None:
        """Post one of our messages, if it is for them; theirs came from there."""
        if message.sender is Sender.CUSTOMER:
            await self._post(message.id, self._words(message), private=False)
        elif message.sender is Sender.BOT and message.text:
            text = self._text("chatwoot.bot_said", text=message.text)
            await self._post(f"{message.in_reply_to}.{message.ordinal}", text, private=True)
        await self._save(carried_seq=message.seq)

    async def _hear(self, remote: RemoteMessage) -> None:
        """Say to the customer what an agent said; all of it at once or, when it is long, in pieces."""
        if remote.is_said and not self._view.is_over:
            member = await self._member(remote.agent)
            if self._view.employee_id != member.employee_id or not self._view.state.is_with_person:
                self._view = await self._target._takeover.take_over(member, self._view.id)
            text = "\n".join((remote.text, *remote.files)).strip()
            longest = self._target._longest
            for start in range(0, len(text), longest):
                await self._target._takeover.say(
                    member, self._relay.conversation_id, text[start : start + longest],
                    message_id=f"{NAME}-{remote.id:08}-{start // longest}",
                )  # fmt: skip
        await self._save(heard_id=remote.id)

    async def _end(self, status: str) -> bool:
        """Bring both sides to the same end; True when both are there."""
        self._view = await self._read(lambda session: handoffs.get(session, self._relay.handoff_id))
        view = self._view
        if not view.is_over and status == "resolved":
            await self._resolved(view)
        elif view.state.is_with_person and status == "pending":  # over there: a bot has it
            self._view = await self._target._takeover.give_back(self._holder(view), view.id)
        if not self._view.is_over:
            return False
        if self._view.state is not HandoffState.RETURNED and status != "resolved":
            await self._api.resolve(self._remote)
        return True

    async def _resolved(self, view: HandoffView) -> None:
        """It was resolved over there: settled by whoever had it, or nobody wanted to take it."""
        if view.state.is_with_person:
            takeover = self._target._takeover
            self._view = await takeover.close(self._holder(view), view.id, disposition=DISPOSITION)
            return
        now, announcer = self._target._clock(), self._target._announcer

        def verb(session: Session) -> tuple[HandoffView, list[MessageView]]:
            expired = handoffs.expire(session, view.id, now=now)
            return expired, announcer.changed(session, expired, now)

        self._view, said = await self._target._archive.write(verb, Actor.system())
        for message in said:
            await self._target._outlets.said(message)
        await self._target._announcements.changed(self._view)

    async def _member(self, agent: tuple[int, str]) -> StaffMember:
        """An agent as a member of staff, under the name that Chatwoot shows customers."""
        now, name = self._target._clock(), agent[1] or self._text("chatwoot.colleague")
        employee_id = await self._target._archive.write(
            lambda session: relays.employee_for(session, NAME, agent[0], name, now), Actor.system()
        )
        return _member(employee_id, name)

    @staticmethod
    def _holder(view: HandoffView) -> StaffMember:
        """Whoever has it now, in whose name it ends."""
        return _member(view.employee_id or 0, view.employee_name or "")

    async def _post(self, ours: str, text: str, *, private: bool) -> None:
        if ours not in self._posted:
            await self._api.post(self._remote, text, ours, private=private)

    async def _save(self, **values: object) -> None:
        await self._target._archive.write(lambda session: relays.save(session, self._relay, **values), Actor.system())

    async def _read(self, verb: Callable[[Session], T]) -> T:
        return await self._target._archive.read(verb, Actor.system())

    def _words(self, message: MessageView) -> str:
        files = [self._text("chatwoot.file", name=file.name) for file in message.attachments]
        return "\n".join(part for part in (message.text, *files) if part)

    def _name(self, session: Session) -> str:
        names = customer_names.names_of(session, [self._view.customer_id])
        return discreet(names.get(self._view.customer_id or 0)) or self._text("chatwoot.customer")

    def _note(self, session: Session) -> str:
        """What an agent has to know: the reason, the summary, and what was said, masked."""
        found = transcripts.transcript(session, self._relay.conversation_id, limit=_MOST_SAID)
        said = [entry.message for entry in found.entries if entry.message.seq <= self._relay.carried_seq]
        lines = [f"{self._text(f'chatwoot.said_{each.sender}')}: {each.text}" for each in said if each.text]
        head = self._text("chatwoot.note", reason=self._text(f"chatwoot.reason_{self._view.reason}"))
        return "\n".join((head, self._view.summary, "", *lines))[:_LONGEST_NOTE]

    def _text(self, key: str, **values: object) -> str:
        return self._target._texts.get(self._view.language, key, **values)


def _member(employee_id: int, name: str) -> StaffMember:
    """Somebody who works in another product: no account of ours, so number 0 in the audit, on the channel `api`."""
    return StaffMember(0, employee_id, name, Role.AGENT, frozenset(), "en", "auto", "", "")
