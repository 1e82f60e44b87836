"""Customers with the chat open: silent, with the bot, or with a person."""

import asyncio
import itertools
import random
import re
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import socketio

# What needs no verification: two that only speak, two that ask the action server.
SCRIPT = ("hello there", "what is a deductible?", "thank you", "how long does a claim take to be settled?")
TOKEN = re.compile(r"\bq[a-z]{8}z\b")
_AT_ONCE = 20
_ENOUGH = 30.0  # seconds; an answer that takes longer counts as this long


@dataclass
class Heard:
    """When what was said, by token, and what it took until it was seen, in seconds."""

    said: dict[str, float] = field(default_factory=dict)
    seen: list[float] = field(default_factory=list)

    def say(self) -> str:
        """A word that nobody else says, noted as said now."""
        number = next(_numbers)
        letters = "".join(chr(97 + number // 26**place % 26) for place in range(8))
        token = f"q{letters}z"
        self.said[token] = time.perf_counter()
        return token

    def see(self, text: str) -> None:
        """Note what is seen for the first time."""
        for token in set(TOKEN.findall(text)):
            if began := self.said.pop(token, None):
                self.seen.append(time.perf_counter() - began)


_numbers = itertools.count(random.randrange(26**6))


class Customer:
    """One chat."""

    def __init__(self, url: str, hears: Heard | None = None) -> None:
        self._url = url
        self._hears = hears
        self._done = asyncio.Event()
        self._socket = socketio.AsyncClient(logger=False)
        self.session = ""

    async def open(self) -> None:
        """Connect and get a session."""
        confirmed: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._socket.on(
            "session_confirm", lambda session, *_: None if confirmed.done() else confirmed.set_result(session)
        )
        self._socket.on("typing", lambda told: self._done.set() if told["state"] == "off" else None)
        self._socket.on("agent_uttered", self._on_agent)
        await self._socket.connect(self._url, transports=["websocket"], wait_timeout=60)
        await self._socket.emit("session_request", {"session_id": None})
        self.session = await asyncio.wait_for(confirmed, 60)

    async def say(self, text: str) -> None:
        """Say something; the gateway has it when this returns."""
        body = {"message": text, "session_id": self.session, "metadata": {"message_id": uuid.uuid4().hex}}
        answer = await self._socket.call("user_uttered", body, timeout=60)
        if not answer.get("ok"):
            raise RuntimeError(f"the gateway refused {text!r}: {answer}")

    async def ask(self, text: str) -> float:
        """Say something to the bot; seconds until it has finished."""
        self._done.clear()
        began = time.perf_counter()
        await self.say(text)
        try:
            await asyncio.wait_for(self._done.wait(), _ENOUGH)
        except TimeoutError:
            return _ENOUGH
        return time.perf_counter() - began

    async def close(self) -> None:
        """Leave."""
        await self._socket.disconnect()

    def _on_agent(self, told: dict[str, Any]) -> None:
        if self._hears is not None:
            self._hears.see(str(told.get("text", "")))


async def open_all(customers: list[Customer]) -> None:
    """Open many chats, some at a time."""
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(customer: Customer) -> None:
        async with gate:
            await customer.open()

    await asyncio.gather(*map(one, customers))


async def every(seconds: float, until: float, do: Callable[[int], Any]) -> None:
    """Do something at a random point of every such stretch of time, until then; never two at once."""
    begin = time.monotonic() + random.random() * seconds
    for number in itertools.count():
        due = begin + number * seconds
        if due >= until:
            return
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        await do(number)
