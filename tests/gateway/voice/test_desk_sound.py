"""The desk's socket to a call: who may open it, what comes through it, and what it says where the call is not."""

import asyncio
import json
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from crm.domain import Role
from crm.schema import AuditEntry
from crm.services import calls, handoffs, staff_sessions
from gateway.clock import utc_now
from gateway.desk.routes_calls import CHANGED, ELSEWHERE, FORBIDDEN, OVER
from tests.factories import crm as make
from tests.factories.handoffs import an_agent
from tests.factories.staff import an_account
from tests.gateway.harness import PATIENCE, house
from voice.ports import Caption, Who

FRAME = b"\x10\x00" * 320  # 20 ms at 16 kHz


class Stage:
    """A gateway with a call whose caller waits for a person, and colleagues."""

    def __init__(self, home):
        self.home = home
        self.bridges = home.gateway.voice.bridges
        with home.store.session() as session:
            self.call = make.a_call(session, now=utc_now()).id
            self.handoff = handoffs.request(session, self.call, reason="asked_for", summary="a crash", now=utc_now()).id

    def colleague(self, name, role=Role.AGENT):
        """The token of a session, and the employee's id."""
        now = utc_now()
        with self.home.store.session() as session:
            employee = an_agent(session, now=now, name=name, capacity=9).id
            account = an_account(session, name.lower(), role=role, employee_id=employee)
            token = staff_sessions.start(
                session, account.id, method="password", address="192.0.2.1", browser="Test",
                now=now, lasts=timedelta(hours=1),
            )  # fmt: skip
        return token, employee

    async def take(self, employee):
        with self.home.store.session() as session:
            view = handoffs.take(session, self.handoff, employee, now=utc_now(), force=True)
        await self.home.gateway.announcements.changed(view)

    def page(self, token, *, origin=None, call=None):
        headers = {"Cookie": f"careline_staff={token}"}
        url = f"{self.home.url.replace('http', 'ws')}/desk/calls/{call or self.call}/sound"
        return connect(url, additional_headers=headers, origin=origin or self.home.url, open_timeout=PATIENCE)


@asynccontextmanager
async def going_on(stage):
    with stage.bridges.open(stage.call, 8000) as bridge:
        yield bridge


@pytest.fixture
async def stage(tmp_path):
    async with house(tmp_path) as home:
        yield Stage(home)


async def told(socket):
    """The next thing that is told in words."""
    async with asyncio.timeout(PATIENCE):
        while isinstance(message := await socket.recv(), bytes):
            pass
    return json.loads(message)


async def code_of(socket):
    """Why the socket is closed."""
    async with asyncio.timeout(PATIENCE):
        with suppress(ConnectionClosed):
            while True:
                await socket.recv()
    return socket.close_code


async def test_who_has_the_call_hears_and_speaks(stage):
    token, employee = stage.colleague("Ada")
    await stage.take(employee)
    async with going_on(stage) as bridge, stage.page(token) as socket:
        assert await told(socket) == {"kind": "seat", "talks": True}
        await socket.send(FRAME)
        async with asyncio.timeout(PATIENCE):
            spoken = await anext(bridge.from_person())
            await bridge.to_person(b"\x10\x00" * 160)
            heard = await socket.recv()
    assert len(spoken) == pytest.approx(320, abs=60)  # at the call's 8 kHz
    assert len(heard) == pytest.approx(640, abs=120)  # at the desk's 16 kHz


async def test_whoever_watches_reads_what_is_said_and_hears_nothing(stage):
    token, _ = stage.colleague("Ada")
    async with going_on(stage) as bridge, stage.page(token) as socket:
        assert await told(socket) == {"kind": "seat", "talks": False}
        await bridge.to_person(b"\x10\x00" * 160)
        await bridge.caption(Caption(Who.CALLER, "what about", final=False))
        caption = await socket.recv()
    assert json.loads(caption) == {"kind": "caption", "who": "caller", "text": "what about", "final": False}


async def test_a_colleague_s_call_is_closed_to_others(stage):
    (_, ada), (bea, _) = stage.colleague("Ada"), stage.colleague("Bea")
    await stage.take(ada)
    async with going_on(stage), stage.page(bea) as socket:
        assert await code_of(socket) == FORBIDDEN


async def test_a_supervisor_reads_along_in_a_colleague_s_call(stage):
    (_, ada), (sue, _) = stage.colleague("Ada"), stage.colleague("Sue", Role.SUPERVISOR)
    await stage.take(ada)
    async with going_on(stage), stage.page(sue) as socket:
        assert await told(socket) == {"kind": "seat", "talks": False}


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null"])
async def test_a_page_of_another_site_does_not_get_in(stage, origin):
    token, _ = stage.colleague("Ada")
    async with going_on(stage), stage.page(token, origin=origin) as socket:
        assert await code_of(socket) == FORBIDDEN


async def test_nobody_gets_in_without_a_session(stage):
    async with going_on(stage), stage.page("wrong") as socket:
        assert await code_of(socket) == FORBIDDEN


async def test_who_may_not_see_the_queue_sees_no_call_and_that_is_entered(stage):
    token, _ = stage.colleague("Ann", Role.ANALYST)
    async with going_on(stage), stage.page(token) as socket:
        assert await code_of(socket) == FORBIDDEN
    with stage.home.store.reading() as session:
        refusals = select(func.count()).select_from(AuditEntry).where(AuditEntry.verb == "refused")
        assert session.scalar(refusals) == 1


async def test_a_call_of_another_gateway_is_told_to_be_elsewhere(stage):
    token, _ = stage.colleague("Ada")
    async with stage.page(token) as socket:
        assert await code_of(socket) == ELSEWHERE


async def test_a_call_that_has_ended_is_told_to_be_over(stage):
    token, _ = stage.colleague("Ada")
    with stage.home.store.session() as session:
        calls.end(session, stage.call, why="caller", now=utc_now())
    async with stage.page(token) as socket:
        assert await code_of(socket) == OVER


async def test_a_conversation_that_is_no_call_or_not_there_has_no_sound(stage):
    token, _ = stage.colleague("Ada", Role.SUPERVISOR)
    with stage.home.store.session() as session:
        chat = make.a_conversation(session, now=utc_now()).id
    for conversation_id in (chat, "0" * 32):
        async with stage.page(token, call=conversation_id) as socket:
            assert await code_of(socket) == OVER


async def test_taking_the_call_brings_the_page_back_as_the_one_who_talks(stage):
    token, employee = stage.colleague("Ada")
    async with going_on(stage):
        async with stage.page(token) as socket:
            assert await told(socket) == {"kind": "seat", "talks": False}
            await stage.take(employee)
            assert await code_of(socket) == CHANGED
        async with stage.page(token) as socket:
            assert await told(socket) == {"kind": "seat", "talks": True}


async def test_the_end_of_the_call_ends_the_socket(stage):
    token, _ = stage.colleague("Ada")
    async with going_on(stage) as bridge, stage.page(token) as socket:
        await told(socket)
        bridge.close()
        assert await told(socket) == {"kind": "over"}
        assert await code_of(socket) == OVER


async def test_a_megabyte_at_once_is_not_sound(stage):
    token, employee = stage.colleague("Ada")
    await stage.take(employee)
    async with going_on(stage), stage.page(token) as socket:
        await told(socket)
        await socket.send(bytes(100_000))
        assert await code_of(socket) == FORBIDDEN
