"""`python -m gateway` as a process: it starts, it can be killed at any moment, and what was said is answered."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import httpx

from tests.gateway.harness import END, PATIENCE, House, utterance

ROOT = Path(__file__).parents[2]


async def gateway_process(home):
    environment = {
        **os.environ,
        "CARELINE_VAR": str(home.settings.var),
        "CARELINE_PORT": str(home.served.port),
        "CARELINE_RASA_URLS": home.bot_served.url,
        "CARELINE_ACTIONS_URL": home.bot_served.url,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway", cwd=ROOT, env=environment, stderr=asyncio.subprocess.PIPE
    )
    async with httpx.AsyncClient(base_url=home.url) as http, asyncio.timeout(PATIENCE):
        while True:
            try:
                if (await http.get("/health")).status_code == 200:
                    return process
            except httpx.HTTPError:
                await asyncio.sleep(0.05)


async def kill(process) -> bytes:
    process.send_signal(signal.SIGKILL)
    _, log = await process.communicate()
    return log


async def test_killed_in_mid_turn_it_answers_after_the_restart_and_logs_no_text(tmp_path):
    home = House(tmp_path)
    await home.bot_served.start()
    started, go_on = asyncio.Event(), asyncio.Event()

    def answer(turn):
        started.set()
        return [utterance(0, "first half"), go_on.wait(), utterance(1, "second half"), END]

    home.bot.answer = answer
    process = await gateway_process(home)
    try:
        customer = await home.customer()
        await customer.say("Unmistakable")
        await customer.hears(1)
        log = await kill(process)
        process = await gateway_process(home)
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
