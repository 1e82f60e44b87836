"""An offer in a real conversation: heard with its reason, accepted, and in the store; and when none is made."""

from dataclasses import replace
from datetime import datetime, timezone

import httpx
import pytest
from sqlalchemy import select

from crm.domain import RequestKind
from crm.schema import Customer as CustomerRow
from crm.schema import Interaction, Policy
from crm.services import recommendations, service_requests
from crm.services.recommendations import Answer
from models import offers, offers_rules
from models.online import Scorer
from tests.e2e.chat import Customer, Turn
from tests.e2e.stack import DemoCustomer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

OFFERED = "You might look at"
WITHOUT_CONSENT = offers_rules.rules().model_copy(update={"consent_required": False})


def suited(stack, *, consent: bool) -> list[tuple[int, DemoCustomer]]:
    """The customers whom the rules and models would offer something, with their keys: with consent, or without."""
    scorer, now = Scorer(), datetime.now(timezone.utc)
    assert scorer.lines(), "set-up makes the offers' models: run `make setup`"
    found = []
    with stack.store().reading() as session:
        for row in session.scalars(
            select(CustomerRow).where(CustomerRow.marketing_consent.is_(consent)).order_by(CustomerRow.id)
        ):
            if offers.choose(session, row.id, now, scorer, rules=WITHOUT_CONSENT):
                policy = session.scalars(select(Policy).where(Policy.customer_id == row.id).order_by(Policy.id)).first()
                found.append((row.id, DemoCustomer(policy.number, row.birth_date.isoformat(), row.given_name)))
    assert found, "the demo holds nobody whom anything would be offered"
    return found


def to_the_details_of_a_policy(customer: Customer, who: DemoCustomer) -> Turn:
    """A wish that is fulfilled: the customer looks at one of their policies."""
    turn = customer.say("show me my policies")
    if "policy number" in turn.text:
        customer.say(who.policy_number)
        turn = customer.say(who.birth_date)
    return customer.say(next(payload for payload in turn.buttons.values() if payload.startswith("/policy_details")))


@pytest.fixture
def customer(stack):
    talking = Customer(stack)
    yield talking
    talking.close()


def test_an_offer_is_heard_with_its_reason_and_accepted(stack, customer):
    key, who = suited(stack, consent=True)[0]
    turn = to_the_details_of_a_policy(customer, who)
    with stack.store().reading() as session:
        shown = recommendations.list_offers(session, key)[0]
    assert turn.replies[-1].text.startswith("One more thought"), turn.text
    assert f"{OFFERED} {shown.line.value.replace('auto', 'car')} insurance: " in turn.replies[-1].text

    told = customer.say("yes, please").text

    with stack.store().reading() as session:
        newest = recommendations.list_offers(session, key)[0]
        request = service_requests.list_requests(session, key)[0]
    assert replace(newest, outcome=None, answered_at=None) == shown
    assert newest.outcome is Answer.ACCEPTED
    assert (request.kind, request.details["line"]) == (RequestKind.ADVICE, shown.line.value)
    assert request.number in told
    counted = httpx.get(f"http://127.0.0.1:{stack.actions_port}/metrics", timeout=60).text
    assert f'careline_offers_total{{line="{shown.line.value}",outcome="accepted"}} 1.0' in counted
    assert OFFERED not in to_the_details_of_a_policy(customer, who).text


def test_without_consent_nothing_is_offered(stack, customer):
    key, who = suited(stack, consent=False)[0]
    assert OFFERED not in to_the_details_of_a_policy(customer, who).text
    assert "agreed to hear about our products" in customer.say("what do you recommend for me").text
    with stack.store().reading() as session:
        assert recommendations.waiting(session, key, datetime.now(timezone.utc)) is None


def test_after_an_emergency_nothing_is_offered(stack, customer):
    key, who = suited(stack, consent=True)[-1]
    customer.say("help, my kitchen is on fire!")
    assert OFFERED not in to_the_details_of_a_policy(customer, who).text
    with stack.store().reading() as session:
        topics = session.scalars(select(Interaction.topic).where(Interaction.customer_id == key)).all()
        assert "emergency" in topics
        assert offers.consider(session, key, datetime.now(timezone.utc), Scorer()).silenced[0].code == "emergency"
