"""Verification in a call, where a number that was heard may have been another one."""

from collections import Counter
from datetime import date, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.domain import Spoken
from crm.errors import VerificationFailed, VerificationLocked
from crm.normalise import Identifier
from crm.services import conversations, verification
from tests.factories import crm as make

WRONG = date(1970, 1, 1)
REFUSALS = (VerificationFailed, VerificationLocked)


class Call:
    """A caller who says numbers, of which other readings are kept."""

    def __init__(self, store, channel="voice"):
        self._store, self._ids = store, count()
        with store.session() as session:
            opened = make.a_call(session) if channel == "voice" else make.a_conversation(session)
        self.id = opened.id

    def say(self, text, *alternatives):
        with self._store.session() as session:
            spoken = Spoken(0, 900, 0.6, alternatives)
            conversations.add_customer_message(
                session, self.id, message_id=f"said-{next(self._ids)}", text=text, spoken=spoken, now=make.NOW
            )

    def verify(self, identifier, born=make.BORN, now=make.NOW, find=None):
        with self._store.session() as session:
            return verification.verify(session, self.id, identifier=identifier, birth_date=born, now=now, find=find)

    def failures(self):
        with self._store.reading() as session:
            subject = verification.VerificationCounter.subject_index == f"conversation {self.id}"
            counter = session.query(verification.VerificationCounter).where(subject).one_or_none()
            return counter.failures if counter else 0


@pytest.fixture
def policy(store):
    with store.session() as session:
        row = make.a_policy(session, number="PA-1234567")
        return row.number, row.customer_id


@pytest.fixture
def call(store):
    return Call(store)


def test_a_misheard_number_finds_its_customer_with_the_birth_date(call, policy):
    number, customer_id = policy
    call.say("PA-1234568", "PA-1234569", number)
    assert call.verify("PA-1234568").id == customer_id


def test_a_number_within_a_sentence_is_the_one_that_was_heard(call, policy):
    number, customer_id = policy
    call.say("my policy is PA 1234568", number)
    assert call.verify("PA-1234568").id == customer_id


def test_another_reading_alone_finds_nobody(call, policy):
    call.say("PA-1234568", policy[0])
    with pytest.raises(VerificationFailed) as heard:
        call.verify("PA-1234568", WRONG)
    assert str(heard.value) == str(VerificationFailed())


def test_all_readings_together_count_as_one_attempt(call, policy):
    call.say("PA-1234568", "PA-1234569", "PA-1234560", policy[0])
    with pytest.raises(VerificationFailed):
        call.verify("PA-1234568", WRONG)
    assert call.failures() == 1


def test_what_was_typed_in_a_chat_is_tried_as_it_is(store, policy):
    chat = Call(store, channel="chat")
    chat.say("PA-1234568", policy[0])
    with pytest.raises(VerificationFailed):
        chat.verify("PA-1234568")


def test_readings_of_something_else_that_was_said_are_not_tried(call, policy):
    call.say("CL-7654321", policy[0])
    call.say("PA-1234568")
    with pytest.raises(VerificationFailed):
        call.verify("PA-1234568")


def test_a_number_said_anew_counts_and_not_what_was_heard_before(call, policy):
    call.say("PA-1234568", policy[0])
    call.say("PA-1234568", "PA-1234560")
    with pytest.raises(VerificationFailed):
        call.verify("PA-1234568")


def test_readings_that_fit_two_people_fit_nobody(store, call, policy):
    with store.session() as session:
        make.a_policy(session, number="PA-1234560")  # somebody born on the same day
    call.say("PA-1234568", policy[0], "PA-1234560")
    with pytest.raises(VerificationFailed):
        call.verify("PA-1234568")


def test_what_was_heard_best_goes_before_other_readings(store, call, policy):
    with store.session() as session:
        make.a_policy(session, number="PA-1234560")
    call.say(policy[0], "PA-1234560")
    assert call.verify(policy[0]).id == policy[1]


def test_a_locked_number_is_not_opened_by_hearing_it_wrong(store, call, policy):
    number, _ = policy
    for _ in range(verification.MOST_FAILURES):
        with pytest.raises(REFUSALS):
            Call(store).verify(number, WRONG)
    call.say("PA-1234568", number)
    with pytest.raises(VerificationFailed):
        call.verify("PA-1234568")


def test_a_lock_of_another_reading_is_not_told(store, policy):
    number, _ = policy
    for spelling in ("PA-1111111", "PA-2222222", "PA-3333333"):
        call = Call(store)
        call.say(spelling, number)
        with pytest.raises(VerificationFailed):  # the third locks the number that was tried each time
            call.verify(spelling, WRONG)
    with pytest.raises(VerificationLocked):
        Call(store).verify(number)


def test_at_most_so_many_readings_are_tried(call):
    tried = []
    call.say("PA-1234500", *(f"PA-12345{n:02}" for n in range(1, 20)))
    with pytest.raises(VerificationFailed):
        call.verify("PA-1234500", find=lambda named, _: tried.append(named.value))
    assert tried == [f"PA-12345{n:02}" for n in range(1 + verification.MOST_READINGS)]


NUMBERS = st.sampled_from([f"PA-100000{n}" for n in range(6)])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(NUMBERS, st.lists(NUMBERS, max_size=5)), min_size=4, max_size=10))
def test_no_number_is_guessed_at_more_often_by_voice_than_by_keyboard(sqlite_store, attempts):
    with sqlite_store.session() as session:
        session.query(verification.VerificationCounter).delete()
    tried = Counter()
    for number, others in attempts:
        call = Call(sqlite_store)
        call.say(number, *others)
        with pytest.raises(REFUSALS):
            call.verify(number, find=lambda named, _: tried.update([named.value]))
    assert not tried or max(tried.values()) <= verification.MOST_FAILURES


@given(st.lists(st.none() | st.integers(1, 3), min_size=1, max_size=5))
def test_the_best_reading_or_the_only_other_person_matches(customers):
    tried = [Identifier.parse(f"PA-100000{n}") for n in range(len(customers))]
    who = dict(zip(tried, customers, strict=True))
    found = verification._match(tried, who.get)
    others = set(customers[1:]) - {None}
    expected = customers[0] or (others.pop() if len(others) == 1 else None)
    assert (found and found[1]) == expected


def test_the_lock_ends_for_other_readings_too(store, policy):
    number, customer_id = policy
    for spelling in ("PA-1111111", "PA-2222222", "PA-3333333"):
        call = Call(store)
        call.say(spelling, number)
        with pytest.raises(VerificationFailed):
            call.verify(spelling, WRONG)
    assert Call(store).verify(number, now=make.NOW + timedelta(minutes=15)).id == customer_id
