"""Calls that come through Twilio, whose messages are written out here as its documentation has them."""

import base64
import re
from contextlib import asynccontextmanager
from xml.etree import ElementTree

import pytest

from gateway.voice.twilio import signature
from tests.gateway.voice.sockets import door
from tests.gateway.voice.telephone import Notes
from voice.audio import from_mu_law, to_mu_law

TOKEN, URL = "12345", "https://calls.example.com"
FORM = {"CallSid": "CA1", "From": "+15550100", "To": "+15550199", "Direction": "inbound"}
OPTIONS = {"twilio_token": TOKEN, "twilio_url": URL}


def test_the_signature_is_the_one_of_twilios_documentation():
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    form = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+12349013030",
        "Digits": "1234",
        "From": "+12349013030",
        "To": "+18005551212",
    }
    assert signature("12345", url, form) == "0/KCTR6DLpKmkAf8muzZqo1nDgQ="


async def answer(gateway, query: str = "", **changed):
    headers = {"X-Twilio-Signature": signature(TOKEN, f"{URL}/voice/twilio/answer{query}", FORM)}
    return await gateway.http.post(f"/voice/twilio/answer{query}", data={**FORM, **changed}, headers=headers)


@asynccontextmanager
async def stream(gateway, query: str = ""):
    """A stream that has begun."""
    ticket = re.search(r'value="([^"]+)"', (await answer(gateway, query)).text)[1]
    async with gateway.socket("/voice/twilio") as socket:
        await socket.tell(event="connected", protocol="Call", version="1.0.0")
        await socket.tell(
            event="start", sequenceNumber="1", streamSid="MZ1",
            start={"streamSid": "MZ1", "callSid": "CA1", "tracks": ["inbound"], "customParameters": {"ticket": ticket},
                   "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}},
        )  # fmt: skip
        yield socket


async def test_a_signed_call_is_connected_with_our_stream(tmp_path):
    async with door(tmp_path, Notes(), **OPTIONS) as gateway:
        found = ElementTree.fromstring((await answer(gateway)).text)
    element = found.find("Connect/Stream")
    assert element.get("url") == "wss://calls.example.com/voice/twilio"
    assert element.find("Parameter").get("name") == "ticket"


@pytest.mark.parametrize("changed", [{"From": "+15550666"}, {"Extra": "1"}])
async def test_a_call_that_twilio_did_not_sign_is_not_answered(tmp_path, changed):
    async with door(tmp_path, Notes(), **OPTIONS) as gateway:
        assert (await answer(gateway, **changed)).status_code == 403


async def test_nothing_is_there_unless_it_is_configured(tmp_path):
    async with door(tmp_path, Notes()) as gateway:
        assert (await gateway.http.post("/voice/twilio/answer", data=FORM)).status_code == 404


async def test_a_caller_is_told_when_no_call_can_be_taken(tmp_path):
    async with door(tmp_path, Notes(), **OPTIONS) as gateway:
        gateway.calls.refuses = "busy"
        found = ElementTree.fromstring((await answer(gateway, "?language=zh")).text)
    assert found.find("Say").get("language") == "cmn-CN"
    assert found.find("Hangup") is not None


async def test_sound_and_keys_arrive(tmp_path):
    notes, sound = Notes(), to_mu_law(b"\x10\x10" * 160)
    async with door(tmp_path, notes, **OPTIONS) as gateway, stream(gateway) as socket:
        payload = base64.b64encode(sound).decode()
        await socket.tell(event="media", streamSid="MZ1", media={"track": "inbound", "payload": payload})
        await socket.tell(event="dtmf", streamSid="MZ1", dtmf={"track": "inbound_track", "digit": "9"})
        await socket.tell(event="stop", streamSid="MZ1", stop={"callSid": "CA1"})
        await notes.until(lambda: notes.ending)
    assert (notes.sound, notes.keys, notes.ending) == (from_mu_law(sound), "9", "caller")


async def test_the_line_knows_number_and_language(tmp_path):
    told = []

    async def talk(line):
        told.append((line.transport, line.rate, line.caller, line.language))

    async with door(tmp_path, talk, **OPTIONS) as gateway, stream(gateway, "?language=zh") as socket:
        await socket.hear_all()
    assert told == [("twilio", 8000, "+15550100", "zh")]


async def test_sound_goes_out_with_a_mark_behind_it(tmp_path):
    async def talk(line):
        await line.play(b"\x10\x10" * 320)
        await line.played()

    async with door(tmp_path, talk, **OPTIONS) as gateway, stream(gateway) as socket:
        heard = [await socket.hear() for _ in range(3)]
        await socket.tell(event="mark", streamSid="MZ1", mark=heard[2]["mark"])
    assert [message["event"] for message in heard] == ["media", "media", "mark"]
    assert {message["streamSid"] for message in heard} == {"MZ1"}
    assert base64.b64decode(heard[0]["media"]["payload"]) == to_mu_law(b"\x10\x10" * 160)


async def test_what_is_dropped_twilio_drops_too(tmp_path):
    async def talk(line):
        await line.play(b"\x10\x10" * 16000)
        await line.clear()

    async with door(tmp_path, talk, **OPTIONS) as gateway, stream(gateway) as socket:
        heard = await socket.hear_all()
    assert {"event": "clear", "streamSid": "MZ1"} in heard


@pytest.mark.parametrize("first", ['{"event":"connected"}', '{"event":"start","start":{}}', "{}", "[]", b"\0\0"])
async def test_a_stream_without_a_ticket_is_closed(tmp_path, first):
    async with door(tmp_path, Notes(), first_frame_within=0.2, **OPTIONS) as gateway:
        async with gateway.socket("/voice/twilio") as socket:
            await socket.send(first)
            assert await socket.hear() is None
        assert not gateway.calls.lines


@pytest.mark.parametrize(
    "garbage",
    [
        '{"event":"media"}',
        '{"event":"media","media":{"payload":"$$$"}}',
        '{"event":"media","media":{"payload":7}}',
        '{"event":"dtmf","dtmf":"1"}',
        '{"event":"mark","mark":{"name":"x"}}',
        "{",
        b"\0\0",
    ],
)
async def test_garbage_ends_the_call_it_comes_in(tmp_path, garbage):
    notes = Notes()
    async with door(tmp_path, notes, **OPTIONS) as gateway, stream(gateway) as socket:
        await socket.send(garbage)
        await notes.until(lambda: notes.ending)
    assert notes.ending == "lost"
