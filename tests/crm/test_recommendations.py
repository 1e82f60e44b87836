"""Offers that were shown and answered."""

from datetime import timedelta

import pytest

from crm.domain import Line
from crm.errors import NotEligible, NotFound
from crm.schema import Customer, Recommendation
from crm.services import recommendations
from crm.services.recommendations import Answer
from tests.factories.crm import NOW, a_conversation, a_customer, a_plan


@pytest.fixture
def scene(session):
    """A customer, a product and a conversation."""
    return a_customer(session), a_plan(session, Line.HOME).product_id, a_conversation(session).id


def show(session, scene, message: str = "m1", now=NOW):
    customer, product, conversation = scene
    return recommendations.shown(
        session, customer.id, product, conversation_id=conversation, message_id=message, now=now
    )


def answer(session, scene, offer, said: Answer, message: str = "m2", now=NOW):
    customer, _, conversation = scene
    return recommendations.answered(
        session, customer.id, offer.id, said, conversation_id=conversation, message_id=message, now=now
    )


def test_a_shown_offer_is_recorded_once_a_message(session, scene):
    first = show(session, scene)
    assert show(session, scene) == first
    assert (first.line, first.channel, first.outcome) == (Line.HOME, "chat", None)
    assert session.query(Recommendation).count() == 1


def test_an_answer_is_recorded_once_a_message(session, scene):
    offer = show(session, scene)
    accepted = answer(session, scene, offer, Answer.ACCEPTED)
    assert (accepted.outcome, accepted.answered_at) == (Answer.ACCEPTED, NOW)
    assert answer(session, scene, offer, Answer.DECLINED).outcome is Answer.ACCEPTED


def test_the_last_word_counts(session, scene):
    offer = show(session, scene)
    answer(session, scene, offer, Answer.ACCEPTED)
    assert answer(session, scene, offer, Answer.DECLINED, "m3").outcome is Answer.DECLINED


def test_an_offer_waits_for_its_answer_for_a_day(session, scene):
    offer = show(session, scene)
    customer = scene[0].id
    assert recommendations.waiting(session, customer, NOW + timedelta(hours=1)) == offer
    assert recommendations.waiting(session, customer, NOW + timedelta(hours=25)) is None
    answer(session, scene, offer, Answer.DECLINED)
    assert recommendations.waiting(session, customer, NOW + timedelta(hours=1)) is None


def test_without_consent_nothing_is_shown(session, scene):
    session.get_one(Customer, scene[0].id).marketing_consent = False
    with pytest.raises(NotEligible):
        show(session, scene)


def test_another_customers_offer_is_not_found(session, scene):
    offer = show(session, scene)
    other = (a_customer(session), *scene[1:])
    with pytest.raises(NotFound):
        answer(session, other, offer, Answer.ACCEPTED)
    assert recommendations.list_offers(session, other[0].id) == []


def test_offers_are_listed_newest_first(session, scene):
    old = show(session, scene, "m1", NOW - timedelta(days=60))
    new = show(session, scene, "m2")
    assert recommendations.list_offers(session, scene[0].id) == [new, old]
