"""How a customer feels, as far as their words tell."""

import pytest

from crm.services import moods


@pytest.mark.parametrize(
    "text",
    [
        "nobody was hurt",
        "no one is injured, the car is dented",
        "I'm not worried",
        "this wasn't very helpful",
        "没有人受伤",
        "没人受伤，车被撞了",
        "我不担心",
        "人没有受伤",
    ],
)
def test_what_is_denied_is_no_mood(text):
    assert moods.told_by([text]) is None


@pytest.mark.parametrize(
    ("text", "mood"),
    [
        ("my wife is hurt", ("worried", "hurt")),
        ("nobody was hurt but the child is hurt now", ("worried", "hurt")),
        ("no, this is terrible", ("upset", "terrible")),
        ("nobody told me, I am furious", ("upset", "furious")),
        ("有人受伤", ("worried", "受伤")),
        ("没人理我，很生气", ("upset", "生气")),
        ("没人理我我很生气", ("upset", "生气")),
        ("我不得不投诉", ("upset", "投诉")),
        ("我很不满", ("upset", "不满")),
        ("是不是骗人的", ("upset", "骗")),
    ],
)
def test_the_strongest_mood_is_told_with_its_word(text, mood):
    assert moods.told_by([text]) == mood
