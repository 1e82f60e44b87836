"""A page that stays open: its stream of events ends with the session, so that nobody counts as there who is out."""

import asyncio
from datetime import timedelta

import httpx

from crm.services import staff_sessions
from gateway.clock import utc_now
from gateway.desk import routes_events
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
