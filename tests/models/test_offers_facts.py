"""What a model of a line may know."""

from dataclasses import replace
from datetime import date, timedelta

from crm.domain import Line, PolicyStatus
from crm.schema import Recommendation
from models import offers_facts, offers_fit
from models.facts import of_all, of_customer
from models.offers_rules import rules
from tests.factories.crm import NOW, a_customer, a_plan, a_policy, an_invoice
from tests.factories.offers import a_person, a_policy_held, people

DAY = date(2026, 11, 20)


def test_nothing_tells_whether_the_line_is_held():
    """Policies, premiums, claims and instalments of the line itself change no column of its model."""
    without = a_person()
    with_it = replace(
        without,
        policies=(*without.policies, a_policy_held(Line.HOME, 900.0)),
        claims=(Line.HOME,),
        overdue=(Line.HOME,),
    )
    assert offers_facts.values(with_it, Line.HOME, DAY) == offers_facts.values(without, Line.HOME, DAY)
    assert offers_facts.values(with_it, Line.LIFE, DAY) != offers_facts.values(without, Line.LIFE, DAY)


def test_a_customer_of_the_store(sqlite_store):
    with sqlite_store.session() as session:
        customer = a_customer(session)
        car = a_policy(session, customer, premium_minor=60_000)
        a_policy(session, customer, Line.HOME, status=PolicyStatus.LAPSED)
        an_invoice(session, car, due_on=date(2026, 10, 1), status="overdue")
        facts = of_customer(session, customer.id, DAY)
    found = offers_facts.values(facts, Line.LIFE, DAY)
    assert (found["age"], found["income"], found["holds auto"], found["holds home"]) == (42.0, 52_300.0, "yes", "no")
    assert (found["other policies"], found["premium of other policies"]) == (1.0, 600.0)
    assert found["overdue on other policies"] == 1.0


def test_all_customers_read_as_one_does(sqlite_store):
    with sqlite_store.session() as session:
        customers = [a_policy(session).customer_id for _ in range(3)]
        every = list(of_all(session, DAY, most=100))
        assert every == [of_customer(session, one, DAY) for one in customers]


def test_large_stores_are_thinned_out(sqlite_store):
    with sqlite_store.session() as session:
        for _ in range(10):
            a_policy(session)
        assert len(list(of_all(session, DAY, most=5))) == 5


def test_nobody_and_the_erased_have_no_facts(sqlite_store):
    with sqlite_store.session() as session:
        erased = a_customer(session, erased_at=NOW)
        assert of_customer(session, erased.id, DAY) is None
        assert of_customer(session, 999_999, DAY) is None


def test_answered_offers_are_rows_of_their_own(sqlite_store):
    with sqlite_store.session() as session:
        customer = a_policy(session).customer_id
        product = a_plan(session, Line.HOME).product_id
        for days, outcome in ((50, "accepted"), (5, None)):
            session.add(
                Recommendation(
                    customer_id=customer,
                    product_id=product,
                    channel="chat",
                    offered_at=NOW - timedelta(days=days),
                    outcome=outcome,
                    answered_at=NOW - timedelta(days=days) if outcome else None,
                )
            )
        session.flush()
        found = list(of_all(session, DAY, most=100))
    table = offers_fit.table(found, Line.HOME, rules().lines[Line.HOME], DAY)
    assert table["holds home"].to_list() == ["no", "yes"]
    assert offers_fit.table(found, Line.LIFE, rules().lines[Line.LIFE], DAY).height == 1


def test_only_those_who_could_be_offered_it_are_compared():
    """Who holds nothing else holds the line by necessity: they are no example of anything."""
    rule = rules().lines[Line.HOME]
    only_home = a_person(1, policies=(a_policy_held(Line.HOME, 300.0),))
    child = a_person(2, age=12.0)
    assert offers_fit.table([only_home, child, a_person(3)], Line.HOME, rule, DAY)["customer_id"].to_list() == [3]


def test_the_table_holds_no_other_column_with_the_target():
    frame = offers_fit.table(people(50), Line.HOME, rules().lines[Line.HOME], DAY)
    assert [name for name in frame.columns if "home" in name] == ["holds home"]
