"""Whole calls through a real gateway, with its own session: only ears, mouth and bot are stand-ins."""

import asyncio
import struct
from contextlib import asynccontextmanager

import httpx
import pytest

from gateway.voice.calls import CallRefused, Engines, State
from gateway.voice.settings import LineSettings
from tests.gateway.harness import PATIENCE, house
from tests.gateway.voice.telephone import Asterisk
from tests.voice.fakes import FakeActivity, FakeEars, FakeLine, sound_of, words_in
from voice.errors import EngineUnavailable
from voice.settings import VoiceSettings

SECRET = "open sesame"


class QuickMouth:
    """Says everything in a tenth of a second."""

    closed = False

    async def speak(self, text, language, rate, speed=1.0):
        yield sound_of(text, 0.1, rate)

    async def close(self):
        self.closed = True


class Parts:
    """The engines of a test."""

    def __init__(self) -> None:
        self.ears, self.mouth = FakeEars(), QuickMouth()

    def __call__(self) -> Engines:
        return Engines(lambda settings: self.ears, lambda settings: self.mouth, lambda rate: FakeActivity())


@asynccontextmanager
async def calling(folder, engines=None, lines=None, **overrides):
    """A gateway that takes calls, or has found out that it cannot."""
    parts = {
        "engines": engines or Parts(),
        "lines": LineSettings(
            var=folder, **{"audiosocket_port": 0, "telephone_secret": SECRET, "farewell_longest": 20.0, **(lines or {})}
        ),
        "voice": VoiceSettings(var=folder, recording=False),
    }
    async with house(folder, calls=parts, **overrides) as home:
        async with asyncio.timeout(PATIENCE):
            while home.gateway.voice.calls.state is State.STARTING or home.gateway.voice._starting.done() is False:
                await asyncio.sleep(0.01)
        yield home


class Phone:
    """A caller with a telephone."""

    def __init__(self, asterisk: Asterisk) -> None:
        self.asterisk = asterisk
        self._sound = b""

    async def hears(self, phrase: str) -> None:
        """Listen until a phrase was heard."""
        async with asyncio.timeout(PATIENCE):
            while phrase not in words_in(self._sound):
                frame = await self.asterisk.receive()
                assert frame is not None, f"the call ended; heard: {words_in(self._sound)}"
                self._sound += frame[1]

    async def says(self, phrase: str) -> None:
        """Say something and fall silent."""
        for pcm in (sound_of(phrase, 0.4), sound_of("", 1.4)):
            for start in range(0, len(pcm), 320):
                await self.asterisk.send(0x10, pcm[start : start + 320])
                await asyncio.sleep(0.02)


@asynccontextmanager
async def a_phone(home, **said):
    """A call, as a dial plan makes it."""
    async with httpx.AsyncClient(base_url=home.url, timeout=PATIENCE) as http:
        answer = await http.post("/voice/asterisk/call", data={"secret": SECRET, "rate": "8000", **said})
    asterisk = await Asterisk.connect(home.gateway.voice.telephone.port)
    await asterisk.call(answer.text)
    yield Phone(asterisk)
    await asterisk.close()


async def metrics(home) -> str:
    async with httpx.AsyncClient(base_url=home.url, timeout=PATIENCE) as http:
        return (await http.get("/metrics")).text


async def over(home) -> None:
    """Wait for the end of all calls."""
    async with asyncio.timeout(PATIENCE):
        await home.gateway.voice.calls._nobody.wait()


async def test_a_call_from_the_greeting_to_the_answer_to_the_hang_up(tmp_path):
    async with calling(tmp_path) as home, a_phone(home, caller="+15550100") as phone:
        await phone.hears("How can I help you?")
        await phone.says("what is the status of my claim")
        await phone.hears("echo what is the status of my claim")
        await phone.asterisk.send(0x00)
        await over(home)
        told = await metrics(home)
    assert 'careline_calls_total{ending="caller",transport="audiosocket"} 1.0' in told
    assert 'careline_call_first_sound_seconds_count{after="call"} 1.0' in told
    assert 'careline_call_first_sound_seconds_count{after="answer"} 1.0' in told
    assert "+15550100" not in told


async def test_keys_reach_the_session(tmp_path):
    async with calling(tmp_path) as home, a_phone(home) as phone:
        await phone.hears("How can I help you?")
        await phone.asterisk.send(0x03, b"0")
        while not home.bot.turns:
            await asyncio.sleep(0.01)
        assert home.bot.turns[0]["command"] == "/talk_to_human"


async def test_who_calls_in_when_all_lines_are_taken_is_told_before_the_call(tmp_path):
    async with calling(tmp_path, lines={"most_calls": 1}) as home, a_phone(home) as phone:
        await phone.hears("How can I help you?")
        async with httpx.AsyncClient(base_url=home.url, timeout=PATIENCE) as http:
            answer = await http.post("/voice/asterisk/call", data={"secret": SECRET})
        assert answer.status_code == 503
        with pytest.raises(CallRefused, match="busy"):
            await home.gateway.voice.calls.serve(FakeLine())


async def test_an_address_has_only_so_many_calls(tmp_path):
    async with calling(tmp_path, lines={"most_calls_per_address": 1}) as home:
        calls, line = home.gateway.voice.calls, FakeLine()
        serving = asyncio.create_task(calls.serve(line, address="here"))
        while not calls._going_on:
            await asyncio.sleep(0.01)
        with pytest.raises(CallRefused, match="too_many"):
            calls.check("here")
        calls.check("elsewhere")
        line.hang_up()
        await serving
        calls.check("here")


async def test_a_gateway_that_stops_says_good_bye(tmp_path):
    parts = Parts()
    async with calling(tmp_path, engines=parts) as home, a_phone(home) as phone:
        await phone.hears("How can I help you?")
        stopping = asyncio.create_task(home.stop_gateway())
        await phone.hears("Please call again in a minute. Goodbye.")
        frames = await phone.asterisk.receive_all()
        assert frames[-1] == (0x00, b"")
        await stopping
        assert parts.mouth.closed


async def test_a_call_that_lasts_too_long_is_ended_from_outside(tmp_path):
    async with calling(tmp_path) as home, a_phone(home) as phone:
        await phone.hears("How can I help you?")
        (guarded,) = home.gateway.voice.calls._going_on
        guarded.end("limit")
        await phone.hears("Please call again for anything else. Goodbye.")
        await phone.asterisk.receive_all()
        await over(home)
        assert 'ending="limit"' in await metrics(home)


async def test_a_caller_who_hangs_up_in_the_greeting_leaves_nothing_behind(tmp_path):
    async with calling(tmp_path) as home:
        for _ in range(3):
            async with a_phone(home) as phone:
                await phone.asterisk.receive()
                phone.asterisk.writer.transport.abort()
            await over(home)
        assert not home.gateway.voice.callers._calls
        assert not home.gateway.voice.calls._from


async def test_engines_that_do_not_start_leave_the_chat_alone(tmp_path):
    def broken(settings):
        raise EngineUnavailable("The recogniser has no model: run `make train`.")

    parts = Parts()
    engines = lambda: Engines(broken, lambda settings: parts.mouth, lambda rate: FakeActivity())  # noqa: E731
    async with calling(tmp_path, engines=engines) as home:
        customer = await home.customer()
        await customer.say("hello")
        await customer.hears(1)
        async with httpx.AsyncClient(base_url=home.url, timeout=PATIENCE) as http:
            assert 'data-state="failed"' in (await http.get("/call")).text
            assert (await http.post("/voice/browser/ticket")).json() == {"code": "failed"}
        assert parts.mouth.closed
        assert home.gateway.voice.calls.why.startswith("The recogniser has no model")


async def test_a_gateway_without_calls_has_the_page_and_says_so(tmp_path):
    async with house(tmp_path) as home, httpx.AsyncClient(base_url=home.url, timeout=PATIENCE) as http:
        assert 'data-state="off"' in (await http.get("/call")).text
        assert (await http.post("/voice/browser/ticket")).json() == {"code": "off"}
        assert (await http.post("/voice/asterisk/call", data={})).status_code == 404


async def test_a_session_that_breaks_down_ends_its_call_with_an_apology(tmp_path):
    class BrokenActivity:
        def feed(self, pcm):
            raise RuntimeError("a fault of ours")

    parts = Parts()
    engines = lambda: Engines(lambda s: parts.ears, lambda s: parts.mouth, lambda rate: BrokenActivity())  # noqa: E731
    async with calling(tmp_path, engines=engines) as home, a_phone(home) as phone:
        await phone.asterisk.send(0x10, struct.pack("<160h", *[9] * 160))
        frames = await phone.asterisk.receive_all()
        assert frames[-1] == (0x00, b"")
        await over(home)
