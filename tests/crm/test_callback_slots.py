"""Slots for call-backs, and the hours they lie in."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta, timezone

import pytest

from crm.domain import BusinessHours, OpeningSpan
from crm.errors import InvalidInput, NotEligible
from crm.schema import ClosedDay
from crm.services import callbacks, handoffs, organisation
from tests.factories import crm as make

UTC = timezone.utc
PHONE = "+1 555 234 5678"
FRIDAY_EVENING = datetime(2026, 11, 20, 16, 50, tzinfo=UTC)


def book(session, conversation, now=make.NOW, preferred=None, phone=PHONE):
    return handoffs.book_callback(session, conversation.id, handoff_id=None, phone=phone, now=now, preferred=preferred)


def test_a_call_back_takes_the_next_free_slot(session):
    make.care_unit(session, callbacks_per_slot=1)
    conversation = make.a_conversation(session)
    starts = [book(session, conversation).at_start.astimezone(UTC) for _ in range(2)]
    assert starts == [make.NOW + timedelta(minutes=30), make.NOW + timedelta(minutes=60)]


def test_after_hours_the_next_business_day_is_offered_in_local_time(session):
    make.care_unit(session)
    session.add(ClosedDay(day=date(2026, 11, 23), name="a holiday on Monday"))
    session.flush()
    booked = book(session, make.a_conversation(session), now=FRIDAY_EVENING)
    assert booked.at_start.isoformat() == "2026-11-24T09:00:00+00:00"
    assert booked.at_start.tzinfo.key == "Europe/London"
    assert booked.at_end - booked.at_start == callbacks.SLOT


def test_a_preferred_time_is_the_earliest(session):
    make.care_unit(session)
    preferred = datetime(2026, 11, 25, 13, 10, tzinfo=UTC)
    booked = book(session, make.a_conversation(session), preferred=preferred)
    assert booked.at_start == datetime(2026, 11, 25, 13, 30, tzinfo=UTC)


def test_the_phone_is_masked_and_checked(session):
    make.care_unit(session)
    conversation = make.a_conversation(session)
    assert book(session, conversation).phone_masked == "*********678"
    with pytest.raises(InvalidInput) as refused:
        book(session, conversation, phone="call me")
    assert refused.value.field == "phone"


def test_without_capacity_no_call_back_is_promised(session):
    make.care_unit(session, callbacks_per_slot=0)
    with pytest.raises(NotEligible):
        book(session, make.a_conversation(session))


def test_no_slot_is_given_out_twice(store):
    with store.session() as session:
        make.care_unit(session, callbacks_per_slot=2)
        conversation = make.a_conversation(session)

    def one(_):
        with store.session() as session:
            return book(session, conversation).at_start

    with ThreadPoolExecutor(6) as pool:
        starts = list(pool.map(one, range(6)))
    assert sorted(starts.count(start) for start in set(starts)) == [2, 2, 2]


def test_business_hours_come_from_the_store(session):
    make.care_unit(session)
    hours = organisation.business_hours(session)
    assert hours.is_open(make.NOW)
    assert not hours.is_open(FRIDAY_EVENING + timedelta(minutes=10))
    assert hours.next_opening(FRIDAY_EVENING + timedelta(hours=1)) == datetime(2026, 11, 23, 9, tzinfo=UTC)


def test_hours_follow_the_clock_change():
    hours = BusinessHours(
        "Europe/London",
        tuple(
            OpeningSpan(d, datetime.min.time().replace(hour=9), datetime.min.time().replace(hour=17)) for d in range(5)
        ),
    )
    assert hours.is_open(datetime(2026, 7, 1, 8, 30, tzinfo=UTC))
    assert not hours.is_open(datetime(2026, 12, 1, 8, 30, tzinfo=UTC))
