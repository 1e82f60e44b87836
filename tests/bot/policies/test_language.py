"""The language slot: what a message says, else what the channel knows of the conversation."""

import pytest
from rasa.core.policies.policy import PolicyPrediction
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.language_detector import LanguageDetector
from bot.policies.language import in_the_language_of_the_message, language_of

DOMAIN = Domain.from_dict(
    {"slots": {"language": {"type": "text", "initial_value": "en", "mappings": [{"type": "custom"}]}}}
)


def heard(found=None, known=None, entities=(), before=()):
    event = UserUttered(
        "hm",
        {"name": "inform"},
        list(entities),
        parse_data={"language": found} if found else None,
        metadata={"language": known} if known else None,
    )
    return DialogueStateTracker.from_events("c", [*before, ActionExecuted("action_listen"), event], DOMAIN.slots)


class Policy:
    @in_the_language_of_the_message
    def predict(self, tracker):
        return PolicyPrediction([1.0], "policy", events=[])


def language(code, certain):
    return {"code": code, "certain": certain}


@pytest.mark.parametrize(
    ("found", "known", "expected"),
    [
        (language("zh", True), "en", "zh"),
        (language("zh", True), None, "zh"),
        (language("en", False), "zh", "zh"),
        (language("en", False), None, None),
        (None, "zh", "zh"),
        (None, None, None),
    ],
)
def test_the_message_speaks_first(found, known, expected):
    assert language_of(heard(found, known)) == expected


def test_a_button_that_names_a_language_wins():
    assert language_of(heard(known="en", entities=[{"entity": "language", "value": "zh"}])) == "zh"


def test_the_slot_is_set_with_the_prediction():
    assert Policy().predict(heard(language("zh", True))).events == [SlotSet("language", "zh")]


def test_nothing_is_set_where_nothing_changes():
    assert Policy().predict(heard(language("en", True))).events == []


def test_a_message_in_no_language_changes_nothing():
    tracker = heard(language("en", False), before=[SlotSet("language", "zh")])
    assert Policy().predict(tracker).events == []


@pytest.mark.parametrize(
    ("said", "answered"),
    [
        (["我的 claim 到哪了", "PA-1234567", "ok", "PA-1234567 的保费 due date 是哪天"], ["zh"] * 4),
        (["hello there, where is my claim", "CL-1234567", "ok", "my 保单 expires when?"], ["en"] * 4),
        (["where is my claim", "我的理赔到哪了", "ok", "thank you very much", "12"], ["en", "zh", "zh", "en", "en"]),
    ],
)
def test_a_conversation_stays_in_its_language_until_a_message_says_otherwise(said, answered):
    detector, known, spoken = LanguageDetector(LanguageDetector.get_default_config()), "en", []
    for text in said:
        message = Message(data={"text": text, "metadata": {"language": known}})
        detector.process([message])
        known = language_of(heard(message.get("language"), known))
        spoken.append(known)
    assert spoken == answered
