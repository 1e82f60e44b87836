"""A call through a real gateway with the real ears and the real mouth; flite speaks for the caller."""

import asyncio
import shutil
from contextlib import asynccontextmanager

import numpy as np
import pytest

from benchmarks.voice.speech import said
from gateway.voice.calls import State
from gateway.voice.settings import LineSettings
from tests.gateway.harness import PATIENCE, house
from tests.gateway.voice.sockets import Socket
from tests.gateway.voice.test_calls import SECRET, a_phone
from voice.settings import VoiceSettings
from voice.trained import newest

pytestmark = [
    pytest.mark.calls,
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("flite") is None, reason="flite speaks for the caller (apt-get install flite)"),
    pytest.mark.skipif(newest() is None, reason="the recogniser has no model (python -m voice train)"),
]
QUESTION = "what is the status of my claim"


@asynccontextmanager
async def calling(folder):
    lines = LineSettings(var=folder, audiosocket_port=0, telephone_secret=SECRET)
    voice = VoiceSettings(var=folder, recording=False, recognition_workers=1, no_input=60.0)
    async with house(folder, calls={"lines": lines, "voice": voice}) as home:
        async with asyncio.timeout(PATIENCE):
            while home.gateway.voice.telephone.port < 0 and home.gateway.voice.calls.state is not State.FAILED:
                await asyncio.sleep(0.05)
        assert home.gateway.voice.calls.state is State.READY, home.gateway.voice.calls.why
        yield home


async def until(condition) -> None:
    async with asyncio.timeout(2 * PATIENCE):
        while not condition():
            await asyncio.sleep(0.05)


def is_loud(pcm: bytes) -> bool:
    return bool(pcm) and np.abs(np.frombuffer(pcm, dtype="<i2").astype(np.int32)).max() > 500


class Listener:
    """What a caller hears; `prompted` when the greeting is over and it is their turn."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self._last = 0.0

    def hear(self, pcm: bytes) -> None:
        self.frames.append(pcm)
        self._last = asyncio.get_running_loop().time()

    def prompted(self) -> bool:
        return len(self.frames) > 200 and asyncio.get_running_loop().time() - self._last > 1.5


async def speak(send, rate: int, listener: Listener) -> None:
    """Be silent until it is our turn, say the question, and be silent for ever; frame by frame as a telephone does."""
    pcm, size = said(QUESTION, "slt", rate).pcm, rate // 25
    noise = np.random.default_rng(5).normal(0, 8, rate).astype("<i2").tobytes()

    async def sound(content: bytes) -> None:
        for start in range(0, len(content) - size, size):
            await send(content[start : start + size])
            await asyncio.sleep(0.02)

    while not listener.prompted():
        await sound(noise[: 4 * size])
    await sound(pcm)
    while True:
        await sound(noise)


async def test_a_question_on_the_telephone_is_understood_and_answered_aloud(tmp_path):
    async with calling(tmp_path) as home, a_phone(home) as phone:
        listener = Listener()

        async def listen() -> None:
            while (frame := await phone.asterisk.receive()) is not None:
                listener.hear(frame[1])

        tasks = [
            asyncio.create_task(listen()),
            asyncio.create_task(speak(lambda pcm: phone.asterisk.send(0x10, pcm), 8000, listener)),
        ]
        await until(lambda: home.bot.turns)
        assert home.bot.turns[0]["text"] == QUESTION
        before = len(listener.frames)
        await until(lambda: any(is_loud(pcm) for pcm in listener.frames[before:]))
        for task in tasks:
            task.cancel()


async def test_a_question_in_the_browser_is_understood_and_captioned(tmp_path):
    async with calling(tmp_path) as home, websocket(home) as socket:
        listener, captions = Listener(), []

        async def listen() -> None:
            while (message := await socket.hear()) is not None:
                if isinstance(message, bytes):
                    listener.hear(message)
                elif message["type"] == "caption" and message["final"]:
                    captions.append((message["who"], message["text"]))
                elif message["type"] == "mark":
                    await socket.tell(type="played", mark=message["mark"])

        tasks = [asyncio.create_task(listen()), asyncio.create_task(speak(socket.send, 16000, listener))]
        await until(lambda: ("bot", f"echo {QUESTION}") in captions)
        assert ("caller", QUESTION) in captions
        for task in tasks:
            task.cancel()


@asynccontextmanager
async def websocket(home):
    """A browser's call."""
    import httpx
    import websockets

    async with httpx.AsyncClient(base_url=home.url, timeout=PATIENCE) as http:
        ticket = (await http.post("/voice/browser/ticket")).json()["ticket"]
    async with websockets.connect(home.url.replace("http", "ws") + "/voice/browser") as connection:
        socket = Socket(connection)
        await socket.tell(type="hello", ticket=ticket, language="en")
        assert (await socket.hear())["type"] == "ready"
        yield socket
