"""What the action server is sent."""

import json

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from rasa.core.actions.action import RemoteAction
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import ClientResponseError

from bot.action_endpoint import NEWEST_EVENTS, ActionEndpoint, call_format
from tests.bot import tiny

DOMAIN = Domain.from_yaml(tiny.DOMAIN)


def tracker_of(*events) -> DialogueStateTracker:
    return DialogueStateTracker.from_events("c", list(events), DOMAIN.slots)


def said(text: str) -> UserUttered:
    parsed = {"intent_ranking": [{"name": "greet"}], "text": text}
    return UserUttered(text, {"name": "greet"}, [], parsed, metadata={"statement": text})


class Actions:
    """An action server that does not know the domain at first, as rasa-sdk does not."""

    def __init__(self, status: int = 200) -> None:
        self.calls: list[dict] = []
        self.connections: set[int] = set()
        self._status, self._digest = status, None

    async def answer(self, request: web.Request) -> web.Response:
        call = json.loads(await request.read())
        self.calls.append(call)
        self.connections.add(request.transport.get_extra_info("peername")[1])
        if "domain" in call:
            self._digest = call["domain_digest"]
        if call["domain_digest"] != self._digest:
            return web.Response(status=449)
        return web.json_response({"events": [], "responses": []}, status=self._status)

    async def serve(self) -> TestServer:
        app = web.Application(client_max_size=10**8)
        app.router.add_post("/webhook", self.answer)
        server = TestServer(app)
        await server.start_server()
        return server


def call(*events) -> dict:
    return call_format(RemoteAction("action_lookup", None), tracker_of(*events), DOMAIN)


async def test_the_domain_is_sent_once_and_over_one_connection():
    actions = Actions()
    server = await actions.serve()
    endpoint = ActionEndpoint(str(server.make_url("/webhook")), 5)
    for _ in range(3):
        assert await endpoint.request(json=call(said("hello"))) == {"events": [], "responses": []}
    await endpoint.close()
    await server.close()

    assert ["domain" in one for one in actions.calls] == [False, True, False, False]
    assert actions.calls[1]["domain"]["forms"] == DOMAIN.as_dict()["forms"]
    assert len(actions.connections) == 1


async def test_a_refusal_is_what_rasa_expects():
    actions = Actions(status=400)
    server = await actions.serve()
    endpoint = ActionEndpoint(str(server.make_url("/webhook")), 5)

    with pytest.raises(ClientResponseError) as refused:
        await endpoint.request(json=call(said("hello")))

    assert refused.value.status == 400
    assert json.loads(refused.value.text) == {"events": [], "responses": []}
    await endpoint.close()
    await server.close()


async def test_silence_is_an_error():
    async def never(_request: web.Request) -> web.Response:
        import asyncio

        await asyncio.sleep(30)
        return web.Response()

    actions = Actions()
    actions.answer = never
    server = await actions.serve()
    endpoint = ActionEndpoint(str(server.make_url("/webhook")), 0.1)

    with pytest.raises(aiohttp.ClientError):
        await endpoint.request(json=call(said("hello")))

    await endpoint.close()
    await server.close()


def test_an_action_is_told_of_the_newest_events():
    events = [event for number in range(50) for event in (said(f"hello {number}"), BotUttered("Hello"))]

    told = call(*events)["tracker"]["events"]

    assert len(told) == NEWEST_EVENTS
    assert told[-2]["text"] == "hello 49"


def test_the_customers_message_is_among_them_however_much_followed():
    told = call(said("hello"), *[ActionExecuted("utter_greet") for _ in range(100)])["tracker"]["events"]

    assert told[0]["text"] == "hello"
    assert len(told) == 101


def test_only_the_message_in_hand_brings_its_ranking():
    told = call(said("first"), said("second"))["tracker"]["events"]

    assert "intent_ranking" not in told[0]["parse_data"]
    assert told[0]["metadata"] == {"statement": "first"}
    assert told[1]["parse_data"]["intent_ranking"] == [{"name": "greet"}]
