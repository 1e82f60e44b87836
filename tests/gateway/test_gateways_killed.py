"""Two `python -m gateway` on one store and one Redis, one of which is killed: whoever was connected to it goes on."""

import asyncio
from datetime import datetime, timezone

import pytest

from crm.domain.staff import Role, StaffMember
from crm.services import handoffs
from gateway.app import Gateway
from tests.factories import handoffs as make
from tests.factories.brokers import redis_running
from tests.gateway.harness import END, Customer, House, Served, utterance
from tests.gateway.processes import gateway_process, kill

pytestmark = pytest.mark.slow


async def test_the_other_gateway_finishes_what_a_killed_one_had_begun(tmp_path):
    go_on = asyncio.Event()
    with redis_running(tmp_path) as redis:
        home = House(tmp_path, live_url=redis.url)
        home.bot.answer = lambda turn: [utterance(0, "first half"), go_on.wait(), utterance(1, "second half"), END]
        await home.bot_served.start()
        doomed, lasting = home.served, Served(None)
        processes = [await gateway_process(home, doomed.port), await gateway_process(home, lasting.port)]
        try:
            customer = await Customer(doomed.url).connect()
            await customer.open()
            await customer.say("hello")
            await customer.hears(1)
            await kill(processes.pop(0))
            back = await Customer(lasting.url, token=customer.token).connect()
            await back.open(customer.session, after=2)
            go_on.set()
            assert await back.hears(1) == ["second half"]
            await back.leave()
        finally:
            for process in processes:
                await kill(process)
            await home.bot_served.stop()
            home.store.close()


async def test_words_at_one_gateway_are_heard_at_the_other(tmp_path):
    with redis_running(tmp_path) as redis:
        home = House(tmp_path, live_url=redis.url)
        await home.bot_served.start()
        process = await gateway_process(home, home.served.port)
        desk = Gateway(home.settings)
        served = await Served(desk.app).start()
        try:
            customer = await Customer(home.url).connect()
            await customer.open()
            await customer.say("hello")
            await customer.hears(1)
            view, member = _wish(home, customer.session)
            await desk.takeover.take(member, view.id, force=True)
            await desk.takeover.say(member, customer.session, "Good morning")
            await customer.until(lambda: [told["text"] for told in customer.of("agent_uttered")] == ["Good morning"])
            await customer.until(lambda: any(told.get("agent") for told in customer.of("handoff")))
            async with desk.bus.subscribe("conversation:*") as events:
                await customer.say("good morning to you")
                async for event in events:
                    if event.kind == "message":
                        break
            assert (event.data["sender"], event.hint) == ("customer", None)
            await customer.leave()
        finally:
            await kill(process)
            await served.stop()
            await home.bot_served.stop()
            home.store.close()


def _wish(home, conversation_id):
    now = datetime.now(timezone.utc)
    with home.store.session() as session:
        view = handoffs.request(session, conversation_id, reason="asked_for", summary="wants a person", now=now)
        employee = make.an_agent(session, now=now, name="Maria Keller").id
    return view, StaffMember(employee, employee, "Maria Keller", Role.AGENT, frozenset(), "en", "auto", "s", "c")
