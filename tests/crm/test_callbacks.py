from datetime import datetime, timedelta, timezone

import pytest

from crm.errors import NotEligible, NotFound, OutOfRange
from crm.services import callbacks, handoffs, verification
from tests.factories import crm as make

UTC = timezone.utc
MONDAY = datetime(2026, 11, 23, 11, 10, tzinfo=UTC)
PHONE = "+15552345678"


@pytest.fixture
def chat(session):
    make.care_unit(session)
    return make.a_conversation(session)


def book(session, chat, wished=None, now=make.NOW):
    return callbacks.book(session, chat.id, phone=PHONE, now=now, wished=wished)


def test_the_wished_slot_is_the_one_that_contains_the_time(session, chat):
    booked = book(session, chat, MONDAY)
    assert booked.at_start == MONDAY.replace(minute=0)
    assert callbacks.upcoming(session, chat.id, make.NOW) == [booked]


def test_a_taken_slot_gives_the_next(session, chat):
    assert [book(session, chat, MONDAY).at_start.minute for _ in range(2)] == [0, 30]


def test_out_of_hours_the_next_opening_is_taken(session, chat):
    booked = book(session, chat, datetime(2026, 11, 21, 15, tzinfo=UTC))
    assert booked.at_start == datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.mark.parametrize("away", [timedelta(hours=-1), timedelta(days=31)])
def test_a_time_out_of_reach_says_what_is_in_reach(session, chat, away):
    with pytest.raises(OutOfRange) as refused:
        book(session, chat, make.NOW + away)
    assert (refused.value.field, refused.value.minimum) == ("wished", make.NOW)


def test_free_slots_of_a_day(session, chat):
    book(session, chat, datetime(2026, 11, 23, 9, tzinfo=UTC))
    slots = callbacks.free_slots(session, MONDAY.date(), make.NOW, limit=2)
    assert slots == [datetime(2026, 11, 23, 9, 30, tzinfo=UTC), datetime(2026, 11, 23, 10, tzinfo=UTC)]
    assert slots[0].tzinfo.key == "Europe/London"
    assert callbacks.free_slots(session, datetime(2026, 11, 22).date(), make.NOW) == []  # noqa: DTZ001


def test_today_the_past_is_not_free(session, chat):
    assert callbacks.free_slots(session, make.NOW.date(), make.NOW, limit=1) == [make.NOW + timedelta(minutes=30)]


def test_moved_it_keeps_its_reference_and_frees_its_slot(session, chat):
    booked = book(session, chat, MONDAY)
    moved = callbacks.move(
        session, chat.id, booked.reference.lower().replace("-", " "), wished=MONDAY + timedelta(days=1), now=make.NOW
    )
    assert (moved.reference, moved.at_start) == (booked.reference, booked.at_start + timedelta(days=1))
    assert book(session, chat, MONDAY).at_start == booked.at_start


def test_moved_within_its_own_slot_it_stays(session, chat):
    booked = book(session, chat, MONDAY)
    assert callbacks.move(session, chat.id, booked.reference, wished=MONDAY, now=make.NOW) == booked


def test_called_off_it_is_gone_and_its_slot_free(session, chat):
    booked = book(session, chat, MONDAY)
    assert callbacks.cancel(session, chat.id, booked.reference, now=make.NOW) == booked
    assert callbacks.upcoming(session, chat.id, make.NOW) == []
    with pytest.raises(NotFound):
        callbacks.cancel(session, chat.id, booked.reference, now=make.NOW)
    assert book(session, chat, MONDAY).at_start == booked.at_start


def test_a_customer_finds_it_from_another_conversation_a_stranger_does_not(session, chat):
    policy = make.a_policy(session)
    other = make.a_conversation(session)
    for conversation in (chat, other):
        verification.verify(session, conversation.id, identifier=policy.number, birth_date=make.BORN, now=make.NOW)
    booked = book(session, chat, MONDAY)
    assert callbacks.upcoming(session, other.id, make.NOW) == [booked]
    idle = make.NOW + timedelta(minutes=31)
    assert callbacks.upcoming(session, other.id, idle) == []
    with pytest.raises(NotFound):
        callbacks.cancel(session, make.a_conversation(session).id, booked.reference, now=make.NOW)


def test_what_is_over_is_not_ahead(session, chat):
    booked = book(session, chat)
    assert callbacks.upcoming(session, chat.id, booked.at_end.astimezone(UTC)) == []


def test_without_capacity_nothing_is_promised(session):
    with pytest.raises(NotEligible):
        callbacks.free_slots(session, MONDAY.date(), make.NOW)
    make.care_unit(session, callbacks_per_slot=0)
    with pytest.raises(NotEligible):
        book(session, make.a_conversation(session))
    assert callbacks.free_slots(session, MONDAY.date(), make.NOW) == []


def test_slots_are_shared_with_those_booked_at_a_hand_off(session, chat):
    book(session, chat, MONDAY)
    booked = handoffs.book_callback(
        session, chat.id, handoff_id=None, phone=PHONE, now=make.NOW, preferred=MONDAY.replace(minute=0)
    )
    assert booked.at_start == MONDAY.replace(minute=30)
