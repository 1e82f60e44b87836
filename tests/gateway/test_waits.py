"""What those who wait may be told is read once for all of them."""

from datetime import timedelta

import pytest

from crm.domain import Outlook
from crm.errors import NotFound
from crm.services import queue
from gateway.waits import Waits
from tests.factories.crm import NOW

AHEAD = {1: Outlook(1, None, True, False), 2: Outlook(2, 4, True, False)}


@pytest.fixture
def reads(monkeypatch):
    """How often the outlooks of all were read."""
    made = []

    def outlooks(session, now):
        made.append(now)
        return dict(AHEAD)

    def outlook(session, handoff_id, now):
        raise NotFound("nobody waits")

    monkeypatch.setattr(queue, "outlooks", outlooks)
    monkeypatch.setattr(queue, "outlook", outlook)
    return made


def test_many_who_ask_are_answered_by_one_look(reads):
    waits = Waits()
    assert [waits.outlook(None, key, NOW) for key in (1, 2, 1)] == [AHEAD[1], AHEAD[2], AHEAD[1]]
    assert len(reads) == 1


@pytest.mark.parametrize("later", [timedelta(seconds=1), timedelta(seconds=-5)])
def test_it_is_read_anew_a_second_later_or_when_the_clock_was_set_back(reads, later):
    waits = Waits()
    waits.outlook(None, 1, NOW)
    waits.outlook(None, 1, NOW + later)
    assert len(reads) == 2


def test_it_is_read_anew_when_the_queue_changed(reads):
    waits = Waits()
    waits.outlook(None, 1, NOW)
    waits.forget()
    waits.outlook(None, 1, NOW)
    assert len(reads) == 2


def test_who_is_not_in_it_is_looked_up_alone(reads):
    with pytest.raises(NotFound):
        Waits().outlook(None, 3, NOW)
