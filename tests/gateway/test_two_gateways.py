"""Two gateways on one store, whatever happens to them: nothing is lost, doubled or out of order."""

import asyncio
import itertools
import shutil
import tempfile
from contextlib import AsyncExitStack
from datetime import datetime, timezone
from functools import partial
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from crm.domain import Owner, Sender
from crm.domain.staff import Role, StaffMember
from crm.errors import NotEligible
from crm.services import conversations, handoffs
from gateway import crew
from gateway.app import Gateway
from gateway.conversation import Incoming
from gateway.live.follower import Follower
from tests.factories import handoffs as make
from tests.gateway.harness import PATIENCE, House
from tests.gateway.lines import Line

GATEWAYS = st.sampled_from([0, 1])


class Tab:
    """A customer's browser tab: it may be open at any gateway, lose its line, and come back with what it has."""

    def __init__(self, conversation_id: str) -> None:
        self.conversation_id = conversation_id
        self.seen: list[str] = []
        self._last = 0
        self._visit = 0
        self._follower: Follower | None = None

    async def open_at(self, gateway: Gateway) -> None:
        """Ask for what was missed, then listen."""
        self._visit += 1
        self._follower = Follower(
            gateway.archive, self.conversation_id, self._last, partial(self._deliver, self._visit)
        )
        if self not in gateway.relay._outlets:
            gateway.relay.attach(self)
        await self._follower.catch_up()

    async def _deliver(self, visit: int, message) -> None:
        if visit != self._visit:
            return  # on its way to a page that was left
        assert message.seq == self._last + 1, "out of order"
        self._last = message.seq
        self.seen.append(message.id)

    async def news(self, conversation_id, message) -> None:
        if self._follower and conversation_id == self.conversation_id:
            await self._follower.catch_up(message)

    async def resync(self) -> None:
        if self._follower:
            await self._follower.catch_up()

    async def typing(self, *_) -> None: ...
    async def over(self, *_) -> None: ...
    async def handoff(self, *_) -> None: ...
    async def language(self, *_) -> None: ...
    async def closed(self, *_) -> None: ...


class TwoGateways(RuleBasedStateMachine):
    """Customers, two colleagues and two gateways; any of them may vanish and come back."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="careline-two-"))
        self.runner = asyncio.Runner()
        self.numbers = itertools.count(1)
        self.ends: list[Line] = []
        self.said: list[tuple[str, str]] = []  # who, message id, as acknowledged

    def do(self, work):
        return self.runner.run(work)

    @initialize()
    def begin(self) -> None:
        self.home = House(self.folder, gateway_patience=0.5, dispatch_seconds=30.0, catch_up_seconds=30.0)
        self.gateways: list[Gateway | None] = [None, None]
        self.lives: list[AsyncExitStack | None] = [None, None]
        with self.home.store.session() as session:
            chat = conversations.open_conversation(session, channel="chat", browser="b", now=_now())
            ids = [make.an_agent(session, now=_now(), name=name, capacity=9).id for name in ("Maria", "Omar")]
        self.members = [StaffMember(i, i, f"agent {i}", Role.AGENT, frozenset(), "en", "auto", "s", "c") for i in ids]
        self.chat = chat.id
        self.tab = Tab(chat.id)
        self.do(self.home.bot_served.start())
        for number in (0, 1):
            self.do(self._start(number))
        self.do(self.tab.open_at(self.gateways[0]))

    async def _start(self, number: int) -> None:
        gateway = Gateway(self.home.settings, bus=Line(self.ends))
        stack = AsyncExitStack()
        await stack.enter_async_context(gateway._lifespan(gateway.http))
        assert await gateway.work.is_ready(PATIENCE)
        self.gateways[number], self.lives[number] = gateway, stack

    async def _kill(self, number: int) -> None:
        """As SIGKILL does: nothing is given back and nobody is told."""
        gateway, stack = self.gateways[number], self.lives[number]
        self.gateways[number] = self.lives[number] = None
        crew._living.discard(gateway.work.crew.id)
        gateway.work.crew.id = ""
        gateway.bus.cut = True
        await stack.aclose()
        self.ends.remove(gateway.bus)

    def at(self, number: int) -> Gateway:
        """That gateway, or the other while it is down."""
        return self.gateways[number] or self.gateways[1 - number]

    # --- what can happen

    @rule(at=GATEWAYS, twice=st.booleans())
    def the_customer_says_something(self, at: int, twice: bool) -> None:
        message_id = f"customer-{next(self.numbers):04}"
        for gateway in [self.at(at), *([self.at(1 - at)] if twice else [])]:
            self.do(gateway.conversations.receive(Incoming(self.chat, message_id, message_id)))
        self.said.append(("customer", message_id))

    @rule()
    def a_person_is_asked_for(self) -> None:
        with self.home.store.session() as session:  # as the action server does: without a word to the gateways
            handoffs.request(session, self.chat, reason="asked_for", summary="wants a person", now=_now())

    @rule(at=GATEWAYS, who=GATEWAYS)
    def an_agent_takes_it(self, at: int, who: int) -> None:
        view = self._open()
        if view:
            try:
                self.do(self.at(at).takeover.take(self.members[who], view.id, force=True))
            except NotEligible:
                assert view.employee_id not in (None, self.members[who].employee_id)

    @rule(at=GATEWAYS, who=GATEWAYS, twice=st.booleans())
    def an_agent_says_something(self, at: int, who: int, twice: bool) -> None:
        message_id = f"agent-{next(self.numbers):06}"
        view = self._open()
        theirs = view is not None and view.employee_id == self.members[who].employee_id
        try:
            for gateway in [self.at(at), *([self.at(1 - at)] if twice else [])]:
                self.do(gateway.takeover.say(self.members[who], self.chat, "word", message_id=message_id))
            assert theirs
            self.said.append(("agent", message_id))
        except NotEligible:
            assert not theirs

    @rule(at=GATEWAYS, back=st.booleans())
    def it_ends(self, at: int, back: bool) -> None:
        view = self._open()
        member = next((m for m in self.members if view and m.employee_id == view.employee_id), None)
        if member and back:
            self.do(self.at(at).takeover.give_back(member, view.id))
        elif member:
            self.do(self.at(at).takeover.close(member, view.id, disposition="solved"))

    @precondition(lambda self: all(self.gateways))
    @rule(number=GATEWAYS)
    def a_gateway_is_killed(self, number: int) -> None:
        self.do(self._kill(number))

    @precondition(lambda self: not all(self.gateways))
    @rule()
    def it_comes_back(self) -> None:
        self.do(self._start(self.gateways.index(None)))

    @rule(at=GATEWAYS)
    def the_customer_reloads(self, at: int) -> None:
        self.do(self.tab.open_at(self.at(at)))

    @rule(at=GATEWAYS)
    def the_line_between_them_is_cut(self, at: int) -> None:
        self.at(at).bus.cut = True

    @rule()
    def the_line_is_mended(self) -> None:
        for end in self.ends:
            end.mend()

    @rule()
    def time_passes(self) -> None:
        self.do(asyncio.sleep(0))

    # --- what holds in the end

    def teardown(self) -> None:
        try:
            if hasattr(self, "gateways"):
                self.do(self._check())
        finally:
            self.do(self._clean_up())
            self.runner.close()
            shutil.rmtree(self.folder, ignore_errors=True)

    async def _check(self) -> None:
        async with asyncio.timeout(PATIENCE):
            while waiting := self._waiting():
                assert waiting
                await asyncio.sleep(0.02)
        gateway = self.at(0)
        await self.tab.open_at(gateway)
        with self.home.store.reading() as session:
            told = conversations.history(session, self.chat, limit=1_000)
            chat = conversations.get_conversation(session, self.chat)
            view = handoffs.open_in(session, self.chat)
        assert self.tab.seen == [message.id for message in told], "lost, doubled or out of order"
        assert (chat.owner is Owner.PERSON) == bool(view and view.state.is_with_person)
        people = [m for m in told if m.sender in (Sender.CUSTOMER, Sender.AGENT)]
        assert [(str(m.sender), m.id) for m in people] == self.said
        self._check_bot(told)

    def _check_bot(self, told) -> None:
        answers = [m.in_reply_to for m in told if m.sender is Sender.BOT]
        assert len(answers) == len(set(answers)), "answered twice"
        order = {m.id: m.seq for m in told}
        assert answers == sorted(answers, key=order.__getitem__), "answered in another order"
        with_person = False
        for message in told:
            if message.sender is Sender.SYSTEM:
                with_person = (message.in_reply_to or "").startswith("accepted-")
            assert not (with_person and message.sender is Sender.BOT), "the bot spoke beside a person"

    def _waiting(self) -> bool:
        with self.home.store.reading() as session:
            return bool(conversations.unanswered(session))

    def _open(self):
        with self.home.store.reading() as session:
            return handoffs.open_in(session, self.chat)

    async def _clean_up(self) -> None:
        for stack in getattr(self, "lives", ()):
            if stack:
                await stack.aclose()
        if hasattr(self, "home"):
            await self.home.bot_served.stop()
            self.home.store.close()


def _now() -> datetime:
    return datetime.now(timezone.utc)


TestTwoGateways = TwoGateways.TestCase
TestTwoGateways.settings = settings(max_examples=8, stateful_step_count=20, deadline=None)
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
