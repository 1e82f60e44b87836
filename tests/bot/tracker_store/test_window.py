"""A conversation restored from its window is in the state of the whole conversation."""

import uuid

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActionReverted,
    ActiveLoop,
    AllSlotsReset,
    BotUttered,
    ConversationPaused,
    ConversationResumed,
    LoopInterrupted,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUtteranceReverted,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

from bot.tracker_store import window

FORM = "report_form"


def message(text: str, intent: str) -> UserUttered:
    return UserUttered(text, {"name": intent, "confidence": 1.0}, [], message_id=uuid.uuid4().hex)


def answers(slot: str, value: object) -> list:
    return [ActionExecuted(FORM), SlotSet(slot, value), SlotSet("requested_slot", "place"), BotUttered("Where?")]


TURNS = st.one_of(
    st.just(lambda: [message("hi", "greet"), ActionExecuted("utter_greet"), BotUttered("Hello")]),
    st.sampled_from(["claim", "policy", None]).map(
        lambda topic: lambda: [message("find", "lookup"), SlotSet("topic", topic), ActionExecuted("action_lookup")]
    ),
    st.just(
        lambda: [
            message("accident", "report"),
            ActionExecuted(FORM),
            ActiveLoop(FORM),
            SlotSet("requested_slot", "day"),
            BotUttered("Which day?"),
        ]
    ),
    st.text(max_size=5).map(lambda day: lambda: [message("the 9th", "inform"), *answers("day", day)]),
    st.just(
        lambda: [
            message("is theft covered", "lookup"),
            ActionExecutionRejected(FORM),
            LoopInterrupted(True),
            ActionExecuted("action_lookup"),
            BotUttered("It is"),
            ActionExecuted(FORM),
            BotUttered("Which day?"),
        ]
    ),
    st.just(
        lambda: [message("done", "inform"), ActionExecuted(FORM), ActiveLoop(None), SlotSet("requested_slot", None)]
    ),
    st.just(
        lambda: [message("what", "nlu_fallback"), ActionExecuted("action_default_fallback"), UserUtteranceReverted()]
    ),
    st.just(lambda: [message("undo", "twice"), ActionExecuted("utter_first"), ActionReverted()]),
    st.just(lambda: [message("clear", "quiet"), ActionExecuted("utter_second"), AllSlotsReset()]),
    st.just(lambda: [message("a person", "quiet"), ActionExecuted("utter_first"), ConversationPaused()]),
    st.just(lambda: [message("back", "quiet"), ActionExecuted("utter_first"), ConversationResumed()]),
    st.just(
        lambda: [message("again", "start_again"), Restarted(), ActionExecuted("action_session_start"), SessionStarted()]
    ),
)


def possible(turns: list) -> list[list]:
    """The turns' events, without turns that Rasa cannot make: a form that runs unopened, or opens twice.

    Nor is a message taken back once a form has run: on that replay Rasa folds the form's runs, and so its own state
    differs from the one it had before.
    """
    conversation, is_open, has_run = [], False, False
    for turn in turns:
        events = turn()
        runs = any(isinstance(event, ActionExecuted) and event.action_name == FORM for event in events)
        loops = [event.name for event in events if isinstance(event, ActiveLoop)]
        reverts = any(isinstance(event, UserUtteranceReverted | ActionReverted) for event in events)
        if (runs and (FORM in loops) == is_open) or (reverts and has_run):
            continue
        has_run = has_run or runs
        conversation.append(events)
        if loops or any(isinstance(event, Restarted) for event in events):
            is_open = FORM in loops
    return conversation


def conversations(min_size: int, max_size: int):
    return st.lists(TURNS, min_size=min_size, max_size=max_size).map(possible).filter(bool)


def state(tracker) -> dict:
    loop = tracker.active_loop
    return {
        "slots": tracker.current_slot_values(),
        "loop": (loop.name, loop.is_interrupted, loop.rejected) if loop else None,
        "message": {**tracker.latest_message.as_dict(), "timestamp": None},
        "bot": tracker.latest_bot_utterance.text,
        "action": tracker.latest_action_name,
        "followup": tracker.followup_action,
        "paused": tracker.is_paused(),
    }


async def say(store, conversation_id: str, events: list) -> None:
    tracker = await store.get_or_create_tracker(conversation_id, append_action_listen=False)
    if not tracker.events:
        tracker.update_with_events(
            [ActionExecuted("action_session_start"), SessionStarted(), ActionExecuted("action_listen")], store.domain
        )
    tracker.update_with_events([*events, ActionExecuted("action_listen")], store.domain)
    await store.save(tracker)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(turns=conversations(8, 40))
async def test_restored_window_has_the_state_of_the_whole_conversation(store, monkeypatch, turns):
    monkeypatch.setattr(window, "WINDOW", 12)
    monkeypatch.setattr(window, "SLACK", 3)
    conversation_id = uuid.uuid4().hex

    for turn in turns:
        await say(store, conversation_id, turn)
    short = await store.retrieve(conversation_id)
    full = await store.retrieve_full_tracker(conversation_id)

    assert state(short) == state(full)
    assert state(short.copy()) == state(full)  # Rasa works on copies
    assert [e.as_dict() for e in short.events][-12:] == [e.as_dict() for e in full.events][-12:]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(turns=conversations(10, 30))
async def test_restored_window_looks_back_on_the_same_states(store, monkeypatch, turns):
    monkeypatch.setattr(window, "WINDOW", 12)
    monkeypatch.setattr(window, "SLACK", 3)
    conversation_id = uuid.uuid4().hex
    for turn in turns:
        await say(store, conversation_id, turn)

    short = (await store.retrieve(conversation_id)).past_states(store.domain)
    full = (await store.retrieve_full_tracker(conversation_id)).past_states(store.domain)

    assert short[-2:] == full[-2:]  # what stands further back may lie before so small a window


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(turns=conversations(1, 12), more=TURNS)
async def test_states_worked_out_once_are_those_of_rasa(store, turns, more):
    conversation_id = uuid.uuid4().hex
    for turn in turns:
        await say(store, conversation_id, turn)
    tracker = await store.retrieve(conversation_id)

    for event in more():
        tracker.update(event, store.domain)
        ours = tracker.past_states(store.domain)
        assert ours == DialogueStateTracker.past_states(tracker, store.domain)
        for state in ours:
            state.clear()  # policies change what they are given


async def test_the_window_stays_short(store):
    for number in range(120):
        await say(store, "long", [message(f"hi {number}", "greet"), ActionExecuted("utter_greet"), BotUttered("Hello")])

    tracker = await store.retrieve("long")

    assert len(tracker.events) <= window.WINDOW + window.SLACK + 12
    assert len((await store.retrieve_full_tracker("long")).events) == 120 * 4 + 3


@pytest.mark.parametrize("value", [None, 0, "", [], {"a": [1, "二"]}, 1.5, True, "\u0000\ud7ff😀"])
async def test_any_json_value_survives_the_snapshot(store, monkeypatch, value):
    monkeypatch.setattr(window, "WINDOW", 6)
    monkeypatch.setattr(window, "SLACK", 0)
    await say(store, "c", [message("find", "lookup"), SlotSet("topic", value), ActionExecuted("action_lookup")])
    for _ in range(10):
        await say(store, "c", [message("hi", "greet"), ActionExecuted("utter_greet"), BotUttered("Hello")])

    assert (await store.retrieve("c")).get_slot("topic") == value
