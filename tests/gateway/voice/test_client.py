"""The call from a terminal, against the gateway's own socket; only microphone and loudspeaker are stand-ins."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.gateway.voice.sockets import door
from tests.gateway.voice.telephone import Notes
from voice.errors import EngineUnavailable
from voice.lines.client import CallRefused, Client, lines_of_keys
from voice.lines.loudspeaker import Playback
from voice.ports import Caption, Who


class Device:
    """Plays a block whenever it is asked to, and hears what the test says."""

    def __init__(self, *frames: bytes) -> None:
        self.rate = 0
        self.played = b""
        self.stopped = False
        self._microphone = frames
        self._playback = Playback(lambda mark: None)

    def start(self, rate, heard):
        self.rate = rate
        self._playback = Playback(heard)

    async def frames(self) -> AsyncIterator[bytes]:
        for frame in self._microphone:
            yield frame
        await asyncio.Event().wait()

    def play(self, pcm):
        self._playback.add(pcm)
        self.played += self._playback.take(len(pcm))

    def mark(self, mark):
        self._playback.mark(mark)

    def clear(self):
        self._playback.clear()

    def stop(self):
        self.stopped = True


async def keys(*pressed: str, hang_up: asyncio.Event | None = None) -> AsyncIterator[str]:
    for key in pressed:
        yield key
    await (hang_up or asyncio.Event()).wait()


async def call(gateway, device, pressed, captions=None) -> None:
    shown = captions if captions is not None else []
    await Client(gateway.served.url, "zh", device, shown.append).run(pressed)


async def test_sound_and_keys_reach_the_gateway_and_the_end_of_the_keys_hangs_up(tmp_path):
    notes, hang_up, device = Notes(), asyncio.Event(), Device(b"\1\0" * 320)
    async with door(tmp_path, notes) as gateway:
        talking = asyncio.create_task(call(gateway, device, keys("4", "x", "#", hang_up=hang_up)))
        await notes.until(lambda: notes.sound and notes.keys == "4#")
        hang_up.set()
        await talking
    assert notes.ending == "caller"
    assert (device.rate, device.stopped) == (16000, True)
    assert gateway.calls.lines[0].language == "zh"


async def test_sound_and_captions_arrive_and_what_was_played_is_told(tmp_path):
    captions, device = [], Device()

    async def talk(line):
        await line.caption(Caption(Who.BOT, "Hello 你好"))
        await line.play(b"\7\0" * 3200)
        await line.played()
        await line.caption(Caption(Who.BOT, "heard"))

    async with door(tmp_path, talk) as gateway:
        await call(gateway, device, keys(), captions)
    assert device.played == b"\7\0" * 3200
    assert [caption.text for caption in captions] == ["Hello 你好", "heard"]


async def test_a_call_that_is_not_taken_says_so(tmp_path):
    async with door(tmp_path, Notes()) as gateway:
        gateway.calls.refuses = "busy"
        with pytest.raises(CallRefused, match="busy"):
            await call(gateway, Device(), keys())


async def test_without_a_gateway_it_says_how_to_start_one(unused_tcp_port):
    client = Client(f"http://127.0.0.1:{unused_tcp_port}", None, Device(), lambda caption: None)
    with pytest.raises(EngineUnavailable, match="make run"):
        await client.run(keys())


async def test_lines_are_keys_until_q():
    async def lines():
        for line in ("12\n", " # \n", "q\n", "3\n"):
            yield line

    assert [key async for key in lines_of_keys(lines())] == ["1", "2", "#"]
