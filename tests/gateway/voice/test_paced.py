"""Sound leaves at the speed at which it is heard; on a simulated clock."""

import asyncio
import itertools
from contextlib import asynccontextmanager

import pytest

from gateway.voice.paced import FRAME, PacedOutput
from tests.voice.fakes import simulated

RATE = 8000
SECOND = 2 * RATE
LEAD = 0.06


class Wire:
    """Notes what is sent and when; `stall` holds up the next frame for so many seconds."""

    def __init__(self) -> None:
        self.sent: list[tuple[float, bytes]] = []
        self.stall = 0.0

    async def send(self, frame: bytes) -> None:
        self.sent.append((asyncio.get_running_loop().time(), frame))
        stall, self.stall = self.stall, 0.0
        await asyncio.sleep(stall)

    @property
    def sound(self) -> bytes:
        return b"".join(frame for _, frame in self.sent)


@asynccontextmanager
async def output(**options):
    wire = Wire()
    paced = PacedOutput(wire.send, RATE, **{"lead": LEAD, **options})
    running = asyncio.create_task(paced.run())
    yield paced, wire
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def tone(seconds: float) -> bytes:
    return b"\1\0" * round(seconds * RATE)


def test_nothing_is_sent_much_before_it_is_heard():
    async def story():
        async with output() as (paced, wire):
            began = asyncio.get_running_loop().time()
            paced.play(tone(1))
            await paced.played()
            for number, (at, _) in enumerate(wire.sent):
                assert (number + 1) * FRAME - (at - began) <= LEAD + 1e-6
            assert wire.sound == tone(1)

    simulated(story())


def test_it_is_played_when_the_last_of_it_was_heard():
    async def story():
        async with output() as (paced, _):
            began = asyncio.get_running_loop().time()
            paced.play(tone(0.5))
            await paced.played()
            assert asyncio.get_running_loop().time() - began == pytest.approx(0.5, abs=1e-6)

    simulated(story())


def test_pieces_of_any_length_make_whole_frames():
    async def story():
        async with output() as (paced, wire):
            for _ in range(100):
                paced.play(tone(0.007))
                await asyncio.sleep(0.005)
            await paced.played()
            assert {len(frame) for _, frame in wire.sent} == {320}
            assert wire.sound.rstrip(b"\0") == tone(0.7).rstrip(b"\0")

    simulated(story())


def test_what_is_dropped_is_silent_at_once_and_its_length_is_told():
    async def story():
        async with output() as (paced, wire):
            paced.play(tone(1))
            await asyncio.sleep(0.2)
            unheard = paced.clear()
            sent = len(wire.sent)
            await paced.played()
            await asyncio.sleep(1)
            assert len(wire.sent) == sent
            assert unheard == pytest.approx(1 - sent * FRAME)

    simulated(story())


def test_sound_that_can_be_called_back_counts_as_unheard():
    async def story():
        async with output(recall=True, lead=0.2) as (paced, _):
            paced.play(tone(1))
            await asyncio.sleep(0.3)
            assert paced.clear() == pytest.approx(0.7)

    simulated(story())


def test_after_a_stall_the_rest_is_not_sent_faster():
    async def story():
        async with output() as (paced, wire):
            wire.stall = 0.5
            paced.play(tone(1))
            await paced.played()
            late = [at for at, _ in wire.sent[1:]]
            assert all(after - before >= -1e-6 for before, after in itertools.pairwise(late))
            assert late[-1] - late[0] >= 0.98 - LEAD - 2 * FRAME

    simulated(story())


def test_after_silence_it_begins_afresh():
    async def story():
        async with output() as (paced, wire):
            paced.play(tone(0.1))
            await paced.played()
            await asyncio.sleep(10)
            before = len(wire.sent)
            paced.play(tone(0.2))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert len(wire.sent) - before <= round(LEAD / FRAME)
            await paced.played()
            assert wire.sound == tone(0.3)

    simulated(story())
