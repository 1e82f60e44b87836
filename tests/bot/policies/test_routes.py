"""What is learned from rules."""

from rasa.shared.core.events import ActionExecuted, ActiveLoop, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot.policies.routes import read_intents, read_routes


def rule(*events):
    tracker = DialogueStateTracker.from_events(
        "rule", [ActionExecuted("..."), *events, ActionExecuted("action_listen")]
    )
    tracker.is_rule_tracker = True
    return tracker


def heard(intent):
    return UserUttered(None, {"name": intent})


def test_the_actions_of_an_intent_in_order():
    one = rule(heard("emergency"), ActionExecuted("utter_emergency"), ActionExecuted("action_numbers"))
    assert read_routes([one]) == {"emergency": ("utter_emergency", "action_numbers")}


def test_a_form_is_an_action_like_others():
    assert read_routes([rule(heard("file_claim"), ActionExecuted("claim"), ActiveLoop("claim"))]) == {
        "file_claim": ("claim",)
    }


def test_a_rule_with_a_condition_is_left_to_rasa():
    conditional = rule(SlotSet("vip", True), heard("greet"), ActionExecuted("utter_vip"))
    assert read_routes([conditional]) == {}
    assert read_intents([conditional]) == {"greet"}


def test_stories_are_no_rules():
    story = DialogueStateTracker.from_events("story", [heard("greet"), ActionExecuted("utter_greet")])
    assert read_routes([story]) == {}
