"""A call to a running gateway, as the page /call makes it; gateway/voice/browser.py describes the messages."""

import asyncio
import json
from collections.abc import AsyncIterable, AsyncIterator, Callable
from typing import Any

import httpx
import websockets

from voice.errors import EngineUnavailable, VoiceError
from voice.lines.local import SoundDevice
from voice.ports import Caption, Who

_WITHIN = 10.0  # seconds for the gateway to take the call
KEYS = frozenset("0123456789*#")


class CallRefused(VoiceError):
    """The gateway takes no call now."""


class Client:
    """One call: sound from a device to the gateway and back.

    Args:
        url: of the gateway, such as `http://127.0.0.1:8000`.
        language: to speak, `en` or `zh`; None: the gateway's.
        device: microphone and loudspeaker.
        show: takes captions.
    """

    def __init__(self, url: str, language: str | None, device: SoundDevice, show: Callable[[Caption], None]) -> None:
        self._url = url.rstrip("/")
        self._language = language
        self._device = device
        self._show = show
        self._answers: asyncio.Queue[dict[str, object]] = asyncio.Queue()

    async def run(self, keys: AsyncIterable[str]) -> None:
        """Call, and stay until it is over; `keys` are pressed as they come, and their end hangs up.

        Raises:
            CallRefused: the gateway takes no call now.
            EngineUnavailable: no gateway, no microphone or no loudspeaker.
        """
        try:
            async with websockets.connect(self._url.replace("http", "ws", 1) + "/voice/browser") as socket:
                await self._greet(socket, await self._ticket())
                await self._talk(socket, keys)
        except (OSError, httpx.HTTPError, websockets.InvalidHandshake, TimeoutError) as error:
            raise EngineUnavailable(f"No gateway answers at {self._url}: start it with `make run`.") from error
        except websockets.ConnectionClosed:
            return  # hung up on the other side

    async def _ticket(self) -> str:
        async with httpx.AsyncClient(timeout=_WITHIN) as http:
            answer = (await http.post(f"{self._url}/voice/browser/ticket")).json()
        if "ticket" not in answer:
            raise CallRefused(f"The gateway takes no call now: {answer.get('code', 'unknown')}.")
        return str(answer["ticket"])

    async def _greet(self, socket: Any, ticket: str) -> None:
        await socket.send(json.dumps({"type": "hello", "ticket": ticket, "language": self._language}))
        async with asyncio.timeout(_WITHIN):
            answer = json.loads(await socket.recv())
        if answer.get("type") != "ready":
            raise CallRefused(f"The gateway takes no call now: {answer.get('code', 'unknown')}.")
        self._device.start(int(answer["rate"]), lambda mark: self._tell(type="played", mark=mark))

    async def _talk(self, socket: Any, keys: AsyncIterable[str]) -> None:
        hearing = asyncio.create_task(self._hear(socket))
        beside = [asyncio.create_task(work) for work in (self._speak(socket), self._answer(socket), self._press(keys))]
        try:
            await hearing
        finally:
            for task in (hearing, *beside):
                task.cancel()
            await asyncio.gather(hearing, *beside, return_exceptions=True)
            self._device.stop()

    async def _speak(self, socket: Any) -> None:
        async for pcm in self._device.frames():
            await socket.send(pcm)

    async def _press(self, keys: AsyncIterable[str]) -> None:
        async for key in keys:
            if key in KEYS:
                self._tell(type="key", key=key)
        self._tell(type="hang_up")

    async def _answer(self, socket: Any) -> None:
        while True:
            await socket.send(json.dumps(await self._answers.get()))

    async def _hear(self, socket: Any) -> None:
        async for message in socket:
            if isinstance(message, bytes):
                self._device.play(message)
                continue
            told = json.loads(message)
            match told.get("type"):
                case "mark":
                    self._device.mark(int(told["mark"]))
                case "clear":
                    self._device.clear()
                case "caption":
                    self._show(Caption(Who(told["who"]), told["text"], bool(told["final"])))
                case "over":
                    return

    def _tell(self, **message: object) -> None:
        self._answers.put_nowait(message)


async def lines_of_keys(lines: AsyncIterator[str]) -> AsyncIterator[str]:
    """The keys in lines of a terminal; a line with `q` ends it, as the end of the lines does."""
    async for line in lines:
        if line.strip().lower() == "q":
            return
        for key in line.strip():
            yield key
