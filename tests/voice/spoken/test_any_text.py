"""What holds for any text at all."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.spoken import spoken
from voice.spoken.chinese import number
from voice.spoken.english_numbers import cardinal, ordinal, year

PIECES = st.sampled_from(
    [
        *("PA-1234567", "$1,2", "**", "[a](b)", "http://", "12:30", "2026-13-45", "•", "```", "Nov 99, 1", "1st", "5%"),
        *(
            "+",
            "-",
            ".",
            ",",
            "¥3.",
            "½",
            "٣",
            "①",
            "🚗",
            "a@b.c",
            "年",
            "2份",
            "0000",
            "1" * 40,
            "<b>",
            "&",
            "Dr.",
            " ",
        ),
        "\n",
    ]
)
TEXTS = st.one_of(st.text(), st.lists(st.one_of(PIECES, st.text(max_size=3))).map("".join))
LANGUAGES = pytest.mark.parametrize("language", ["en", "zh"])


@LANGUAGES
@given(text=TEXTS)
def test_no_digit_no_markup_is_left(language: str, text: str) -> None:
    said = spoken(text, language)
    assert not any(unicodedata.category(character)[0] in "NSC" for character in said)
    assert not re.search(r"[*_#`<>\[\]{}|\\/@()（）•]|https?://", said)


@LANGUAGES
@given(text=TEXTS)
def test_what_is_said_is_said_the_same_way_again(language: str, text: str) -> None:
    said = spoken(text, language)
    assert not re.search(r"\d", spoken(said, language))
    assert said == said.strip()


@LANGUAGES
@given(words=st.lists(st.sampled_from(["is", "it", "right", "对吗"]), min_size=1))
def test_a_question_ends_as_one(language: str, words: list[str]) -> None:
    assert spoken(" ".join(words) + "?", language).endswith("?")


@given(value=st.integers(0, 10**17))
def test_every_number_has_words(value: int) -> None:
    assert number(value)
    if value < 10**15:
        assert re.fullmatch(r"[a-z -]+", cardinal(value))
        assert re.fullmatch(r"[a-z -]+(st|nd|rd|th)", ordinal(value))
    if value < 10_000:
        assert year(value)
