"""Between Rasa and the dialogue: what is read from a tracker, and what is written to it."""

from datetime import date

import pytest
import pytz
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, BotUttered, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot.policies.policy import complete, events_of, read_message
from bot.policies.state import State, Turn

DOMAIN = Domain.from_dict(
    {
        "intents": ["affirm"],
        "responses": {
            "utter_offer": [{"text": "a call?", "metadata": {"offers": "talk_to_human", "otherwise": "utter_ok"}}],
            "utter_ask": [{"text": "when?"}],
        },
    }
)
TODAY = date(2026, 11, 20)


def heard(text="hi", entities=(), timestamp=1_795_000_000.0, metadata=None, before=()):
    intent = {"name": "affirm", "confidence": 0.9}
    event = UserUttered(text, intent, list(entities), timestamp=timestamp, metadata=metadata)
    tracker = DialogueStateTracker.from_events("c", [*before, ActionExecuted("action_listen"), event])
    return read_message(tracker, tracker.latest_message, DOMAIN, pytz.timezone("America/New_York"))


def test_a_command_has_no_text():
    message = heard('/inform{"choice": "water"}', [{"entity": "choice", "value": "water"}])
    assert (message.text, message.is_command) == ("", True)
    assert message.entities[0].value == "water"


def test_today_is_the_insurer_s_day():
    late_evening_in_new_york = 1_795_230_000.0  # 2026-11-21 03:00 UTC
    assert heard(timestamp=late_evening_in_new_york).today == date(2026, 11, 20)


def test_files_come_with_the_message():
    assert heard(metadata={"attachments": [{"id": "f1"}]}).attachments == ({"id": "f1"},)


def test_an_offer_of_the_turn_before_is_known():
    before = [UserUttered("hm"), BotUttered("a call?", metadata={"utter_action": "utter_offer"})]
    message = heard(before=[*before, BotUttered("when?", metadata={"utter_action": "utter_ask"})])
    assert (message.offered, message.otherwise) == ("talk_to_human", "utter_ok")


def test_a_button_s_title_typed_is_the_button_pressed():
    buttons = [{"title": "Turn it off", "payload": '/inform{"choice": "turn_off"}'}]
    message = heard("turn it off.", before=[UserUttered("hm"), BotUttered("what?", data={"buttons": buttons})])
    assert (message.intent, message.is_command, message.entities[0].value) == ("inform", True, "turn_off")


def test_a_button_of_an_older_turn_is_gone():
    shown = BotUttered("what?", data={"buttons": [{"title": "No", "payload": "/deny"}]})
    assert not heard("no", before=[shown, UserUttered("hm"), BotUttered("when?")]).is_command


def test_an_older_offer_is_over():
    before = [BotUttered("a call?", metadata={"utter_action": "utter_offer"}), UserUttered("hm"), BotUttered("when?")]
    assert heard(before=before).offered is None


@pytest.mark.parametrize(
    ("kind", "partial", "expects", "whole"),
    [
        ("date", {"kind": "offset", "unit": "day", "count": -1}, "past", "2026-11-19"),
        ("date", '{"kind": "date", "day": 12}', "past", "2026-11-12"),
        ("date", "2026-11-12", "past", "2026-11-12"),
        ("date", {"kind": "offset", "unit": "day", "count": 1}, "past", None),
        ("date", {"kind": "date", "month": 5, "day": 3}, "birth", None),
        ("time", {"hour": 5, "minute": 30, "half": "pm"}, "past", "17:30"),
        ("time", {"part": "night"}, "past", None),
    ],
)
def test_partial_values_are_completed(kind, partial, expects, whole):
    assert complete(kind, partial, TODAY, expects) == whole


def test_only_what_changed_becomes_an_event():
    turn = Turn.of(State("claim", {"a": 1, "paused": None}))
    turn.set("a", 1)
    turn.set("b", 2)
    turn.enter("verify")
    assert events_of(turn) == [ActiveLoop("verify"), SlotSet("paused", ["claim"]), SlotSet("b", 2)]
