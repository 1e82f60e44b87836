"""`python -m gateway` as processes that a test may kill."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import httpx

from tests.gateway.harness import PATIENCE, House

ROOT = Path(__file__).parents[2]


async def gateway_process(home: House, port: int):
    """A gateway as a process of its own on `port`, once it answers."""
    environment = {
        **os.environ,
        "CARELINE_VAR": str(home.settings.var),
        "CARELINE_VOICE": "off",
        "CARELINE_PORT": str(port),
        "CARELINE_LIVE_URL": home.settings.live_url,
        "CARELINE_RASA_URLS": home.bot_served.url,
        "CARELINE_ACTIONS_URL": home.bot_served.url,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway", cwd=ROOT, env=environment, stderr=asyncio.subprocess.PIPE
    )
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http, asyncio.timeout(PATIENCE):
        while True:
            try:
                if (await http.get("/health")).status_code == 200:
                    return process
            except httpx.HTTPError:
                await asyncio.sleep(0.05)


async def kill(process) -> bytes:
    """End it as the kernel does when memory runs out; returns its log."""
    process.send_signal(signal.SIGKILL)
    _, log = await process.communicate()
    return log
