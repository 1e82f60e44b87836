"""What is offered to whom, and why not."""

from datetime import date, timedelta

import pytest

from crm.domain import ClaimStatus, Line, PolicyStatus
from crm.schema import Claim, Complaint, Customer, Interaction, Recommendation
from models import offers, texts
from models.offers_rules import RULES, RulesError, read, rules
from models.online import Reason, Scored
from tests.factories.crm import NOW, a_customer, a_plan, a_policy

ODDS = {Line.AUTO: 0.5, Line.HOME: 0.4, Line.HEALTH: 0.05, Line.LIFE: 0.3, Line.TRAVEL: 0.9}


class Told:
    """A scorer that says what it is told."""

    def __init__(self, odds: dict[Line, float] | None = None) -> None:
        self.odds = ODDS if odds is None else odds
        self.asked = []

    def score(self, facts, line, today):
        self.asked.append(line)
        reasons = (Reason("income", 50_000.0, 0.9), Reason("holds auto", "yes", 0.5), Reason("age", 42.0, -0.3))
        return Scored(self.odds[line], reasons) if line in self.odds else None


@pytest.fixture
def session(sqlite_store):
    with sqlite_store.session() as session:
        for line in Line:
            a_plan(session, line)
        yield session


@pytest.fixture
def customer(session):
    """Holds a car policy and has agreed to marketing."""
    return session.get_one(Customer, a_policy(session).customer_id)


def consider(session, customer, **more):
    return offers.consider(session, customer.id, NOW, more.pop("scorer", Told()), **more)


def offered(session, customer, line: Line, days: int, outcome: str | None) -> None:
    at = NOW - timedelta(days=days)
    product = a_plan(session, line).product_id
    session.add(
        Recommendation(
            customer_id=customer.id,
            product_id=product,
            channel="chat",
            offered_at=at,
            outcome=outcome,
            answered_at=at if outcome else None,
        )
    )
    session.flush()


def a_claim(session, customer, **values) -> None:
    policy = a_policy(session, customer)
    defaults = {
        "customer_id": customer.id,
        "policy_id": policy.id,
        "number": "CL-2000001",
        "kind": "collision",
        "status": ClaimStatus.IN_REVIEW,
        "incident_on": date(2026, 11, 1),
        "place": "Marlow Street",
        "description": "Hit",
        "details": {},
        "filed_at": NOW,
    }
    session.add(Claim(**(defaults | values)))
    session.flush()


def codes(considered) -> list[str]:
    return [why.code for why in considered.silenced]


def test_the_greatest_expected_value_is_offered(session, customer):
    found = consider(session, customer)
    assert (found.offer.line, found.offer.value) == (Line.LIFE, pytest.approx(160 * 0.3))
    assert [one.line for one in found.others] == [Line.HOME, Line.TRAVEL]
    assert offers.choose(session, customer.id, NOW, Told()) == found.offer


def test_what_is_held_or_improbable_is_not_offered(session, customer):
    refused = consider(session, customer).refused
    assert {line: why.code for line, why in refused.items()} == {Line.AUTO: "holds_it", Line.HEALTH: "improbable"}


def test_without_consent_nothing_is_offered_nor_scored(session, customer):
    customer.marketing_consent = False
    session.flush()
    scorer = Told()
    found = consider(session, customer, scorer=scorer)
    assert (found.offer, codes(found), scorer.asked) == (None, ["no_consent"], [])


@pytest.mark.parametrize(("status", "silenced"), [("open", ["complaint"]), ("answered", [])])
def test_an_open_complaint_silences_offers(session, customer, status, silenced):
    session.add(
        Complaint(
            customer_id=customer.id,
            topic="service",
            status=status,
            text="Slow",
            received_at=NOW,
            answer_due_on=date(2026, 12, 1),
        )
    )
    session.flush()
    assert codes(consider(session, customer)) == silenced


@pytest.mark.parametrize(
    ("values", "silenced"),
    [
        ({"details": {"injured": "yes"}}, ["injury"]),
        ({"details": {"injured": "no"}}, []),
        ({"kind": "critical_illness"}, ["injury"]),
        ({"details": {"injured": "yes"}, "status": ClaimStatus.PAID}, []),
        ({}, []),
    ],
)
def test_a_claim_for_injury_silences_offers(session, customer, values, silenced):
    a_claim(session, customer, **values)
    assert codes(consider(session, customer)) == silenced


@pytest.mark.parametrize(("days", "silenced"), [(1, ["emergency"]), (20, [])])
def test_an_emergency_silences_offers_for_a_while(session, customer, days, silenced):
    session.add(Interaction(customer_id=customer.id, channel="chat", topic="emergency", at=NOW - timedelta(days=days)))
    session.flush()
    assert codes(consider(session, customer)) == silenced


def test_an_emergency_in_this_conversation_silences_offers(session, customer):
    assert codes(consider(session, customer, emergency=True)) == ["emergency"]


@pytest.mark.parametrize(("days", "silenced"), [(29, ["too_soon"]), (31, [])])
def test_offers_keep_their_distance(session, customer, days, silenced):
    offered(session, customer, Line.TRAVEL, days, None)
    assert codes(consider(session, customer)) == silenced


@pytest.mark.parametrize(
    ("outcome", "days", "code"),
    [
        ("declined", 350, "declined"),
        ("declined", 370, None),
        (None, 80, "shown"),
        (None, 95, None),
        ("accepted", 80, "accepted"),
        ("accepted", 95, None),
    ],
)
def test_the_same_product_rests_by_what_became_of_it(session, customer, outcome, days, code):
    offered(session, customer, Line.LIFE, days, outcome)
    found = consider(session, customer)
    assert (found.refused[Line.LIFE].code if Line.LIFE in found.refused else None) == code
    assert found.offer.line is (Line.HOME if code else Line.LIFE)


def test_ages_and_other_policies_decide_who_may(session, customer):
    customer.birth_date = date(1950, 1, 1)
    session.flush()
    assert consider(session, customer).refused[Line.LIFE].code == "age"
    alone = a_customer(session)
    a_policy(session, alone, status=PolicyStatus.LAPSED)
    assert {why.code for why in consider(session, alone).refused.values()} == {"holds_nothing"}


def test_without_models_nothing_is_offered(session, customer):
    found = consider(session, customer, scorer=Told({}))
    assert found.offer is None
    assert found.refused[Line.HOME].code == "no_model"


def test_nobody_is_offered_anything(session):
    assert [why.code for why in offers.consider(session, 999_999, NOW, Told()).silenced] == ["nobody"]


@pytest.mark.parametrize(("language", "words"), [("en", "your car is insured"), ("zh", "您的车")])
def test_the_reason_is_said_in_words_and_income_is_not(session, customer, language, words):
    offer = consider(session, customer).offer
    assert offer.because(language).startswith(words)
    assert "50" not in offer.because(language)
    assert len(offer.reasons_for_staff(language)) == 2


def test_what_hardly_matters_is_no_reason(session, customer):
    scorer = Told()
    scorer.score = lambda *_: Scored(0.9, (Reason("age", 42.0, 0.04),))
    offer = consider(session, customer, scorer=scorer).offer
    assert offer.reasons == ()
    assert offer.because("en") == "many customers like you choose it"


def test_the_same_words_are_said_once(session, customer):
    scorer = Told()
    both = (Reason("other policies", 2.0, 0.4), Reason("premium of other policies", 900.0, 0.3))
    scorer.score = lambda *_: Scored(0.9, both)
    assert consider(session, customer, scorer=scorer).offer.because("en") == "it goes well with what you have with us"


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_why_not_is_told_to_the_desk(session, customer, language):
    told = consider(session, customer).why_not(language)
    assert len(told) == 2
    assert not any("{" in line for line in told)


def test_both_languages_say_the_same_things():
    english, chinese = (texts.words(language)["offers"] for language in ("en", "zh"))
    for part in ("refusals", "columns", "lines", "decisions"):
        assert english[part].keys() == chinese[part].keys()
    assert english["because"]["columns"].keys() == chinese["because"]["columns"].keys()


def test_the_rules_cover_every_line():
    assert set(rules().lines) == set(Line)


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [("consent_required", "consent_requierd", "consent_requierd"), ("margin: 70", "margin: -70", "lines.auto.margin")],
)
def test_a_mistake_in_the_rules_is_named(tmp_path, old, new, where):
    path = tmp_path / "offers.yml"
    path.write_text(RULES.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(RulesError, match=where):
        read(path)
