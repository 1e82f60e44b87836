"""Phrases: what counts as said."""

import pytest

from bot.policies.lexicon import begins, words


@pytest.mark.parametrize("text", ["对", "对，就这样", "对的", " 对。", "好吧"])
def test_a_single_chinese_character_alone_is_a_yes(text):
    assert begins(text, ["对", "好"])


@pytest.mark.parametrize("text", ["对方是一辆货车", "好像不是"])
def test_a_single_chinese_character_that_begins_another_word_is_none(text):
    assert not begins(text, ["对", "好"])


def test_longer_phrases_may_go_on():
    assert begins("没有人受伤", ["没有"])
    assert begins("Yes please", ["yes"])


def test_a_chinese_character_is_a_word_also_behind_digits_and_letters():
    assert words("PA-12的2022款car门") == ["pa", "12", "的", "2022", "款", "car", "门"]
