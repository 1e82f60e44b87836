"""The next best offer: to whom it is made, what it says, and what becomes of the answer."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from actions.billing import BillingBalance
from actions.offers import AcceptOffer, DeclineOffer, NextOffer, Recommend
from actions.policies import ListPolicies, PolicyDetails
from crm.domain import Line
from crm.errors import NotEligible
from crm.schema import Callback, Customer, Interaction, Policy, Recommendation, ServiceRequest
from crm.services import callbacks, claims, complaints, own_data, recommendations
from models.online import Reason, Scored, Scorer
from tests.factories.crm import NOW, a_plan, a_report

ASKED, YES, NO = "m2", "m3", "m4"


class Told:
    """A scorer that finds life insurance likely, because of the age and the car."""

    def score(self, facts, line, today):
        reasons = (Reason("age", 42.0, 0.9), Reason("holds auto", "yes", 0.5), Reason("income", 1.0, 0.4))
        return Scored({Line.LIFE: 0.5}.get(line, 0.01), reasons)


@pytest.fixture
def seller(verified):
    """A verified customer with consent whom a life policy would suit."""
    with verified.store.session() as session:
        for line in Line:
            a_plan(session, line)
    verified.scorer = Told()
    return verified


def rows(desk, table):
    with desk.store.session() as session:
        found = list(session.scalars(select(table)))
        session.expunge_all()
        return found


def change(desk, customer, **values) -> None:
    with desk.store.session() as session:
        row = session.get_one(Customer, customer["id"])
        for name, value in values.items():
            setattr(row, name, value)


def say(desk, action, message_id: str, **slots):
    desk.message_id, desk.slots = message_id, slots
    return desk.run(action)


def count(desk, outcome: str) -> float:
    return desk.metrics.registry.get_sample_value("careline_offers_total", {"line": "life", "outcome": outcome}) or 0


class TestOffer:
    def test_it_names_the_line_and_the_reason(self, seller):
        answer = seller.run(NextOffer)
        said = answer.said("utter_offer")
        assert said["line"] == "life"
        assert said["because"] == "it is a usual choice at your age, and your car is insured with us already"
        assert answer.slots == {"offer": "made", "focus": {"line_of_business": "life"}}

    def test_the_reason_is_in_the_language_of_the_conversation(self, seller):
        seller.slots = {"language": "zh"}
        assert "您的车" in seller.run(NextOffer).said("utter_offer")["because"]

    def test_it_is_on_record_and_counted(self, seller):
        seller.run(NextOffer)
        assert [(row.channel, row.outcome) for row in rows(seller, Recommendation)] == [("chat", None)]
        assert count(seller, "shown") == 1

    def test_a_turn_that_is_tried_again_says_the_same_and_records_it_once(self, seller):
        assert seller.run(NextOffer).messages == seller.run(NextOffer).messages
        assert len(rows(seller, Recommendation)) == 1

    def test_none_follows_soon(self, seller):
        seller.run(NextOffer)
        answer = say(seller, NextOffer, ASKED)
        assert (answer.messages, answer.slots) == ([], {})

    def test_nothing_is_said_without_consent(self, seller, customer):
        change(seller, customer, marketing_consent=False)
        assert seller.run(NextOffer).messages == []
        assert rows(seller, Recommendation) == []

    def test_nothing_is_said_to_a_stranger(self, desk):
        answer = desk.run(NextOffer)
        assert (answer.messages, answer.slots) == ([], {})

    def test_nothing_is_said_after_danger(self, seller):
        assert say(seller, NextOffer, ASKED, danger=True).messages == []

    def test_nothing_is_said_while_a_complaint_waits(self, seller, customer):
        with seller.store.session() as session:
            complaints.file_complaint(
                session, customer["id"], category="other", text="Slow.", conversation_id=None, now=NOW
            )
        assert seller.run(NextOffer).messages == []

    def test_nothing_is_said_while_a_claim_is_open_in_which_somebody_was_hurt(self, seller, customer):
        with seller.store.session() as session:
            policy = next(p for p in session.scalars(select(Policy)) if p.number == customer["auto"])
            claims.file_claim(session, customer["id"], a_report(policy, details={"injured": True}), now=NOW)
        assert seller.run(NextOffer).messages == []

    def test_nothing_is_said_without_models(self, seller, tmp_path):
        seller.scorer = Scorer(tmp_path)
        assert seller.run(NextOffer).messages == []

    def test_a_failure_is_not_the_customers(self, seller, monkeypatch):
        monkeypatch.setattr(Told, "score", None)
        answer = seller.run(NextOffer)
        assert (answer.messages, answer.slots) == ([], {})


class TestMoment:
    @pytest.mark.parametrize(("offer", "set_to"), [(None, "due"), ("made", None), ("never", None)])
    def test_it_has_come_when_a_wish_is_fulfilled_and_none_was_made(self, verified, offer, set_to):
        assert say(verified, BillingBalance, ASKED, offer=offer).slots.get("offer") == set_to

    def test_it_has_not_come_while_a_question_is_open(self, verified):
        assert verified.run(ListPolicies).slots == {}

    def test_it_has_come_after_the_details_of_a_policy(self, verified, customer):
        verified.slots = {"focus": {"policy_number": customer["auto"]}}
        assert verified.run(PolicyDetails).slots == {"offer": "due"}


class TestYes:
    def test_an_adviser_calls_and_the_reference_is_told(self, seller):
        seller.run(NextOffer)
        answer = say(seller, AcceptOffer, YES)
        said = answer.said("utter_offer_accepted_call")
        request, call = rows(seller, ServiceRequest)[-1], rows(seller, Callback)[-1]
        assert (said["number"], said["line"]) == (request.number, "life")
        assert (request.kind, request.data["call"]) == ("advice", call.reference)
        assert answer.slots["callback_booked"]["reference"] == call.reference

    def test_it_is_on_record_and_counted(self, seller):
        seller.run(NextOffer)
        say(seller, AcceptOffer, YES)
        assert [row.outcome for row in rows(seller, Recommendation)] == ["accepted"]
        assert "offer_accepted" in [row.topic for row in rows(seller, Interaction)]
        assert count(seller, "accepted") == 1

    def test_a_turn_that_is_tried_again_books_once(self, seller):
        seller.run(NextOffer)
        first = say(seller, AcceptOffer, YES).messages
        assert say(seller, AcceptOffer, YES).messages == first
        assert len(rows(seller, Callback)) == 1

    def test_without_a_free_call_a_day_is_told(self, seller, monkeypatch):
        def full(*_, **__):
            raise NotEligible("Nothing is free.")

        monkeypatch.setattr(callbacks, "book", full)
        seller.run(NextOffer)
        assert say(seller, AcceptOffer, YES).said("utter_offer_accepted")["due"] > NOW.date().isoformat()

    def test_a_call_that_is_booked_serves_for_it(self, seller, customer):
        with seller.store.session() as session:
            offer = recommendations.shown(
                session,
                customer["id"],
                a_plan(session, Line.LIFE).product_id,
                conversation_id=seller.conversation_id,
                message_id="m1",
                now=NOW,
            )
            facts = {"conversation_id": seller.conversation_id, "now": NOW}
            first = recommendations.advise(session, customer["id"], offer, **facts)
            assert recommendations.advise(session, customer["id"], offer, **facts).call == first.call

    def test_it_comes_too_late_after_a_day(self, seller):
        with seller.store.session() as session:
            recommendations.shown(
                session,
                session.scalars(select(Customer.id)).one(),
                a_plan(session, Line.LIFE).product_id,
                conversation_id=seller.conversation_id,
                message_id="m0",
                now=NOW - timedelta(days=2),
            )
        assert say(seller, AcceptOffer, YES).responses == ["utter_offer_over"]

    def test_a_stranger_is_verified_first(self, desk):
        assert desk.run(AcceptOffer).slots == {"signal": "verify"}


class TestNo:
    def test_it_is_on_record_and_counted(self, seller):
        seller.run(NextOffer)
        assert say(seller, DeclineOffer, NO).responses == ["utter_offer_declined"]
        assert [row.outcome for row in rows(seller, Recommendation)] == ["declined"]
        assert count(seller, "declined") == 1

    def test_it_is_not_offered_again_even_to_who_asks(self, seller):
        seller.run(NextOffer)
        say(seller, DeclineOffer, NO)
        assert say(seller, Recommend, ASKED).responses == ["utter_recommendation_none"]

    def test_it_needs_no_proof_of_who_says_it(self, desk):
        assert desk.run(DeclineOffer).responses == ["utter_offer_declined"]


class TestAsked:
    def test_it_is_answered_with_the_offer(self, seller):
        answer = seller.run(Recommend)
        assert answer.said("utter_recommendation")["line"] == "life"
        assert len(rows(seller, Recommendation)) == 1

    def test_an_offer_that_waits_is_named_again(self, seller):
        seller.run(NextOffer)
        assert say(seller, Recommend, ASKED).responses == ["utter_recommendation_waiting"]
        assert len(rows(seller, Recommendation)) == 1

    def test_a_recent_offer_of_something_else_does_not_silence_the_answer(self, seller, customer):
        with seller.store.session() as session:
            product = a_plan(session, Line.TRAVEL).product_id
            session.add(
                Recommendation(
                    customer_id=customer["id"], product_id=product, channel="chat", offered_at=NOW - timedelta(days=3)
                )
            )
        assert seller.run(Recommend).responses == ["utter_recommendation"]

    def test_without_consent_it_says_so(self, seller, customer):
        with seller.store.session() as session:
            own_data.marketing_opt_out(session, customer["id"], conversation_id=None, now=NOW)
        assert seller.run(Recommend).responses == ["utter_recommendation_no_consent"]

    def test_a_stranger_is_verified_first(self, desk):
        assert desk.run(Recommend).slots == {"signal": "verify"}

    @pytest.mark.parametrize("slots", [{"requested_slot": "claim_date"}, {"paused": ["claim"]}])
    def test_it_waits_until_a_form_is_done(self, seller, slots):
        assert say(seller, Recommend, ASKED, **slots).responses == ["utter_recommendation_later"]

    def test_a_failure_is_told(self, seller, monkeypatch):
        monkeypatch.setattr(Told, "score", None)
        assert seller.run(Recommend).responses == ["utter_service_trouble"]
