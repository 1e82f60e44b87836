"""A page that stays open: its stream of events ends with the session, so that nobody counts as there who is out."""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta

import httpx

from crm.services import staff_sessions
from gateway.clock import utc_now
from gateway.desk import routes_events
from gateway.desk.streams import Streams
from tests.factories.staff import an_account
from tests.gateway.harness import PATIENCE, house


async def test_the_stream_of_an_open_page_ends_with_its_session(tmp_path, monkeypatch):
    monkeypatch.setattr(routes_events, "_HEARTBEAT", 0.05)
    async with house(tmp_path) as home:
        with home.store.session() as session:
            account = an_account(session, "mia")
            token = staff_sessions.start(
                session, account.id, method="password", address="", browser="", now=utc_now(), lasts=timedelta(hours=1)
            )
        async with (
            httpx.AsyncClient(base_url=home.url, timeout=PATIENCE, cookies={"careline_staff": token}) as http,
            http.stream("GET", "/desk/events", headers={"accept": "text/event-stream"}) as stream,
            asyncio.timeout(PATIENCE),
        ):
            lines = stream.aiter_lines()
            assert await anext(lines)  # it is open
            with home.store.session() as session:
                staff_sessions.end_all(session, account.id)
            assert [line async for line in lines]
            assert (await http.get("/desk/events", headers={"accept": "text/event-stream"})).status_code == 401


async def test_nobody_opens_streams_without_end(tmp_path):
    async with house(tmp_path) as home, AsyncExitStack() as stack:
        home.gateway.http.state.desk.streams = Streams(most=2)
        with home.store.session() as session:
            cookies = {"careline_staff": _logged_in(session, "mia")}
            others = {"careline_staff": _logged_in(session, "lea")}
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=home.url, timeout=PATIENCE))

        lines = []

        async def opened(who):
            asked = http.stream("GET", "/desk/events", headers={"cookie": f"careline_staff={who['careline_staff']}"})
            answer = await stack.enter_async_context(asked)
            if answer.status_code == 200:
                lines.append(answer.aiter_lines())  # a stream ends with what reads it
                await anext(lines[-1])
            return answer

        first = await opened(cookies)
        assert [(await opened(who)).status_code for who in (cookies, cookies, others)] == [200, 429, 200]
        await first.aclose()
        async with asyncio.timeout(PATIENCE):
            while (await opened(cookies)).status_code != 200:
                await asyncio.sleep(0.05)


def _logged_in(session, name):
    account = an_account(session, name)
    return staff_sessions.start(
        session, account.id, method="password", address="", browser="", now=utc_now(), lasts=timedelta(hours=1)
    )
