"""`python -m gateway` as a process: it starts, it can be killed at any moment, and what was said is answered."""

import asyncio

import pytest

from tests.gateway.harness import END, House, utterance
from tests.gateway.processes import gateway_process, kill

pytestmark = pytest.mark.slow


async def test_killed_in_mid_turn_it_answers_after_the_restart_and_logs_no_text(tmp_path):
    home = House(tmp_path)
    await home.bot_served.start()
    started, go_on = asyncio.Event(), asyncio.Event()

    def answer(turn):
        started.set()
        return [utterance(0, "first half"), go_on.wait(), utterance(1, "second half"), END]

    home.bot.answer = answer
    process = await gateway_process(home, home.served.port)
    try:
        customer = await home.customer()
        await customer.say("Unmistakable")
        await customer.hears(1)
        log = await kill(process)
        process = await gateway_process(home, home.served.port)
        back = await home.customer(session=False, token=customer.token)
        await back.open(customer.session, after=2)
        go_on.set()
        await back.hears(1)
        await back.open(customer.session)
        texts = [message["text"] for message in back.of("history")[-1]["messages"]]
        assert texts == ["Unmistakable", "first half", "second half"]
    finally:
        log += await kill(process)
        for customer in home.customers:
            await customer.leave()
        await home.bot_served.stop()
        home.store.close()
    assert b"Unmistakable" not in log
