"""What a dial plan asks over HTTP."""

import uuid

import httpx
import pytest
from fastapi import FastAPI

from gateway.voice.asterisk import Expected, TelephoneCalls
from gateway.voice.calls import CallRefused
from gateway.voice.settings import LineSettings
from vault import token_file

SECRET = "open sesame"


def plan(known: TelephoneCalls, address: str = "127.0.0.1") -> httpx.AsyncClient:
    """A dial plan at an address."""
    app = FastAPI()
    app.include_router(known.router)
    transport = httpx.ASGITransport(app, client=(address, 1234))
    return httpx.AsyncClient(transport=transport, base_url="http://gateway")


def calls(**options) -> TelephoneCalls:
    return TelephoneCalls(LineSettings(telephone_secret=SECRET), frozenset({"en", "zh"}), **options)


async def test_an_id_carries_what_the_dial_plan_said():
    known = calls()
    asked = {"secret": SECRET, "caller": "+15550100", "language": "zh", "rate": "16000"}
    answer = await plan(known).post("/voice/asterisk/call", data=asked)
    assert known.redeem(uuid.UUID(answer.text)) == Expected("+15550100", "zh", 16000)


@pytest.mark.parametrize("said", [{"caller": "anonymous <x>"}, {"language": "tlh"}, {"rate": "7"}, {}])
async def test_what_makes_no_sense_is_left_out(said):
    known = calls()
    answer = await plan(known).post("/voice/asterisk/call", data={"secret": SECRET, **said})
    assert known.redeem(uuid.UUID(answer.text)) == Expected()


@pytest.mark.parametrize("path", ["call", "next"])
@pytest.mark.parametrize("secret", ["", "another", "open sesame "])
async def test_who_does_not_know_the_secret_gets_nothing(path, secret):
    answer = await plan(calls()).post(f"/voice/asterisk/{path}", data={"secret": secret})
    assert (answer.status_code, answer.text) == (403, "")


async def test_who_comes_from_elsewhere_gets_nothing():
    answer = await plan(calls(), "203.0.113.9").post("/voice/asterisk/call", data={"secret": SECRET})
    assert answer.status_code == 403


async def test_a_gateway_that_takes_no_calls_says_so_before_the_call():
    def check():
        raise CallRefused("busy")

    answer = await plan(calls(check=check)).post("/voice/asterisk/call", data={"secret": SECRET})
    assert (answer.status_code, answer.text) == (503, "")


async def test_the_dial_plan_finds_the_queue_once():
    known = calls()
    call_id = known.expect(Expected())
    known.redeem(uuid.UUID(call_id))
    assert known.pass_on(uuid.UUID(call_id), "claims")
    known.forget(uuid.UUID(call_id))
    asked = [await plan(known).post("/voice/asterisk/next", data={"secret": SECRET, "id": call_id}) for _ in range(2)]
    assert [answer.text for answer in asked] == ["claims", ""]


async def test_a_call_that_was_not_passed_on_goes_nowhere():
    known = calls()
    call_id = known.expect(Expected())
    known.redeem(uuid.UUID(call_id))
    known.forget(uuid.UUID(call_id))
    answer = await plan(known).post("/voice/asterisk/next", data={"secret": SECRET, "id": call_id})
    assert (answer.status_code, answer.text) == (200, "")


async def test_the_secret_is_made_at_the_first_question(tmp_path):
    known = TelephoneCalls(LineSettings(var=tmp_path), frozenset({"en"}))
    assert (await plan(known).post("/voice/asterisk/call", data={"secret": ""})).status_code == 403
    secret = token_file(tmp_path / "telephone.secret")
    assert (await plan(known).post("/voice/asterisk/call", data={"secret": secret})).status_code == 200
