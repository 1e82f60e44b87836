"""The figures of the day are read once for all who look at the board."""

from datetime import timedelta

import pytest

from crm.services import desk_figures
from gateway.desk.today import Today
from tests.factories.crm import NOW


@pytest.fixture
def reads(monkeypatch):
    """The days that were read."""
    made = []

    def measures_of_day(session, day):
        made.append(day)
        return len(made)

    monkeypatch.setattr(desk_figures, "measures_of_day", measures_of_day)
    return made


def test_many_looks_are_one_reading(reads):
    today = Today()
    assert [today.measures(None, NOW.date(), NOW + timedelta(seconds=n)) for n in range(3)] == [1, 1, 1]


@pytest.mark.parametrize("later", [timedelta(seconds=10), timedelta(seconds=-1)])
def test_it_is_read_anew_after_ten_seconds_or_when_the_clock_was_set_back(reads, later):
    today = Today()
    today.measures(None, NOW.date(), NOW)
    assert today.measures(None, NOW.date(), NOW + later) == 2


def test_another_day_has_other_figures(reads):
    today = Today()
    days = [NOW.date(), NOW.date() + timedelta(days=1)]
    for day in days:
        today.measures(None, day, NOW)
    assert reads == days
