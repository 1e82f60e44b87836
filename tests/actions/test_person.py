from datetime import timedelta

import pytest
from sqlalchemy import func, select

from actions.conversation import EmergencyNumbers
from actions.person import RequestPerson, SubmitCallback
from crm.schema import Callback, Claim, Handoff, Policy
from crm.services import claims, conversations, handoffs, presence
from tests.factories.crm import NOW, a_report
from tests.factories.desk import says
from tests.factories.handoffs import a_wish, an_agent


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


def test_the_colleague_gets_what_was_written_however_long_ago_but_no_buttons(desk):
    with desk.store.session() as session:
        says(session, desk.conversation_id, "my car is gone", intent="file_claim")
        conversations.add_customer_message(
            session, desk.conversation_id, message_id="button-1", text="Yes", command="/affirm", attachments=(), now=NOW
        )
        for _ in range(30):
            says(session, desk.conversation_id, "yes", intent="affirm")
        says(session, desk.conversation_id, "a person please")
    desk.run(RequestPerson, text="a person please")
    with desk.store.session() as session:
        handoff = session.scalars(select(Handoff)).one()
        assert handoff.summary == "my car is gone\na person please"
        assert handoff.reason == "asked_for"


def test_what_a_person_has_settled_is_not_what_the_next_one_is_wanted_for(desk):
    told(desk, "complaint")
    with desk.store.session() as session:
        view = handoffs.request(session, desk.conversation_id, reason="complaint", summary="", now=NOW)
        agent = an_agent(session, now=desk.now)
        handoffs.take(session, view.id, agent.id, now=NOW, force=True)
        handoffs.close(session, view.id, agent.id, disposition="solved", now=NOW + timedelta(minutes=5))
    desk.now = NOW + timedelta(minutes=10)
    desk.run(RequestPerson, text="a person please")
    with desk.store.session() as session:
        newest = session.scalars(select(Handoff).order_by(Handoff.id.desc())).first()
        assert (newest.reason, newest.summary) == ("asked_for", "")


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


def told(desk, *intents):
    """The customer has wanted this, one message each, and now wants a person."""
    with desk.store.session() as session:
        for intent in intents:
            says(session, desk.conversation_id, "…", intent=intent)
    desk.events = [
        {"event": "user", "text": "…", "parse_data": {"intent": {"name": intent}}}
        for intent in (*intents, "talk_to_human")
    ]


def wish(desk):
    with desk.store.session() as session:
        row = session.scalars(select(Handoff)).one()
        return str(row.reason), row.line, row.about_claim


def at_the_desk(desk, **values):
    with desk.store.session() as session:
        return an_agent(session, now=desk.now, **values).id


class TestWhatItIsAbout:
    @pytest.mark.parametrize(
        ("intents", "reason"),
        [
            ((), "asked_for"),
            (("nlu_fallback", "out_of_scope"), "bot_failed"),
            (("nlu_fallback", "billing_balance", "nlu_fallback"), "asked_for"),
            (("complaint", "inform"), "complaint"),
            (("cancel_policy",), "cancellation"),
            (("change_coverage",), "policy_decision"),
            (("emergency", "complaint"), "emergency"),
            (("complaint", *["inform"] * 20), "complaint"),
            (("complaint", *["billing_balance"] * 5), "asked_for"),
        ],
    )
    def test_the_reason_is_what_was_wanted_lately(self, desk, intents, reason):
        told(desk, *intents)
        desk.run(RequestPerson)
        assert wish(desk) == (reason, None, False)

    def test_a_form_that_was_open_says_it_too(self, desk):
        desk.slots = {"paused": ["cancellation"]}
        desk.run(RequestPerson)
        assert wish(desk)[0] == "cancellation"

    def test_the_form_that_is_being_filled_in_says_it_however_long_ago_it_was_begun(self, desk):
        desk.form = "cancellation"
        told(desk, *["out_of_scope"] * 8)
        desk.run(RequestPerson)
        assert wish(desk)[0] == "cancellation"

    def test_a_claim_that_is_being_filled_in_is_one(self, desk):
        desk.form, desk.slots = "claim", {"claim_line": "auto"}
        desk.run(RequestPerson)
        assert wish(desk) == ("asked_for", "auto", True)

    def test_a_claim_that_is_being_told_of_goes_to_the_line_s_handlers(self, desk):
        desk.slots = {"paused": ["claim"], "claim_line": "home"}
        desk.run(RequestPerson)
        assert wish(desk) == ("asked_for", "home", True)

    @pytest.mark.parametrize(("estimate", "reason"), [(999_999, "asked_for"), (1_000_000, "high_value")])
    def test_a_claim_of_high_value(self, verified, customer, estimate, reason):
        with verified.store.session() as session:
            policy = session.scalars(select(Policy).order_by(Policy.id)).first()
            view = claims.file_claim(session, customer["id"], a_report(policy), now=NOW)
            session.scalars(select(Claim)).one().estimate_minor = estimate
        verified.slots = {"claim_in_focus": view.number}
        told(verified, "claim_status")
        verified.run(RequestPerson)
        assert wish(verified) == (reason, "auto", True)


class TestSomebodyIsThere:
    def test_they_take_over_here_and_no_call_is_arranged(self, desk):
        at_the_desk(desk)
        answer = desk.run(RequestPerson)
        assert answer.said("utter_person_coming")["position"] == 1
        assert answer.slots["signal"] == "abandon"

    def test_how_long_it_took_others_is_said(self, desk):
        agent = at_the_desk(desk)
        with desk.store.session() as session:
            for _ in range(3):
                serve(session, agent, desk.now)
        assert desk.run(RequestPerson).said("utter_person_coming_in")["minutes"] == 4

    def test_in_an_emergency_they_are_called_at_once(self, desk):
        at_the_desk(desk)
        desk.run(EmergencyNumbers, text="there is a fire")
        assert wish(desk)[0] == "emergency"

    def test_in_an_emergency_nobody_is_called_when_nobody_is_there(self, desk):
        desk.run(EmergencyNumbers, text="there is a fire")
        assert rows(desk, Handoff) == 0


def serve(session, agent, now):
    """Somebody who waited for four minutes and was served."""
    asked = a_wish(session, now=now - timedelta(minutes=9))
    handoffs.take(session, asked.id, agent, now=now - timedelta(minutes=5), force=True)
    handoffs.give_back(session, asked.id, agent, now=now)
    presence.seen(session, agent, now=now)
