"""Dates as people say and press them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.reading.dates import pressed_date, said_date
from voice.reading.lexicon import Lexicon
from voice.texts import Texts

EN, ZH = (Lexicon(Texts(), language) for language in ("en", "zh"))
TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the fourth of march nineteen eighty-five", "1985-03-04"),
        ("fourth march nineteen eighty five", "1985-03-04"),
        ("march fourth nineteen eighty five", "1985-03-04"),
        ("march twenty first nineteen ninety", "1990-03-21"),
        ("twenty-second of may eighty five", "1985-05-22"),
        ("may the first two thousand", "2000-05-01"),
        ("first of june two thousand and three", "2003-06-01"),
        ("first of january twenty ten", "2010-01-01"),
        ("nineteenth of july nineteen oh nine", "1909-07-19"),
        ("i was born on the 3rd of june 1970", "1970-06-03"),
        ("four march 1985", "1985-03-04"),
        ("oh four oh three nineteen eighty five", "1985-03-04"),
        ("1985-03-04", "1985-03-04"),
        ("thirty first of february nineteen eighty", None),
        ("fourth of march", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_english(text, expected):
    found = said_date(text, EN, TODAY, birth=True)
    assert (found and found.isoformat()) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("一九八五年三月四号", "1985-03-04"),
        ("我是一九八五年十二月三十一日出生的", "1985-12-31"),
        ("八五年十月二十号", "1985-10-20"),
        ("二零零三年六月一日", "2003-06-01"),
        ("1985年3月4日", "1985-03-04"),
        ("一九八五零三零四", "1985-03-04"),
        ("一九八五年二月三十号", None),
        ("昨天", None),
    ],
)
def test_chinese(text, expected):
    found = said_date(text, ZH, TODAY, birth=True)
    assert (found and found.isoformat()) == expected


def test_nobody_is_born_tomorrow_or_two_hundred_years_ago():
    assert said_date("fourth of march twenty thirty", EN, TODAY, birth=True) is None
    assert pressed_date("04031826", EN, TODAY, birth=True) is None


def test_other_dates_may_be_tomorrow():
    assert said_date("fourth of march twenty thirty", EN, TODAY, birth=False) == date(2030, 3, 4)


@given(st.dates(date(1907, 1, 1), TODAY))
def test_keys_come_in_the_order_of_the_language(day):
    assert pressed_date(f"{day:%d%m%Y}", EN, TODAY, birth=True) == day
    assert pressed_date(f"{day:%Y%m%d}", ZH, TODAY, birth=True) == day


@given(st.text(max_size=60))
def test_nothing_breaks_it(text):
    for lexicon in (EN, ZH):
        assert said_date(text, lexicon, TODAY, birth=False) is None or True
        pressed_date(text, lexicon, TODAY, birth=False)
