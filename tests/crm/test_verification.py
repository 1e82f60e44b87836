from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest

from crm.errors import VerificationFailed, VerificationLocked
from crm.services import conversations, verification
from tests.factories import crm as make

WRONG = date(1970, 1, 1)
REFUSALS = (VerificationFailed, VerificationLocked)


@pytest.fixture
def chat(store):
    """A stored customer with a policy, and a function that tries to verify in a session of its own."""
    with store.session() as session:
        policy = make.a_policy(session)
        customer = session.get(make.Customer, policy.customer_id)
        first = make.a_conversation(session).id

    class Chat:
        number, phone, email, customer_id = policy.number, customer.phone, customer.email, customer.id
        conversation_id = first

        def new_conversation(self):
            with store.session() as session:
                return make.a_conversation(session).id

        def verify(self, identifier, born=make.BORN, now=make.NOW, conversation_id=first):
            with store.session() as session:
                return verification.verify(session, conversation_id, identifier=identifier, birth_date=born, now=now)

        def verified(self, now=make.NOW):
            with store.reading() as session:
                return verification.verified_customer(session, first, now)

    return Chat()


def test_policy_number_phone_or_email_identify_in_any_spelling(chat):
    for identifier in (
        chat.number,
        chat.number.lower().replace("-", " "),
        chat.phone,
        f"({chat.phone[2:5]}) {chat.phone[5:8]}-{chat.phone[8:]}",
        chat.email.upper(),
        f" {chat.email} ",
    ):
        assert chat.verify(identifier).id == chat.customer_id
    assert chat.verified().id == chat.customer_id


@pytest.mark.parametrize("identifier", ["PA-9999999", "nobody@example.com", "+15559999999", "", "drop table"])
def test_an_unknown_identifier_fails_like_a_wrong_birth_date(chat, identifier):
    with pytest.raises(VerificationFailed) as unknown:
        chat.verify(identifier)
    with pytest.raises(VerificationFailed) as wrong:
        chat.verify(chat.number, WRONG, conversation_id=chat.new_conversation())
    assert str(unknown.value) == str(wrong.value)
    assert chat.verified() is None


@pytest.mark.parametrize("identifier", ["PA-9999999", None])
def test_three_failures_lock_the_identifier_whoever_it_belongs_to(chat, identifier):
    identifier = identifier or chat.number
    outcomes = []
    for _ in range(4):
        with pytest.raises(REFUSALS) as refused:
            chat.verify(identifier, WRONG, conversation_id=chat.new_conversation())
        outcomes.append(type(refused.value))
    assert outcomes == [VerificationFailed, VerificationFailed, VerificationLocked, VerificationLocked]


def test_three_failures_lock_the_conversation_for_every_identifier(chat):
    for n in range(3):
        with pytest.raises(REFUSALS):
            chat.verify(f"PA-999999{n}", WRONG)
    with pytest.raises(VerificationLocked) as locked:
        chat.verify(chat.number)
    assert locked.value.until == make.NOW + verification.LOCK_TIME


def test_a_lock_ends_after_fifteen_minutes_and_the_count_begins_anew(chat):
    for _ in range(3):
        with pytest.raises(REFUSALS):
            chat.verify(chat.number, WRONG)
    with pytest.raises(VerificationLocked):
        chat.verify(chat.number, now=make.NOW + timedelta(minutes=14, seconds=59))
    later = make.NOW + timedelta(minutes=15)
    with pytest.raises(VerificationFailed):
        chat.verify(chat.number, WRONG, now=later)
    assert chat.verify(chat.number, now=later).id == chat.customer_id


def test_knowing_one_customer_buys_no_guesses_at_others(chat):
    for n in range(2):
        with pytest.raises(VerificationFailed):
            chat.verify(f"PA-999999{n}", WRONG)
    chat.verify(chat.number)
    with pytest.raises(VerificationLocked):
        chat.verify("PA-9999995", WRONG)


def test_guesses_side_by_side_do_not_outrun_the_count(chat):
    conversation_ids = [chat.new_conversation() for _ in range(8)]

    def guess(conversation_id):
        try:
            chat.verify(chat.number, WRONG, conversation_id=conversation_id)
        except REFUSALS as refusal:
            return type(refusal)

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(guess, conversation_ids))
    assert outcomes.count(VerificationFailed) == 2
    assert outcomes.count(VerificationLocked) == 6


def test_two_people_with_one_phone_are_told_apart_by_birth_date(store, chat):
    with store.session() as session:
        other = make.a_customer(session, phone=chat.phone, birth_date=date(2001, 2, 3))
        twin = make.a_customer(session, phone=chat.phone, birth_date=date(2001, 2, 4))
    assert chat.verify(chat.phone, date(2001, 2, 3)).id == other.id
    with store.session() as session:
        session.get(make.Customer, twin.id).birth_date = date(2001, 2, 3)
    with pytest.raises(VerificationFailed):
        chat.verify(chat.phone, date(2001, 2, 3))


def test_identity_ends_after_thirty_idle_minutes(chat):
    chat.verify(chat.number)
    assert chat.verified(make.NOW + timedelta(minutes=30))
    assert chat.verified(make.NOW + timedelta(minutes=31)) is None


def test_coming_back_too_late_does_not_bring_the_identity_back(store, chat):
    chat.verify(chat.number)
    late = make.NOW + timedelta(minutes=31)
    with store.session() as session:
        conversations.add_customer_message(session, chat.conversation_id, message_id="m", text="still there?", now=late)
    assert chat.verified(late) is None


def test_activity_keeps_the_identity(store, chat):
    chat.verify(chat.number)
    for step in (1, 2):
        now = make.NOW + timedelta(minutes=25 * step)
        with store.session() as session:
            conversations.add_customer_message(session, chat.conversation_id, message_id=f"m{step}", text="x", now=now)
    assert chat.verified(now)


def test_forgetting_ends_the_identity(store, chat):
    chat.verify(chat.number)
    with store.session() as session:
        verification.forget(session, chat.conversation_id)
        assert conversations.get_conversation(session, chat.conversation_id).customer_id is None
    assert chat.verified() is None


@pytest.mark.parametrize("known", [True, False])
def test_as_many_birth_dates_are_opened_for_a_stranger_as_for_a_customer(store, chat, known, monkeypatch):
    with store.session() as session:
        for _ in range(6):
            make.a_customer(session)
    opened = []
    original = store.vault.open
    monkeypatch.setattr(store.vault, "open", lambda s, place: opened.append(place) or original(s, place))
    with pytest.raises(VerificationFailed):
        chat.verify(chat.number if known else "PA-9999999", WRONG)
    assert opened.count("customers.birth_date") == verification.COMPARED
