"""What is measured: parses, turns through Rasa, turns through the socket, and the load at which p95 doubles."""

import asyncio
import json
import statistics
import time
import uuid
from collections.abc import Sequence
from typing import Any, Protocol

import httpx
import socketio

from benchmarks.turn.systems import GATEWAY_PORT, Site, System
from vault import token_file

# Turns that need no verification, so that every one takes the same way on both systems: two that only speak, two
# that ask the action server.
SCRIPT = ("hello there", "what is a deductible?", "thank you", "how long does a claim take to be settled?")


class Door(Protocol):
    """A way in: opens conversations and says things in them."""

    async def open(self) -> str: ...

    async def say(self, conversation: str, text: str) -> None: ...


class RasaDoor:
    """Straight to Rasa over HTTP: our private channel, or stock REST."""

    def __init__(self, site: Site, system: System) -> None:
        self._site, self._system = site, system
        headers = {"Authorization": f"Bearer {token_file(site.var / 'rasa.token')}"}
        limits = httpx.Limits(max_connections=200)
        self._client = httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{system.port}", headers=headers, timeout=120, limits=limits
        )

    async def open(self) -> str:
        """A conversation that the store knows."""
        return await asyncio.to_thread(self._site.new_conversation)

    async def say(self, conversation: str, text: str) -> None:
        """One turn, to its end.

        Raises:
            RuntimeError: it ended without a word.
        """
        message = uuid.uuid4().hex
        statement = self._site.statement(conversation, message)
        if self._system.name == "ours":
            body: dict[str, Any] = {"conversation_id": conversation, "message_id": message, "text": text,
                                    "command": None, "attachments": [], "channel": "chat", "language": "en",
                                    "statement": statement}  # fmt: skip
            answer = await self._client.post("/webhooks/careline/turn", json=body)
            frames = [json.loads(line) for line in answer.text.splitlines()]
            spoken = bool(frames) and frames[-1]["type"] == "end" and frames[-1]["utterances"] > 0
        else:
            metadata = {"message_id": message, "statement": statement, "channel": "chat", "attachments": []}
            body = {"sender": conversation, "message": text, "metadata": metadata}
            answer = await self._client.post("/webhooks/rest/webhook", json=body)
            spoken = bool(answer.json())
        if not spoken:
            raise RuntimeError(f"{self._system.name} said nothing to {text!r}: {answer.text[:300]}")


class SocketDoor:
    """Over Socket.IO: our gateway, or stock Rasa's own Socket.IO channel.

    Ours tells the end of a turn (typing ends); stock tells nothing, so there it is the first words.
    """

    def __init__(self, site: Site, system: System) -> None:
        self._site, self._system = site, system
        self._sockets: dict[str, socketio.AsyncClient] = {}
        self._heard: dict[str, asyncio.Event] = {}

    async def open(self) -> str:
        """Connect and get a session."""
        client, confirmed = socketio.AsyncClient(), asyncio.Future[str]()
        heard = asyncio.Event()
        if self._system.name == "ours":
            client.on("typing", lambda told: heard.set() if told["state"] == "off" else None)
        else:
            client.on("bot_uttered", lambda *_: heard.set())
        client.on("session_confirm", lambda session, *_: confirmed.set_result(session))
        ours = self._system.name == "ours"
        await client.connect(f"http://127.0.0.1:{GATEWAY_PORT if ours else self._system.port}")
        proposed = None if ours else await asyncio.to_thread(self._site.new_conversation)
        await client.emit("session_request", {"session_id": proposed})
        conversation = await confirmed
        self._sockets[conversation], self._heard[conversation] = client, heard
        return conversation

    async def say(self, conversation: str, text: str) -> None:
        """One turn."""
        message = uuid.uuid4().hex
        metadata: dict[str, Any] = {"message_id": message}
        if self._system.name == "stock":
            statement = self._site.statement(conversation, message)
            metadata |= {"statement": statement, "channel": "chat", "attachments": []}
        self._heard[conversation].clear()
        body = {"message": text, "session_id": conversation, "metadata": metadata}
        await self._sockets[conversation].emit("user_uttered", body)
        await asyncio.wait_for(self._heard[conversation].wait(), 60)

    async def close(self) -> None:
        """Disconnect every conversation."""
        for client in self._sockets.values():
            await client.disconnect()


async def timed(door: Door, conversation: str, text: str) -> float:
    """Seconds of one turn."""
    began = time.perf_counter()
    await door.say(conversation, text)
    return time.perf_counter() - began


async def by_turn(door: Door, conversations: int, turns: int) -> list[list[float]]:
    """Seconds [conversation][turn] of conversations that run one after another."""
    result = []
    for _ in range(conversations):
        conversation = await door.open()
        result.append([await timed(door, conversation, SCRIPT[turn % len(SCRIPT)]) for turn in range(turns)])
    return result


async def parses(site: Site, system: System, sentences: Sequence[str]) -> list[float]:
    """Seconds of each `/model/parse`, one after another on one connection."""
    seconds = []
    parameters = {"token": token_file(site.var / "rasa.token")}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{system.port}", timeout=60) as client:
        for sentence in sentences:
            began = time.perf_counter()
            (await client.post("/model/parse", params=parameters, json={"text": sentence})).raise_for_status()
            seconds.append(time.perf_counter() - began)
    return seconds


async def saturation(door: Door, seconds: float = 6.0) -> tuple[float, int]:
    """Turns per second, and how many conversations at once, at the last step before p95 is twice that of one."""
    limit, best = float("inf"), (0.0, 0)
    for width in (1, 2, 3, 4, 6, 8, 12, 16):
        rate, p95 = await _at_once(door, width, seconds)
        if width == 1:
            limit = 2 * p95
        if p95 > limit:
            break
        best = max(best, (rate, width))
    return best


async def _at_once(door: Door, width: int, seconds: float) -> tuple[float, float]:
    conversations = [await door.open() for _ in range(width)]
    for conversation in conversations:
        await door.say(conversation, SCRIPT[0])
    end = time.perf_counter() + seconds
    samples: list[float] = []

    async def customer(conversation: str) -> None:
        turn = 0
        while time.perf_counter() < end:
            samples.append(await timed(door, conversation, SCRIPT[turn % len(SCRIPT)]))
            turn += 1

    await asyncio.gather(*map(customer, conversations))
    return len(samples) / seconds, percentile(samples, 95)


def percentile(samples: Sequence[float], percent: int) -> float:
    """The `percent`-th percentile."""
    return statistics.quantiles(samples, n=100, method="inclusive")[percent - 1]
