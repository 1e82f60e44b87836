"""AudioSocket, spoken byte for byte by a telephone system of the test."""

import asyncio
import hashlib
import random
import time
import uuid
from contextlib import asynccontextmanager

import pytest

from gateway.voice.asterisk import Expected, TelephoneCalls
from gateway.voice.audiosocket import AudioSocketServer
from gateway.voice.settings import LineSettings
from tests.gateway.voice.telephone import Asterisk, Notes, ScriptedCalls

SECRET = "open sesame"
EN = frozenset({"en", "zh"})


@asynccontextmanager
async def listening(talk, **options):
    settings = LineSettings(audiosocket_port=0, telephone_secret=SECRET, **options)
    known = TelephoneCalls(settings, EN)
    server = AudioSocketServer(ScriptedCalls(talk), known, settings)
    await server.start()
    try:
        yield server, known
    finally:
        await server.close()


@asynccontextmanager
async def a_call(talk, expected=None, **options):
    """A call that has shown its id."""
    async with listening(talk, **options) as (server, known):
        asterisk = await Asterisk.connect(server.port)
        await asterisk.call(known.expect(expected or Expected(rate=8000)))
        yield asterisk, server, known
        await asterisk.close()


async def test_sound_and_keys_arrive_in_order():
    notes = Notes()
    async with a_call(notes) as (asterisk, *_):
        await asterisk.send(0x10, b"\1\0" * 160)
        await asterisk.send(0x03, b"7")
        await asterisk.send(0x10, b"\2\0" * 160)
        await asterisk.send(0x03, b"#")
        await asterisk.send(0x00)
        await notes.until(lambda: notes.ending)
    assert notes.sound == b"\1\0" * 160 + b"\2\0" * 160
    assert (notes.keys, notes.ending) == ("7#", "caller")


async def test_what_the_dial_plan_told_is_known_of_the_line():
    told = []

    async def talk(line):
        told.append((line.transport, line.caller, line.language, line.rate))

    async with a_call(talk, Expected("+15550100", "zh", 16000)) as (asterisk, *_):
        await asterisk.receive_all()
    assert told == [("audiosocket", "+15550100", "zh", 16000)]


@pytest.mark.parametrize(("kind", "rate"), [(0x10, 8000), (0x12, 16000), (0x16, 16000)])
async def test_the_first_sound_tells_the_rate_and_gets_its_answer_in_it(kind, rate):
    async def talk(line):
        await line.play(b"\5\0" * (line.rate // 50))

    async with a_call(talk, Expected()) as (asterisk, *_):
        await asterisk.send(kind, b"\1\0" * 960)
        frames = await asterisk.receive_all()
    assert frames == [({8000: 0x10, 16000: 0x12}[rate], b"\5\0" * (rate // 50)), (0x00, b"")]


async def test_sound_of_other_rates_is_brought_to_ours():
    notes = Notes()
    async with a_call(notes, Expected(rate=16000)) as (asterisk, *_):
        for _ in range(50):
            await asterisk.send(0x16, b"\x10\x10" * 960)
        await asterisk.send(0x00)
        await notes.until(lambda: notes.ending)
    assert abs(len(notes.sound) - 32000) < 1000


async def test_answers_are_frames_of_twenty_milliseconds_and_end_with_a_hang_up():
    async def talk(line):
        await line.play(b"\1\0" * 800)

    async with a_call(talk) as (asterisk, *_):
        frames = await asterisk.receive_all()
    assert [len(payload) for _, payload in frames] == [320] * 5 + [0]
    assert frames[-1] == (0x00, b"")


async def test_a_caller_who_says_nothing_gets_an_answer_all_the_same():
    async def talk(line):
        await line.play(b"\1\0" * 160)

    async with a_call(talk, Expected()) as (asterisk, *_):
        assert await asterisk.receive() == (0x10, b"\1\0" * 160)


@pytest.mark.parametrize(
    "first",
    [
        b"\x00\x00\x00",
        b"\x10\x01\x40" + bytes(320),
        b"\x01\x00\x10" + bytes(16),
        b"\x01\x00\x04abcd",
        b"\x01\x00",
        b"GET / HTTP/1.1\r\n\r\n",
        random.Random(7).randbytes(1_000_000),
    ],
)
async def test_who_does_not_begin_with_an_expected_id_is_not_served(first):
    async with listening(Notes()) as (server, known):
        asterisk = await Asterisk.connect(server.port)
        try:
            await asterisk.raw(first)
            asterisk.writer.write_eof()
        except ConnectionError:
            pass  # closed already: so much the better
        assert await asterisk.receive() is None
        await asterisk.close()
        await still_serves(server, known)


async def still_serves(server, known):
    """A proper call comes through."""
    asterisk = await Asterisk.connect(server.port)
    lines = len(server._calls.lines)
    await asterisk.call(known.expect(Expected(rate=8000)))
    await asterisk.send(0x00)
    await asterisk.receive_all()
    await asterisk.close()
    assert len(server._calls.lines) == lines + 1


async def test_who_says_nothing_at_all_is_not_waited_for():
    async with listening(Notes(), first_frame_within=0.05) as (server, _):
        asterisk = await Asterisk.connect(server.port)
        assert await asterisk.receive() is None


async def test_strangers_are_turned_away_before_they_are_heard():
    async with listening(Notes(), telephone_networks="10.0.0.0/8") as (server, _):
        asterisk = await Asterisk.connect(server.port)
        assert await asterisk.receive() is None
        assert not server._calls.lines


async def test_an_id_is_good_for_one_call():
    async with listening(Notes()) as (server, known):
        call_id = known.expect(Expected(rate=8000))
        first, second = await Asterisk.connect(server.port), await Asterisk.connect(server.port)
        await first.call(call_id)
        await first.send(0x00)
        await first.receive_all()
        await second.call(call_id)
        assert await second.receive() is None
        assert len(server._calls.lines) == 1


async def test_half_a_frame_and_then_nothing_is_a_lost_call():
    notes = Notes()
    async with a_call(notes) as (asterisk, server, known):
        await asterisk.raw(b"\x10\x01\x40" + bytes(100))
        asterisk.writer.write_eof()
        await notes.until(lambda: notes.ending)
        assert notes.ending == "lost"
        notes.events.clear()
        await still_serves(server, known)


async def test_a_closed_connection_is_a_hang_up():
    notes = Notes()
    async with a_call(notes) as (asterisk, *_):
        asterisk.writer.write_eof()
        await notes.until(lambda: notes.ending)
    assert notes.ending == "caller"


async def test_an_error_of_the_telephone_system_is_a_lost_call():
    notes = Notes()
    async with a_call(notes) as (asterisk, *_):
        await asterisk.send(0xFF, b"\x02")
        await notes.until(lambda: notes.ending)
    assert notes.ending == "lost"


async def test_a_few_unknown_frames_are_left_out_and_many_end_the_call():
    notes = Notes()
    async with a_call(notes) as (asterisk, *_):
        await asterisk.send(0x42, b"??")
        await asterisk.send(0x03, b"5")
        await asterisk.send(0x03, b"\xff")
        await notes.until(lambda: notes.keys)
        assert (notes.keys, notes.ending) == ("5", None)
        for _ in range(60):
            await asterisk.send(0x42, b"??")
        await notes.until(lambda: notes.ending)
    assert notes.ending == "lost"


async def test_garbage_in_the_middle_of_a_call_ends_that_call_alone():
    notes = Notes()
    async with a_call(notes) as (asterisk, server, known):
        await asterisk.send(0x10, bytes(320))
        try:
            for _ in range(16):
                await asterisk.raw(bytes(b % 15 for b in random.Random(5).randbytes(65536)))  # no frame of sound in it
            asterisk.writer.write_eof()
        except ConnectionError:
            pass
        await notes.until(lambda: notes.ending)
        notes.events.clear()
        await still_serves(server, known)


async def test_a_flood_of_sound_does_not_pile_up():
    """A session that does not read, and a caller who sends a minute of sound at once: what is kept is bounded."""
    held = asyncio.Event()

    async def talk(line):
        await held.wait()

    async with a_call(talk) as (asterisk, server, _):
        asterisk.writer.write((b"\x10\x01\x40" + bytes(320)) * 30_000)
        while not server._calls.lines or server._calls.lines[0]._events.qsize() < 400:
            await asyncio.sleep(0.01)
        assert server._calls.lines[0]._events.qsize() <= 500
        asterisk.writer.transport.abort()
        held.set()


async def test_a_call_is_sent_on_to_a_queue_which_the_dial_plan_then_finds():
    taken = []

    async def talk(line):
        await line.play(b"\1\0" * 160)
        taken.append(await line.transfer("claims"))

    async with listening(talk) as (server, known):
        asterisk = await Asterisk.connect(server.port)
        call_id = known.expect(Expected(rate=8000))
        await asterisk.call(call_id)
        assert [kind for kind, _ in await asterisk.receive_all()] == [0x10, 0x00]
        assert taken == [True]
        assert known._passed[call_id].queue == "claims"


def made(secret: str, at: int, chosen: str = "1234") -> str:
    """An id that a dial plan makes by itself."""
    head = f"{at:010}{chosen}"
    return str(uuid.UUID(head + hashlib.sha1(f"{secret}:{head}".encode()).hexdigest()[:18]))


async def test_a_dial_plan_that_cannot_ask_makes_an_id_which_is_good_once():
    async with listening(Notes()) as (server, _):
        call_id = made(SECRET, int(time.time()))
        for served in (1, 1):
            asterisk = await Asterisk.connect(server.port)
            await asterisk.call(call_id)
            await asterisk.send(0x00)
            await asterisk.receive_all()
            assert len(server._calls.lines) == served


async def test_a_call_that_was_not_asked_for_goes_to_no_queue():
    taken = []

    async def talk(line):
        taken.append(await line.transfer("claims"))

    async with listening(talk) as (server, _):
        asterisk = await Asterisk.connect(server.port)
        await asterisk.call(made(SECRET, int(time.time())))
        await asterisk.receive_all()
    assert taken == [False]


@pytest.mark.parametrize("call_id", [made("another", 1_000_000), made(SECRET, 1_000_300), made(SECRET, 999_700)])
def test_ids_of_another_secret_or_another_time_are_no_good(call_id):
    known = TelephoneCalls(LineSettings(telephone_secret=SECRET), EN, clock=lambda: 1_000_000.0)
    assert known.redeem(uuid.UUID(call_id)) is None


def test_an_id_that_nobody_used_is_forgotten():
    now = [0.0]
    known = TelephoneCalls(LineSettings(telephone_secret=SECRET), EN, clock=lambda: now[0])
    call_id = known.expect(Expected("+15550100"))
    now[0] = 61.0
    assert known.redeem(uuid.UUID(call_id)) is None
