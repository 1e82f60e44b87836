"""Words that tell of danger are an emergency, whatever the classifier made of them."""

from pathlib import Path

import pytest

from bot.policies.lexicon import Lexicon
from bot.policies.message import Message
from bot.policies.reading import Reader

ROOT = Path(__file__).parents[3]
READER = Reader(Lexicon.load(ROOT / "data/dialogue"), lambda *_: None)


def heard(text, **values):
    return READER.alert(Message(text, "inform", 0.6, **values))


@pytest.mark.parametrize(
    "text",
    [
        "we are injured on the side of the road",
        "my husband isn't breathing",
        "the house is on fire",
        "I don't want to live anymore",
        "he took a whole packet of pills",
        "我老公昏迷了",
        "宝宝没心跳了",
        "厨房着火了",
    ],
)
def test_danger_now_is_an_emergency(text):
    assert heard(text).intent == "emergency"


@pytest.mark.parametrize(
    "text",
    [
        "nobody is bleeding",
        "what if my house is on fire, am I covered",
        "my car was stolen",
        "没有人昏迷",
        "厨房昨天着火了",
    ],
)
def test_what_is_over_denied_or_asked_in_general_is_not(text):
    assert heard(text).intent == "inform"


def test_a_button_is_what_it_says():
    assert heard("", is_command=True).intent == "inform"
