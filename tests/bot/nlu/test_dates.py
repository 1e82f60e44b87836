"""Completing partial dates and times: the cases that a list of sentences does not reach."""

import json
import sys
from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.values import dates, times

WEDNESDAY = date(2026, 9, 16)


def test_the_values_package_needs_the_standard_library_alone() -> None:
    import subprocess

    code = "import sys, bot.values.dates, bot.values.times, bot.values.codes; print('\\n'.join(sys.modules))"
    loaded = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True).stdout
    assert not {"rasa", "spacy", "numpy", "yaml"} & set(loaded.split())


def test_json_text_is_taken_as_well() -> None:
    assert dates.complete(json.dumps({"kind": "date", "day": 12}), WEDNESDAY) == date(2026, 9, 12)


@pytest.mark.parametrize("nothing", [None, {}, {"kind": "riddle"}])
def test_nothing_said_is_no_date(nothing: dict | None) -> None:
    assert dates.complete(nothing, WEDNESDAY) is None


def test_a_day_that_does_not_exist_is_no_date() -> None:
    assert dates.complete({"kind": "date", "year": 2026, "month": 2, "day": 31}, WEDNESDAY) is None


def test_the_31st_goes_back_to_a_month_that_has_one() -> None:
    assert dates.complete({"kind": "date", "day": 31}, date(2026, 10, 1)) == date(2026, 8, 31)


def test_a_leap_day_goes_back_to_a_leap_year() -> None:
    assert dates.complete({"kind": "date", "month": 2, "day": 29}, WEDNESDAY) == date(2024, 2, 29)


def test_a_month_before_the_31st_ends_where_it_ends() -> None:
    assert dates.complete({"kind": "offset", "unit": "month", "count": -1}, date(2026, 3, 31)) == date(2026, 2, 28)


def test_swapped_day_and_month_when_only_that_lies_in_the_past() -> None:
    said = {"kind": "date", "year": 2026, "month": 12, "day": 3, "either_order": True}
    assert dates.complete(said, WEDNESDAY, "past") == date(2026, 3, 12)


def test_a_birthday_without_a_year_is_no_birth_date() -> None:
    assert dates.complete({"kind": "date", "month": 3, "day": 3}, WEDNESDAY, "birth") is None


def test_a_period_has_no_single_day_but_a_span() -> None:
    said = {"kind": "period", "unit": "month", "count": -1}
    assert dates.complete(said, WEDNESDAY) is None
    assert dates.span(said, WEDNESDAY) == (date(2026, 8, 1), date(2026, 8, 31))


DAYS = st.dates(date(1950, 1, 1), date(2090, 12, 31))


@given(day=st.integers(1, 31), today=DAYS)
def test_a_day_of_the_month_lies_on_the_expected_side(day: int, today: date) -> None:
    said = {"kind": "date", "day": day}
    past, future = dates.complete(said, today, "past"), dates.complete(said, today, "future")
    assert past is not None
    assert future is not None
    assert past <= today <= future
    assert past.day == future.day == day


@given(weekday=st.integers(0, 6), today=DAYS)
def test_a_weekday_is_within_a_week(weekday: int, today: date) -> None:
    past = dates.complete({"kind": "weekday", "weekday": weekday}, today, "past")
    future = dates.complete({"kind": "weekday", "weekday": weekday}, today, "future")
    assert past is not None
    assert future is not None
    assert 1 <= (today - past).days <= 7
    assert 1 <= (future - today).days <= 7
    assert past.weekday() == future.weekday() == weekday


@given(unit=st.sampled_from(["day", "week", "month", "year"]), count=st.integers(-500, 500), today=DAYS)
def test_an_offset_never_fails(unit: str, count: int, today: date) -> None:
    assert dates.span({"kind": "offset", "unit": unit, "count": count}, today) is not None


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ({"hour": 5, "minute": 30}, time(17, 30)),
        ({"hour": 9}, time(9)),
        ({"hour": 12, "half": "am"}, time(0)),
        ({"hour": 8, "part": "evening"}, time(20)),
        ({"hour": 2, "part": "night"}, time(2)),
        ({"part": "morning"}, time(9)),
        ({"hour": 24}, None),
        (None, None),
    ],
)
def test_times(said: dict | None, meant: time | None) -> None:
    assert times.complete(said) == meant
