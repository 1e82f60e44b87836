"""A call as the desk takes part in it, without a network."""

import asyncio

import numpy as np
import pytest

from gateway.voice.bridge import Bridges
from voice.ports import Caption, Who

CALL = "c" * 32


@pytest.fixture
async def bridge():
    bridges = Bridges()
    with bridges.open(CALL, 8000) as opened:
        yield opened


def tone(seconds: float, rate: int) -> bytes:
    return (8000 * np.sin(2 * np.pi * 440 * np.arange(round(seconds * rate)) / rate)).astype("<i2").tobytes()


async def taken(seat, count: int) -> list:
    found = []
    async with asyncio.timeout(60):
        async for each in seat.receive():
            found.append(each)
            if len(found) == count:
                break
    return found


async def test_a_call_is_found_while_it_goes_on():
    bridges = Bridges()
    with bridges.open(CALL, 8000) as bridge:
        assert bridges.find(CALL) is bridge
    assert bridges.find(CALL) is None


async def test_the_caller_is_heard_at_the_desk_s_rate(bridge):
    with bridge.seat(talks=True) as seat:
        for _ in range(10):
            await bridge.to_person(tone(0.02, 8000))
        heard = b"".join(await taken(seat, 10))
    assert len(heard) == pytest.approx(2 * 0.2 * 16_000, abs=200)


async def test_who_only_watches_hears_nothing_and_is_not_heard(bridge):
    with bridge.seat(talks=False) as seat:
        await bridge.to_person(tone(0.02, 8000))
        seat.speak(tone(0.02, 16_000))
        await bridge.caption(Caption(Who.BOT, "Good morning"))
        assert [each["text"] for each in await taken(seat, 1)] == ["Good morning"]
    bridge.close()
    assert [pcm async for pcm in bridge.from_person()] == []


async def test_the_person_is_heard_at_the_call_s_rate(bridge):
    with bridge.seat(talks=True) as seat:
        seat.speak(tone(0.1, 16_000))
        pcm = await anext(bridge.from_person())
    assert len(pcm) == pytest.approx(2 * 0.1 * 8000, abs=100)


async def test_sound_that_was_held_up_on_its_way_is_dropped(bridge):
    with bridge.seat(talks=True) as seat:
        for _ in range(100):
            seat.speak(tone(0.1, 16_000))
    bridge.close()
    seconds = sum([len(pcm) async for pcm in _left(bridge)]) / 16_000
    assert seconds < 1


async def _left(bridge):
    while not bridge._spoken.empty():
        pcm = bridge._spoken.get_nowait()
        if pcm:
            yield pcm


async def test_of_two_who_talk_the_later_has_the_sound(bridge):
    with bridge.seat(talks=True) as first, bridge.seat(talks=True) as second:
        await bridge.to_person(tone(0.02, 8000))
        assert [each async for each in first.receive()] == [{"kind": "replaced"}]
        assert isinstance((await taken(second, 1))[0], bytes)


async def test_who_comes_in_the_middle_sees_what_was_said_last(bridge):
    for text in ("one", "two"):
        await bridge.caption(Caption(Who.CALLER, text))
    await bridge.caption(Caption(Who.BOT, "I am", final=False))
    await bridge.caption(Caption(Who.BOT, "I am here", final=True))
    with bridge.seat(talks=False) as seat:
        assert [each["text"] for each in await taken(seat, 3)] == ["one", "two", "I am here"]


async def test_what_is_personal_is_masked_in_captions(bridge):
    await bridge.caption(Caption(Who.CALLER, "my policy is PA-1234567"))
    with bridge.seat(talks=False) as seat:
        assert "1234567" not in (await taken(seat, 1))[0]["text"]


async def test_a_slow_desk_loses_old_sound_and_no_words(bridge):
    with bridge.seat(talks=True) as seat:
        for number in range(200):
            await bridge.to_person(tone(0.02, 8000))
            if number % 50 == 0:
                await bridge.caption(Caption(Who.CALLER, str(number)))
        bridge.close()
        found = [each async for each in seat.receive()]
    assert sum(isinstance(each, bytes) for each in found) <= 50
    assert [each["text"] for each in found if isinstance(each, dict) and "text" in each] == ["0", "50", "100", "150"]


async def test_the_end_of_the_call_is_told(bridge):
    with bridge.seat(talks=False) as seat:
        bridge.close()
        assert [each async for each in seat.receive()] == [{"kind": "over"}]
