"""What is said stands in the event itself, for whoever may read it in that moment."""

import asyncio
import json
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import pytest

from crm.domain import Role
from crm.services import conversations, staff, staff_sessions
from gateway.clock import utc_now
from gateway.desk import routes_events
from tests.factories import handoffs as make
from tests.factories.desk import says
from tests.factories.staff import an_account
from tests.gateway.harness import PATIENCE, house


@pytest.fixture
async def home(tmp_path):
    async with house(tmp_path) as built:
        yield built


@asynccontextmanager
async def page_of(home, conversation_id: str, role: Role = Role.SUPERVISOR):
    """The `message` events of a page that shows a conversation, and whose page it is."""
    with home.store.session() as session:
        employee = make.an_agent(session, now=utc_now(), name="Mia Lang", capacity=9)
        account = an_account(session, "mia", role=role, employee_id=employee.id)
        token = staff_sessions.start(
            session, account.id, method="password", address="", browser="", now=utc_now(), lasts=timedelta(hours=1)
        )
        account_id = account.id
    async with (
        httpx.AsyncClient(base_url=home.url, timeout=PATIENCE, cookies={"careline_staff": token}) as http,
        http.stream("GET", f"/desk/events?conversation={conversation_id}") as stream,
        asyncio.timeout(PATIENCE),
    ):
        lines = stream.aiter_lines()
        await told(lines, "hello")
        yield lines, account_id


async def told(lines, name: str) -> dict:
    """The next event of a name."""
    async for line in lines:
        if line == f"event: {name}":
            return json.loads((await anext(lines)).removeprefix("data: "))
    raise AssertionError("the stream ended")


async def test_a_message_comes_with_its_words_masked(home):
    customer = await home.customer()
    async with page_of(home, customer.session) as (lines, _):
        await customer.say("my number is +1 555 010 0123, call me")
        event = await told(lines, "message")
    assert f'data-seq="{event["seq"]}"' in event["entries"]
    assert "call me" in event["entries"]
    assert "010" not in event["entries"]


async def test_what_was_said_meanwhile_comes_with_the_next_event_and_once(home):
    customer = await home.customer()
    async with page_of(home, customer.session) as (lines, _):
        await customer.say("first")
        await told(lines, "message")
        with home.store.session() as session:
            says(session, customer.session, "without an event")
            last, _ = conversations.add_reply(
                session, customer.session, in_reply_to=None, ordinal=None, text="last", now=utc_now()
            )
        await home.gateway.outlets.said(last)
        seen = ""
        while "last" not in seen:
            seen += (await told(lines, "message"))["entries"]
    assert seen.count("without an event") == seen.count("last") == 1
    assert ">first<" not in seen


async def test_who_was_logged_out_gets_no_words(home, monkeypatch):
    monkeypatch.setattr(routes_events, "_HEARTBEAT", 10 * PATIENCE)  # which would end the stream before the words come
    customer = await home.customer()
    async with page_of(home, customer.session) as (lines, account_id):
        with home.store.session() as session:
            staff_sessions.end_all(session, account_id)
        await customer.say("hello")
        assert "entries" not in await told(lines, "message")


async def test_who_may_not_read_along_any_more_gets_no_words(home):
    customer = await home.customer()
    async with page_of(home, customer.session) as (lines, account_id):
        with home.store.session() as session:
            staff.change(session, account_id, role=Role.ANALYST)
        await customer.say("hello")
        assert "entries" not in await told(lines, "message")
