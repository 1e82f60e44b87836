"""Patched Rasa does what Rasa does."""

import asyncio
from types import SimpleNamespace

import jsonschema
import pytest
import rasa.core.test
from rasa.core.actions.action import ActionBotResponse, RemoteAction
from rasa.core.policies.policy import PolicyPrediction
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    ConversationPaused,
    Event,
    FollowupAction,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.utils.common import all_subclasses

from bot import rasa_patches
from tests.bot import tiny

rasa_patches.apply()
DOMAIN = Domain.from_yaml(tiny.DOMAIN)


@pytest.mark.parametrize(
    "answer", [{"events": [], "responses": []}, {"events": [{"event": "slot", "name": "topic", "value": 1}]}]
)
def test_a_right_answer_of_an_action_is_taken(answer):
    assert RemoteAction("action_lookup", None)._validate_action_result(answer)


@pytest.mark.parametrize("answer", [[], {"events": {}}, {"responses": ["text"]}, {"events": [{"name": "no event"}]}])
def test_a_wrong_answer_of_an_action_is_refused(answer):
    with pytest.raises(jsonschema.ValidationError):
        RemoteAction("action_lookup", None)._validate_action_result(answer)


@pytest.mark.parametrize("kind", sorted({c.type_name for c in all_subclasses(Event) if isinstance(c.type_name, str)}))
def test_every_event_type_is_found(kind):
    assert Event.resolve_by_type(kind).type_name == kind
    assert Event.resolve_by_type(kind) is Event.resolve_by_type(kind)


def test_an_unknown_event_type_is_as_in_rasa():
    assert Event.resolve_by_type("...", SlotSet) is SlotSet
    assert Event.resolve_by_type("...", ActiveLoop) is ActiveLoop
    assert Event.resolve_by_type("topic") is None
    with pytest.raises(ValueError):
        Event.resolve_by_type("...")


def test_a_copy_is_what_a_replay_would_be():
    events = [
        ActionExecuted("action_listen"),
        UserUttered("accident", {"name": "report"}),
        ActionExecuted("report_form"),
        ActiveLoop("report_form"),
        SlotSet("day", "monday"),
        ConversationPaused(),
        FollowupAction("utter_greet"),
    ]
    tracker = DialogueStateTracker.from_events("c", events, DOMAIN.slots)

    copied, replayed = tracker.copy(), tracker.travel_back_in_time(float("inf"))

    assert copied.current_state() == replayed.current_state()
    assert list(copied.events) == list(replayed.events)
    assert {n: s.has_been_set for n, s in copied.slots.items()} == {
        n: s.has_been_set for n, s in replayed.slots.items()
    }


def test_a_copy_changes_alone():
    tracker = DialogueStateTracker.from_events("c", [ActiveLoop("report_form")], DOMAIN.slots)
    copied = tracker.copy()
    copied.update(SlotSet("day", "monday"))
    copied.interrupt_loop(True)

    assert tracker.get_slot("day") is None
    assert len(tracker.events) == 1
    assert not tracker.is_active_loop_interrupted


@pytest.mark.parametrize(("expected", "day"), [("utter_greet", "monday"), ("utter_goodbye", None)])
def test_a_story_test_knows_what_the_policy_sets_with_the_right_action(expected, day):
    prediction = PolicyPrediction([1.0], policy_name=None, events=[SlotSet("day", "monday")])
    decided = (ActionBotResponse("utter_greet"), prediction)
    processor = SimpleNamespace(domain=DOMAIN, predict_next_with_tracker_if_should=lambda _: decided)
    tracker = DialogueStateTracker.from_events("c", [UserUttered("hi")], DOMAIN.slots)

    asyncio.run(rasa.core.test._run_action_prediction(processor, tracker, expected))

    assert tracker.get_slot("day") == day
