"""WebSocket transports behind a real server, and a client for them."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import websockets
from fastapi import FastAPI

from gateway.clock import utc_now
from gateway.metrics import Metrics
from gateway.origins import Origins
from gateway.sessions import BrowserCookie, Browsers
from gateway.texts import Texts
from gateway.voice.browser import BrowserCalls
from gateway.voice.settings import LineSettings
from gateway.voice.tokens import Tickets
from gateway.voice.twilio import TwilioCalls
from tests.gateway.harness import PATIENCE, Served
from tests.gateway.voice.telephone import ScriptedCalls, Talk
from vault import Vault


class Door:
    """A server of the browser's and Twilio's calls, which are served as the test says."""

    def __init__(self, folder, talk: Talk, **options: Any) -> None:
        self.calls = ScriptedCalls(talk)
        settings = LineSettings(**options)
        vault, texts, metrics = Vault.load(folder / "master.key"), Texts(), Metrics()
        self.browsers = Browsers(vault, utc_now)
        self.app = app = FastAPI()
        tickets = Tickets(vault, "call", utc_now)
        browser = BrowserCalls(self.calls, tickets, self.browsers, Origins(()), texts, "en", metrics, settings)
        app.include_router(browser.router)
        twilio = TwilioCalls(self.calls, Tickets(vault, "twilio", utc_now), texts, "en", metrics, settings)
        app.include_router(twilio.router)
        self.served = Served(BrowserCookie(app, self.browsers, secure=False))
        self.http = httpx.AsyncClient(base_url=self.served.url, timeout=PATIENCE)

    async def ticket(self, **headers: str) -> httpx.Response:
        return await self.http.post("/voice/browser/ticket", headers=headers)

    @asynccontextmanager
    async def socket(self, path: str, **options: Any) -> AsyncIterator["Socket"]:
        url = self.served.url.replace("http", "ws") + path
        async with websockets.connect(url, open_timeout=PATIENCE, **options) as connection:
            yield Socket(connection)

    @asynccontextmanager
    async def browser(self, language: str = "en") -> AsyncIterator["Socket"]:
        """A browser that is being served."""
        ticket = (await self.ticket()).json()["ticket"]
        async with self.socket("/voice/browser") as socket:
            await socket.tell(type="hello", ticket=ticket, language=language)
            assert await socket.hear() == {"type": "ready", "rate": 16000}
            yield socket


@asynccontextmanager
async def door(folder, talk: Talk, **options: Any) -> AsyncIterator[Door]:
    built = Door(folder, talk, **options)
    await built.served.start()
    try:
        yield built
    finally:
        await built.http.aclose()
        await built.served.stop()


class Socket:
    """A client's end of a WebSocket."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    async def tell(self, **message: Any) -> None:
        await self.connection.send(json.dumps(message))

    async def send(self, content: bytes | str) -> None:
        await self.connection.send(content)

    async def hear(self) -> Any:
        """The next message, JSON read; None when it is closed."""
        try:
            message = await self.connection.recv()
        except websockets.ConnectionClosed:
            return None
        return message if isinstance(message, bytes) else json.loads(message)

    async def hear_all(self) -> list[Any]:
        heard = []
        while (message := await self.hear()) is not None:
            heard.append(message)
        return heard
