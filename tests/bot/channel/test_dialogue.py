"""The channel on a real Rasa agent with a tiny model, without HTTP."""

import uuid

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.channel import CarelineChannel
from bot.channel.requests import BadRequest, TurnRequest
from bot.channel.turns import Turns
from bot.tracker_store import window
from bot.turn import Turn
from tests.bot.process import turn_body


class Conversation:
    """Says things to the agent through the channel."""

    def __init__(self, agent) -> None:
        self.id = uuid.uuid4().hex
        self._agent, self._channel, self._turns = agent, CarelineChannel("token"), Turns()

    async def say(self, text: str = "", **fields) -> list[dict]:
        asked = TurnRequest.parse(turn_body(self.id, text, **fields))
        work = lambda running: self._channel._answer(self._agent, asked, running)  # noqa: E731
        running = self._turns.start(Turn(self.id, asked.message_id), work)
        return [frame async for frame in running.follow(60)]

    async def texts(self, text: str = "", **fields) -> list[str]:
        frames = await self.say(text, **fields)
        return [frame.get("text") or frame["code"] for frame in frames if frame["type"] != "end"]


@pytest.fixture
def chat(agent) -> Conversation:
    return Conversation(agent)


async def test_a_form_is_filled(chat):
    assert await chat.texts("accident") == ["Which day?"]
    assert await chat.texts("yesterday") == ["Where?"]
    assert await chat.texts("at home") == ["Reported yesterday at home."]


async def test_metadata_of_the_message_reaches_actions(chat, actions):
    await chat.say(
        "find", message_id="m1", statement="signed", attachments=[{"id": "a", "name": "n", "media_type": "m"}]
    )

    metadata = actions.calls[-1]["tracker"]["latest_message"]["metadata"]

    assert metadata["message_id"] == "m1"
    assert metadata["statement"] == "signed"
    assert metadata["channel"] == "chat"
    assert metadata["attachments"] == [{"id": "a", "name": "n", "media_type": "m"}]
    assert actions.calls[-1]["sender_id"] == chat.id
    assert actions.calls[-1]["tracker"]["latest_input_channel"] == "careline"


async def test_a_repeated_message_is_answered_from_the_store(chat, actions):
    first = await chat.texts("find", message_id="m1")
    again = await chat.texts("find", message_id="m1")

    assert again == first
    assert len(actions.calls) == 1


async def test_a_command_runs_without_understanding(chat, agent, store):
    assert await chat.texts("Look up", command='/lookup{"topic": "theft"}') == ['Found for /lookup{"topic": "theft"}.']
    assert (await store.retrieve(chat.id)).get_slot("topic") == "theft"


async def test_an_unknown_command_is_read_as_text_and_warns_of_nothing(chat, caplog, recwarn):
    assert await chat.texts("hello", command='/secret_4711{"a": 1}') == ["Hello there."]

    assert "4711" not in caplog.text
    assert not [w for w in recwarn if "4711" in str(w.message)]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    before=st.text(st.characters(categories=["Zs", "Zl", "Zp", "Cc", "Cf", "Mn"]), max_size=4),
    command=st.sampled_from(
        ["/restart", "/greet", "/session_start", "/back", "／restart", "//greet", '/lookup{"topic":"x"}']
    ),
)
async def test_text_never_runs_a_command(agent, store, recwarn, before, command):
    chat = Conversation(agent)
    await chat.say("accident")
    await chat.say("yesterday")

    await chat.say(before + command)

    tracker = await store.retrieve(chat.id)
    assert tracker.get_slot("day") == "yesterday"  # no restart
    assert tracker.get_slot("topic") is None
    assert tracker.latest_message.intent_name is None or tracker.latest_message.intent["confidence"] < 1
    assert not [w for w in recwarn if "parse arguments" in str(w.message)]


async def test_restart_is_a_command_only_where_it_was_offered(chat, store):
    await chat.say("accident")
    await chat.say("x", command="/restart")
    assert (await store.retrieve(chat.id)).active_loop_name == "report_form"

    await chat.say("monday")
    await chat.say("home")
    await chat.say("hello")  # its answer offers /restart
    await chat.say("Again", command="/restart")

    assert (await store.retrieve(chat.id)).get_slot("day") is None


async def test_files_without_text_are_the_internal_command(chat):
    assert await chat.texts(attachments=[{"id": "1"}]) == ["Got the files."]


@pytest.mark.parametrize("body", [None, [], {}, turn_body("c"), turn_body("c d", "x"), turn_body("c", "x" * 20_001)])
def test_a_request_without_substance_is_refused(body):
    with pytest.raises(BadRequest):
        TurnRequest.parse(body)


async def test_without_actions_there_are_no_words_and_the_message_can_be_repeated(chat, agent, actions):
    endpoint = agent.processor.action_endpoint
    url, endpoint.url = endpoint.url, "http://127.0.0.1:9/webhook"
    assert await chat.say("find", message_id="m1") == [{"type": "error", "code": "no_words", "utterances": 0}]

    endpoint.url = url

    assert await chat.texts("find", message_id="m1") == ["Found for find."]


async def test_an_action_lost_after_words_is_an_error_and_the_message_can_be_repeated(chat, agent):
    endpoint = agent.processor.action_endpoint
    url, endpoint.url = endpoint.url, "http://127.0.0.1:9/webhook"
    assert await chat.texts("chatty", message_id="m1") == ["First.", "turn_failed"]

    endpoint.url = url

    assert await chat.texts("chatty", message_id="m1") == ["First.", "Found for chatty."]


WORDS = st.sampled_from(["hello", "find", "accident", "yesterday", "twice", "hush", "at home", "gossip", "what"])


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.lists(WORDS, min_size=15, max_size=30))
async def test_a_windowed_conversation_predicts_like_a_whole_one(agent, store, monkeypatch, words):
    monkeypatch.setattr(window, "WINDOW", 20)
    monkeypatch.setattr(window, "SLACK", 4)
    chat = Conversation(agent)
    for word in words:
        await chat.say(word)
    short, full = await store.retrieve(chat.id), await store.retrieve_full_tracker(chat.id)

    for text in ("hello", "accident", "friday"):
        predictions = []
        for tracker in (short.copy(), full.copy()):
            message = TurnRequest.parse(turn_body(chat.id, text))
            from rasa.core.channels.channel import UserMessage

            await agent.processor._handle_message_with_tracker(UserMessage(message.text, sender_id=chat.id), tracker)
            prediction = agent.processor._predict_next_with_tracker(tracker)
            predictions.append((prediction.probabilities, prediction.policy_name))
        assert predictions[0] == predictions[1]
