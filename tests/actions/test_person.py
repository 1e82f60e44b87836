from sqlalchemy import func, select

from actions.person import RequestPerson, SubmitCallback
from crm.schema import Callback, Handoff
from tests.factories.crm import NOW


def rows(desk, model):
    with desk.store.session() as session:
        return session.scalar(select(func.count()).select_from(model))


def test_a_stranger_is_asked_for_a_number(desk):
    answer = desk.run(RequestPerson, text="a person please")
    assert answer.responses == ["utter_person_requested"]
    assert answer.slots["callback_known"] is False
    assert rows(desk, Handoff) == 1


def test_a_customer_is_offered_the_number_on_record_masked(verified, customer):
    answer = verified.run(RequestPerson)
    assert answer.slots["callback_known"] is True
    assert answer.slots["callback_phone_ending"] == customer["phone"][-3:]


def test_the_colleague_gets_what_was_written_but_no_buttons(desk):
    desk.events = [{"event": "user", "text": "my car is gone"}, {"event": "user", "text": "/affirm"}]
    desk.run(RequestPerson, text="a person please")
    with desk.store.session() as session:
        handoff = session.scalars(select(Handoff)).one()
        assert handoff.summary == "my car is gone\na person please"
        assert handoff.reason == "asked_for"


def test_a_call_is_booked_once(desk):
    desk.slots = {"callback_phone": "555 010 0123"}
    first = desk.run(SubmitCallback)
    assert first.said("utter_callback_booked")["phone_ending"] == "123"
    assert first.slots["signal"] == "done"
    assert desk.run(SubmitCallback).messages == first.messages
    assert rows(desk, Callback) == 1


def test_the_number_on_record_is_used(verified, customer):
    verified.slots = {"callback_use_known": True}
    booked = verified.run(SubmitCallback).said("utter_callback_booked")
    assert booked["phone_ending"] == customer["phone"][-3:]


def test_the_number_on_record_needs_a_verified_customer(desk):
    desk.slots = {"callback_use_known": True}
    answer = desk.run(SubmitCallback)
    assert answer.messages == []
    assert answer.slots == {"callback_known": False, "callback_use_known": None}


def test_what_is_no_number_is_asked_for_again(desk):
    desk.slots = {"callback_phone": "12"}
    answer = desk.run(SubmitCallback)
    assert answer.responses == ["utter_callback_phone_wrong"]
    assert answer.slots["callback_phone"] is None
    desk.slots = {"callback_phone": "555 010 0123"}
    assert desk.run(SubmitCallback).responses == ["utter_callback_booked"]


def test_a_booked_call_is_not_booked_again(desk):
    desk.slots = {"callback_phone": "555 010 0123"}
    booked = desk.run(SubmitCallback).slots["callback_booked"]
    desk.slots, desk.message_id = {"callback_booked": booked}, "m2"
    answer = desk.run(RequestPerson)
    assert answer.responses == ["utter_callback_already_booked"]
    assert answer.slots == {"signal": "abandon"}


def test_the_call_is_in_business_hours(desk):
    desk.slots = {"callback_phone": "555 010 0123"}
    booked = desk.run(SubmitCallback).slots["callback_booked"]
    assert booked["at_start"] == NOW.replace(minute=30).strftime("%Y-%m-%dT%H:%M+00:00")
