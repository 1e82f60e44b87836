"""Calls from a browser: tickets, sound and captions over a WebSocket."""

import asyncio
import json

import pytest

from gateway.sessions import COOKIE
from tests.gateway.voice.sockets import door
from tests.gateway.voice.telephone import Notes
from voice.ports import Caption, Who


async def test_sound_and_keys_arrive(tmp_path):
    notes = Notes()
    async with door(tmp_path, notes) as gateway, gateway.browser() as socket:
        await socket.send(b"\1\0" * 320)
        await socket.tell(type="key", key="4")
        await socket.tell(type="hang_up")
        await notes.until(lambda: notes.ending)
    assert (notes.sound, notes.keys, notes.ending) == (b"\1\0" * 320, "4", "caller")


async def test_sound_captions_and_the_end_go_out(tmp_path):
    async def talk(line):
        await line.caption(Caption(Who.BOT, "Hello 你好", final=False))
        await line.play(b"\7\0" * 640)

    async with door(tmp_path, talk) as gateway, gateway.browser() as socket:
        heard = []
        while (message := await socket.hear()) is not None:
            heard.append(message)
            if isinstance(message, dict) and message["type"] == "mark":
                await socket.tell(type="played", mark=message["mark"])
    assert heard[0] == {"type": "caption", "who": "bot", "text": "Hello 你好", "final": False}
    assert b"".join(message for message in heard if isinstance(message, bytes)) == b"\7\0" * 640
    assert heard[-1] == {"type": "over"}


async def test_a_page_that_never_says_what_it_played_is_not_waited_for(tmp_path):
    async def talk(line):
        await line.play(b"\7\0" * 320)
        await line.played()
        await line.caption(Caption(Who.BOT, "done"))

    async with door(tmp_path, talk) as gateway, gateway.browser() as socket:
        heard = await socket.hear_all()
    assert "done" in [message.get("text") for message in heard if isinstance(message, dict)]


async def test_what_is_dropped_is_dropped_in_the_page_too(tmp_path):
    unheard = []

    async def talk(line):
        await line.play(b"\7\0" * 16000 * 5)
        unheard.append(await line.clear())
        await line.played()

    async with door(tmp_path, talk) as gateway, gateway.browser() as socket:
        heard = await socket.hear_all()
    assert {"type": "clear"} in heard
    assert unheard[0] == pytest.approx(5, abs=0.5)


async def test_the_page_asks_for_its_language(tmp_path):
    told = []

    async def talk(line):
        told.append((line.language, line.rate, line.transport, line.caller))

    async with door(tmp_path, talk) as gateway:
        for language in ("zh", "tlh"):
            async with gateway.browser(language) as socket:
                await socket.hear_all()
    assert told == [("zh", 16000, "browser", None), (None, 16000, "browser", None)]


async def test_the_conversation_belongs_to_the_browser_that_had_the_page(tmp_path):
    async with door(tmp_path, Notes()) as gateway:
        page = await gateway.http.get("/call")
        async with gateway.browser() as socket:
            await socket.tell(type="hang_up")
            await socket.hear_all()
        assert gateway.browsers.identify([page.cookies[COOKIE]]).ids == (gateway.calls.owner,)


async def test_a_ticket_is_good_for_one_call(tmp_path):
    async with door(tmp_path, Notes()) as gateway:
        ticket = (await gateway.ticket()).json()["ticket"]
        async with gateway.socket("/voice/browser") as first, gateway.socket("/voice/browser") as second:
            await first.tell(type="hello", ticket=ticket)
            assert (await first.hear())["type"] == "ready"
            await second.tell(type="hello", ticket=ticket)
            assert await second.hear() == {"type": "refused", "code": "bad_ticket"}


@pytest.mark.parametrize("first", ['{"type":"hello"}', '{"type":"hello","ticket":"x.y.z"}', '{"type":"key","key":"1"}'])
async def test_without_a_ticket_there_is_no_call(tmp_path, first):
    async with door(tmp_path, Notes()) as gateway, gateway.socket("/voice/browser") as socket:
        await socket.send(first)
        assert await socket.hear() == {"type": "refused", "code": "bad_ticket"}
        assert await socket.hear() is None
    assert not gateway.calls.lines


@pytest.mark.parametrize("first", ["[]", "{", "null", b"\0\0", "x" * 5000, "[" * 4000, ""])
async def test_what_is_no_hello_is_not_listened_to(tmp_path, first):
    async with door(tmp_path, Notes()) as gateway, gateway.socket("/voice/browser") as socket:
        await socket.send(first)
        assert await socket.hear() is None


async def test_who_says_nothing_is_not_waited_for(tmp_path):
    async with door(tmp_path, Notes(), first_frame_within=0.05) as gateway, gateway.socket("/voice/browser") as socket:
        assert await socket.hear() is None


@pytest.mark.parametrize("garbage", [b"\1\0\1", bytes(70_000), "no json", "[1]", json.dumps("x")])
async def test_garbage_ends_the_call_it_comes_in(tmp_path, garbage):
    notes = Notes()
    async with door(tmp_path, notes) as gateway:
        async with gateway.browser() as socket:
            await socket.send(garbage)
            await notes.until(lambda: notes.ending)
        assert notes.ending == "lost"
        async with gateway.browser() as socket:
            assert len(gateway.calls.lines) == 2


@pytest.mark.parametrize(
    "message",
    [
        {"type": "key", "key": "12"},
        {"type": "key", "key": None},
        {"type": "key"},
        {"type": "played", "mark": "x"},
        {"type": "played", "mark": 99},
        {"type": "unheard of"},
        {},
    ],
)
async def test_what_means_nothing_does_nothing(tmp_path, message):
    notes = Notes()
    async with door(tmp_path, notes) as gateway, gateway.browser() as socket:
        await socket.send(json.dumps(message))
        await socket.tell(type="key", key="5")
        await notes.until(lambda: notes.keys)
        assert (notes.keys, notes.ending) == ("5", None)


async def test_a_socket_that_goes_is_a_lost_call(tmp_path):
    notes = Notes()
    async with door(tmp_path, notes) as gateway, gateway.browser() as socket:
        socket.connection.transport.abort()
        await notes.until(lambda: notes.ending)
    assert notes.ending == "lost"


async def test_a_page_elsewhere_gets_neither_ticket_nor_socket(tmp_path):
    async with door(tmp_path, Notes()) as gateway:
        assert (await gateway.ticket(Origin="https://evil.example")).status_code == 403
        with pytest.raises(Exception, match="403"):
            async with gateway.socket("/voice/browser", origin="https://evil.example"):
                pass


async def test_a_gateway_that_takes_no_calls_says_why(tmp_path):
    async with door(tmp_path, Notes()) as gateway:
        gateway.calls.refuses = "busy"
        answer = await gateway.ticket()
        assert (answer.status_code, answer.json()) == (503, {"code": "busy"})


async def test_calls_that_come_too_fast_from_one_address_are_refused(tmp_path):
    async with door(tmp_path, Notes(), address_burst=2.0, address_rate=1e-9) as gateway:
        codes = [(await gateway.ticket()).json().get("code") for _ in range(3)]
    assert codes == [None, None, "too_fast"]


async def test_the_gateway_can_be_busy_by_the_time_the_page_says_hello(tmp_path):
    async with door(tmp_path, Notes()) as gateway:
        ticket = (await gateway.ticket()).json()["ticket"]
        gateway.calls.refuses = "busy"
        async with gateway.socket("/voice/browser") as socket:
            await socket.tell(type="hello", ticket=ticket)
            assert await socket.hear() == {"type": "refused", "code": "busy"}


async def test_a_flood_is_read_no_faster_than_speech(tmp_path):
    held = asyncio.Event()

    async def talk(line):
        await held.wait()

    async with door(tmp_path, talk) as gateway, gateway.browser() as socket:
        sending = asyncio.create_task(flood(socket))
        while gateway.calls.lines[0]._events.qsize() < 8:
            await asyncio.sleep(0.01)
        assert gateway.calls.lines[0]._events.qsize() <= 500
        held.set()
        sending.cancel()


async def flood(socket):
    while True:
        await socket.send(bytes(32_000))


async def test_the_page_has_no_script_of_its_own(tmp_path):
    async with door(tmp_path, Notes()) as gateway:
        page = await gateway.http.get("/call", headers={"Accept-Language": "fr, zh-CN;q=0.8, en;q=0.5"})
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert "unsafe-inline" not in page.headers["content-security-policy"]
    assert '<html lang="zh">' in page.text


async def test_a_server_that_stops_is_no_caller_who_hangs_up(tmp_path):
    notes = Notes()
    async with door(tmp_path, notes) as gateway, gateway.browser():
        await gateway.served.stop()
        await notes.until(lambda: notes.ending)
    assert notes.ending == "shutdown"


async def test_a_page_that_is_left_is_a_hang_up(tmp_path):
    notes = Notes()
    async with door(tmp_path, notes) as gateway, gateway.browser() as socket:
        await socket.connection.close(1001)
        await notes.until(lambda: notes.ending)
    assert notes.ending == "caller"
