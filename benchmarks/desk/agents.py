"""Colleagues at the desk, as their pages behave: one stream of events a page, and what an event makes it read anew."""

import asyncio
import json
import re
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from benchmarks.desk.customers import Heard
from benchmarks.desk.site import Agent
from gateway.staff.requests import SESSION_COOKIE

_SEQ = re.compile(r'data-seq="(\d+)"')
_SOON = 0.2  # seconds that the page waits for more of the same before it reads its list of customers anew
_BOARD_SOON = 0.3  # the same for the board
POLLED = 2.0  # seconds between two looks of the peer


@dataclass
class Timings:
    """Seconds of what was done, by what it was."""

    of: dict[str, list[float]] = field(default_factory=dict)

    def add(self, what: str, began: float) -> None:
        """Note something that ends now."""
        self.of.setdefault(what, []).append(time.perf_counter() - began)


class Desk:
    """One colleague's browser."""

    def __init__(self, url: str, agent: Agent, hears: Heard, timings: Timings, live: bool = True) -> None:
        self._http = aiohttp.ClientSession(
            url,
            cookies={SESSION_COOKIE: agent.token},
            headers={"X-CSRF-Token": agent.csrf},
            timeout=aiohttp.ClientTimeout(total=None),
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=3),  # the gateway closes idle ones after 5 s,
        )
        self._hears = hears
        self._timings = timings
        self._tasks: list[asyncio.Task[None]] = []
        self._due: dict[str, asyncio.Task[None]] = {}
        self.live = live

    async def take(self, handoff_id: int) -> None:
        """Take a customer out of the queue."""
        began = time.perf_counter()
        await self._post(f"/desk/handoffs/{handoff_id}/take")
        self._timings.add("take", began)

    async def close_handoff(self, handoff_id: int) -> None:
        """End a customer's conversation."""
        await self._post(f"/desk/handoffs/{handoff_id}/close", disposition="solved")

    async def say(self, conversation_id: str, text: str) -> None:
        """Write to a customer."""
        began = time.perf_counter()
        await self._post(f"/desk/conversations/{conversation_id}/say", text=text, message_id=uuid.uuid4().hex)
        self._timings.add("say", began)

    async def open_conversation(self, conversation_id: str) -> None:
        """Open a conversation's page and keep it open."""
        page = _Page(self, conversation_id)
        html = await self.get(f"/desk/conversations/{conversation_id}")
        page.see(html)
        for part in ("summary", "suggestions", "sidebar"):
            await self.get(f"/desk/conversations/{conversation_id}/{part}")
        self._keep(page.stay(f"/desk/events?conversation={conversation_id}"))

    async def open_board(self) -> None:
        """Open the live board and keep it open."""
        await self.get("/desk/board")
        self._keep(_Board(self).stay("/desk/events?board=1"))

    async def get(self, path: str) -> str:
        """A page or a fragment. Raises `RuntimeError` unless it is there."""
        async with self._http.get(path) as answer:
            if answer.status != 200:
                raise RuntimeError(f"GET {path}: {answer.status}")
            return await answer.text()

    async def timed(self, what: str, path: str) -> str:
        """The same, and how long it took."""
        began = time.perf_counter()
        text = await self.get(path)
        self._timings.add(what, began)
        return text

    def see(self, html: str) -> None:
        """What stands on the screen."""
        self._hears.see(html)

    async def stream(self, path: str) -> aiohttp.ClientResponse:
        """The events of a page."""
        return await self._http.get(path, headers={"Accept": "text/event-stream"})

    def soon(self, key: str, what: str, path: str, after: float = _SOON) -> None:
        """Read something anew a little later, once however often it is asked for meanwhile."""
        if key not in self._due or self._due[key].done():
            self._due[key] = asyncio.create_task(self._later(what, path, after))

    async def leave(self) -> None:
        """Close all pages."""
        for task in [*self._tasks, *self._due.values()]:
            task.cancel()
        await asyncio.gather(*self._tasks, *self._due.values(), return_exceptions=True)
        await self._http.close()

    async def _later(self, what: str, path: str, after: float) -> None:
        await asyncio.sleep(after)
        await self.timed(what, path)

    async def _post(self, path: str, **values: str) -> None:
        async with self._http.post(path, data=values, headers={"HX-Request": "true"}) as answer:
            text = await answer.text()
            if answer.status >= 400:
                raise RuntimeError(f"POST {path}: {answer.status} {text[:200]}")

    def _keep(self, work: Any) -> None:
        self._tasks.append(asyncio.create_task(work))


class _Page:
    """A conversation on the screen."""

    def __init__(self, desk: Desk, conversation_id: str) -> None:
        self._desk = desk
        self._id = conversation_id
        self._last = 0
        self._reading = asyncio.Lock()

    def see(self, html: str) -> None:
        self._last = max([self._last, *map(int, _SEQ.findall(html))])
        self._desk.see(html)

    async def stay(self, path: str) -> None:
        if not self._desk.live:
            await self._poll()
            return
        async with await self._desk.stream(path) as answer:
            async for name, data in _events(answer):
                if name == "message" and data.get("conversation") == self._id:
                    await self._take(data)
                if name in ("mine", "handoff"):
                    self._desk.soon(self._id, "list of customers", f"/desk/mine?current={self._id}")
                if name == "handoff":
                    for part in ("head", "summary"):
                        self._desk.soon(f"{self._id} {part}", part, f"/desk/conversations/{self._id}/{part}")

    async def _take(self, data: dict[str, Any]) -> None:
        """A message that comes with its words stands on the screen; if one before it is missing, the page asks."""
        entries = data.get("entries")
        first = _SEQ.search(entries or "")
        if entries is None or (first and int(first.group(1)) > self._last + 1):
            await self._read()
        else:
            self.see(entries)
        if data.get("sender") == "customer":
            self._desk.soon(f"{self._id} help", "suggestions", f"/desk/conversations/{self._id}/suggestions", after=0)

    async def _poll(self) -> None:
        """What a page does that is told nothing."""
        while True:
            await asyncio.sleep(POLLED)
            await self._read()
            await self._desk.timed("list of customers", f"/desk/mine?current={self._id}")

    async def _read(self) -> None:
        async with self._reading:
            path = f"/desk/conversations/{self._id}/entries?after={self._last}"
            self.see(await self._desk.timed("new messages", path))


class _Board:
    """The live board on the screen."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def stay(self, path: str) -> None:
        if not self._desk.live:
            while True:
                await asyncio.sleep(POLLED)
                await self._desk.timed("board", "/desk/board/now")
        async with await self._desk.stream(path) as answer:
            async for name, _ in _events(answer):
                if name in ("board", "queue"):
                    self._desk.soon("board", "board", "/desk/board/now", after=_BOARD_SOON)


async def _events(answer: aiohttp.ClientResponse) -> Any:
    """Server-sent events, as name and data."""
    name = ""
    async for line in answer.content:
        text = line.decode().rstrip("\n")
        if text.startswith("event: "):
            name = text[7:]
        elif text.startswith("data: ") and name:
            with suppress(ValueError):
                yield name, json.loads(text[6:])
            name = ""
