"""The caller of the voice benchmark: what it sends, and what it hears."""

import asyncio
import struct
import uuid

import numpy as np
import pytest

from benchmarks.voice.caller import DTMF, HANG_UP, ID, SOUND, Caller, Ear, Span, frame
from benchmarks.voice.speech import Speech

RATE = 8000
LOUD = np.full(160, 8000, "<i2").tobytes()
QUIET = bytes(320)


def test_a_pause_for_breath_does_not_part_what_is_heard():
    ear = Ear(RATE)
    for number in range(10):
        ear.hear(QUIET if 3 <= number < 8 else LOUD, at=1 + number * 0.02)
    assert ear.spans == [Span(1.0, pytest.approx(1.2))]


def test_after_a_longer_silence_something_new_is_heard():
    ear = Ear(RATE)
    ear.hear(LOUD, at=1.0)
    ear.hear(LOUD, at=2.0)
    assert (len(ear.spans), ear.begun_after(1.5)) == (2, 2.0)


def test_frames_that_come_at_once_are_heard_one_after_the_other():
    ear = Ear(RATE)
    for _ in range(5):
        ear.hear(LOUD, at=1.0)
    assert ear.spans == [Span(1.0, pytest.approx(1.1))]


def test_silence_before_the_sound_in_a_frame_is_not_heard():
    ear = Ear(RATE)
    ear.hear(QUIET[:160] + LOUD[160:], at=1.0)
    assert ear.spans == [Span(pytest.approx(1.01), pytest.approx(1.02))]


async def test_speech_and_keys_arrive_as_they_were_sent():
    got: list[tuple[int, bytes]] = []
    over = asyncio.Event()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while not got or got[-1][0] != HANG_UP:
            kind, length = struct.unpack(">BH", await reader.readexactly(3))
            got.append((kind, await reader.readexactly(length)))
        writer.close()
        over.set()

    async with await asyncio.start_server(listen, "127.0.0.1", 0) as server:
        call_id = uuid.uuid4()
        caller = await Caller.call("127.0.0.1", server.sockets[0].getsockname()[1], call_id)
        await caller.say(Speech("", LOUD * 3, RATE))
        await caller.press("4#")
        await caller.hang_up()
        async with asyncio.timeout(60):
            await over.wait()
    assert got[0] == (ID, call_id.bytes)
    assert [payload for kind, payload in got if kind == DTMF] == [b"4", b"#"]
    assert [payload for kind, payload in got].count(LOUD) == 3
    assert {len(payload) for kind, payload in got if kind == SOUND[RATE]} == {320}


async def test_who_is_hung_up_on_cannot_go_on_speaking():
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(frame(HANG_UP))
        await writer.drain()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        caller = await Caller.call("127.0.0.1", server.sockets[0].getsockname()[1], uuid.uuid4())
        assert not await caller.sounding(60)
        with pytest.raises(ConnectionError):
            await caller.say(Speech("", LOUD, RATE))
        await caller.hang_up()
