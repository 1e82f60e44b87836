"""Digits as people say them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.reading.lexicon import Lexicon
from voice.reading.numbers import digits
from voice.texts import Texts

EN, ZH = (Lexicon(Texts(), language) for language in ("en", "zh"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one two three", "123"),
        ("double five oh one", "5501"),
        ("triple seven", "777"),
        ("twenty three forty five", "2345"),
        ("nineteen eighty five", "1985"),
        ("thirty", "30"),
        ("five hundred", "500"),
        ("five hundred and twelve", "512"),
        ("two thousand", "2000"),
        ("my policy number is p a one two three", "123"),
        ("oh my number is one", "1"),
        ("oh one two", "012"),
        ("PA-1234567", "1234567"),
        ("12 34", "1234"),
        ("it's one two three please", "123"),
        ("for to ate", "428"),
        ("i don't know", None),
        ("what about one two three", None),
        ("double", None),
        ("hundred", None),
        ("", None),
    ],
)
def test_english(text, expected):
    assert digits(text, EN) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("一二三", "123"),
        ("幺三八 零零 两", "138002"),
        ("双五零一", "5501"),
        ("我的保单号是一二三四五六七", "1234567"),
        ("12三", "123"),
        ("不知道", None),
    ],
)
def test_chinese(text, expected):
    assert digits(text, ZH) == expected


_NAMES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]


@given(st.text("0123456789", min_size=1, max_size=16))
def test_every_number_said_digit_by_digit_is_read(number):
    assert digits(" ".join(_NAMES[int(digit)] for digit in number), EN) == number
    assert digits("".join("零一二三四五六七八九"[int(digit)] for digit in number), ZH) == number


@given(st.text(max_size=60))
def test_nothing_breaks_it(text):
    for lexicon in (EN, ZH):
        found = digits(text, lexicon)
        assert found is None or found
