from datetime import date, timedelta

import pytest
from sqlalchemy import event, text

from crm.demo import Job, fill
from crm.domain import ClaimStatus, Line, PolicyStatus
from crm.errors import NotFound
from crm.schema import (
    Complaint,
    Customer,
    EmployeeLanguage,
    Feedback,
    Interaction,
    Payment,
    PolicyCoverage,
    Product,
    Recommendation,
    Renewal,
    ServiceRequest,
)
from crm.services import billing, claims, policies
from crm.services.customer_360 import customer_360
from tests.factories import crm as make
from vault import SealError

TODAY = make.NOW.date()


def seen(session, customer):
    return customer_360(session, customer.id, make.NOW)


def reasons(session, customer) -> dict[str, int]:
    return {reason.code: reason.points for reason in seen(session, customer).leaving.reasons}


def test_three_statements_are_enough(store):
    with store.session() as session:
        make.care_unit(session)
        agent = make.an_employee(session, "claims_auto", branch_id=make.a_branch(session).id)
        customer = make.a_customer(session, agent_id=agent.id)
        for line in (Line.AUTO, Line.HOME):
            policy = make.a_policy(session, customer, line)
            make.an_invoice(session, policy)
            if line is Line.AUTO:
                for _ in range(3):
                    claims.file_claim(session, customer.id, make.a_report(policy), now=make.NOW)
    statements = []
    with store.reading() as session:
        event.listen(store.engine, "before_cursor_execute", lambda *call: statements.append(call[2]))
        view = seen(session, customer)
        assert len(statements) <= 3
    assert (len(view.policies), len(view.open_claims), len(view.balance.invoices)) == (2, 3, 2)


def test_it_agrees_with_the_services_that_know_the_parts(store):
    fill(store, Job(60, 3, "2026-11-20"), key_file=None)
    with store.reading() as session:
        for customer in session.query(Customer):
            view = seen(session, customer)
            assert list(view.policies) == policies.list_policies(session, customer.id)
            expected = [claim for claim in claims.list_claims(session, customer.id) if claim.is_open]
            assert list(view.open_claims) == expected
            assert view.balance == billing.balance(session, customer.id, make.NOW)


def test_everything_that_is_not_of_a_part(session):
    make.care_unit(session)
    branch = make.a_branch(session, "Kestrel Bay", "KB3 9QS")
    agent = make.an_employee(session, "advice", name="Ines Okoro", branch_id=branch.id)
    session.add(EmployeeLanguage(employee_id=agent.id, language="zh"))
    customer = make.a_customer(session, agent_id=agent.id, consent_at=make.NOW)
    policy = make.a_policy(session, customer)
    ago = make.NOW - timedelta(days=3)
    session.add_all(
        [
            Interaction(customer_id=customer.id, channel="chat", topic="claim_status", at=ago, summary="CL-1"),
            Interaction(customer_id=customer.id, channel="phone", topic="billing", at=make.NOW),
            ServiceRequest(
                customer_id=customer.id,
                policy_id=policy.id,
                kind="cancellation",
                status="open",
                details="cancellation",
                number="SR-1234567",
                data={"why": "moved"},
                due_on=TODAY,
                requested_at=ago,
            ),
            Complaint(
                customer_id=customer.id,
                topic="delay",
                status="open",
                text="Too slow",
                number="CO-1234567",
                received_at=ago,
                answer_due_on=TODAY,
            ),
            Recommendation(
                customer_id=customer.id,
                product_id=session.query(Product).first().id,
                channel="chat",
                offered_at=ago,
                outcome="declined",
                answered_at=ago,
            ),
        ]
    )
    session.flush()
    view = seen(session, customer)
    assert view.customer.name == f"Imogen {customer.family_name}"
    assert [(i.topic, i.summary) for i in view.interactions] == [("billing", ""), ("claim_status", "CL-1")]
    (request,) = view.requests
    assert (request.number, request.policy_number, request.details) == ("SR-1234567", policy.number, {"why": "moved"})
    assert [(c.number, c.text, c.answered_at) for c in view.complaints] == [("CO-1234567", "Too slow", None)]
    assert (view.recommendation.line, view.recommendation.outcome) == (Line.AUTO, "declined")
    assert (view.consent.marketing, view.consent.since) == (True, make.NOW)
    assert (view.agent.person.name, view.agent.languages) == ("Ines Okoro", ("zh",))
    assert (view.branch.name, view.branch.distance_km) == ("Kestrel Bay", 25.7)


def test_own_coverages_replace_the_plan_s(session):
    policy = make.a_policy(session)
    session.add(
        PolicyCoverage(
            policy_id=policy.id, code="theft", name="Theft", limit_minor=None, deductible_minor=0, included=False
        )
    )
    session.flush()
    view = customer_360(session, policy.customer_id, make.NOW)
    assert [(c.code, c.limit is None, c.included) for c in view.policies[0].coverages] == [
        ("liability", False, True),
        ("theft", True, False),
    ]


def test_a_claim_that_is_over_is_not_shown(session):
    policy = make.a_policy(session)
    made = claims.file_claim(session, policy.customer_id, make.a_report(policy), now=make.NOW)
    session.query(claims.Claim).filter_by(id=made.id).one().status = ClaimStatus.PAID
    session.flush()
    assert customer_360(session, policy.customer_id, make.NOW).open_claims == ()


def test_nothing_of_another_customer(session):
    stranger = make.a_policy(session)
    make.an_invoice(session, stranger)
    claims.file_claim(session, stranger.customer_id, make.a_report(stranger), now=make.NOW)
    view = seen(session, make.a_customer(session))
    assert (view.policies, view.open_claims, view.balance.invoices, view.agent) == ((), (), (), None)


def test_without_an_agent_the_nearest_branch(session):
    make.a_branch(session, "Fernbridge", "FB2 4MS")
    make.a_branch(session, "Alderwick", "AW1 1HS")
    assert seen(session, make.a_customer(session)).branch.name == "Alderwick"
    off_the_map = {"line": "1 Road", "city": "Ulm", "postcode": "89073", "country": "DE"}
    assert seen(session, make.a_customer(session, address=off_the_map)).branch is None


def test_an_unknown_or_an_erased_customer(session):
    for customer_id in (4711, make.a_customer(session, erased_at=make.NOW).id):
        with pytest.raises(NotFound):
            customer_360(session, customer_id, make.NOW)


def test_an_altered_value_is_noticed(store):
    with store.session() as session:
        policy = make.a_policy(session)
        claims.file_claim(session, policy.customer_id, make.a_report(policy), now=make.NOW)
        session.execute(text("UPDATE claims SET place = description"))
    with store.reading() as session, pytest.raises(SealError):
        customer_360(session, policy.customer_id, make.NOW)


class TestRiskOfLeaving:
    def test_a_long_standing_customer_with_several_lines_stays(self, session):
        customer = make.a_customer(session, created_at=make.NOW - timedelta(days=4000))
        for line in (Line.AUTO, Line.HOME, Line.LIFE):
            make.a_policy(session, customer, line, ends_on=date(2027, 6, 30))
        assert reasons(session, customer) == {"long_tenure": -10, "several_lines": -8}
        assert (seen(session, customer).leaving.score, seen(session, customer).leaving.level) == (0, "low")

    def test_unpaid_bills(self, session):
        customer = make.a_customer(session)
        policy = make.a_policy(session, customer, ends_on=date(2027, 6, 30))
        make.an_invoice(session, policy, TODAY - timedelta(days=10))
        assert reasons(session, customer) == {"overdue_invoice": 12, "one_policy": 5}
        make.an_invoice(session, policy, TODAY - timedelta(days=31))
        assert reasons(session, customer) == {"overdue_invoice": 12, "long_overdue": 15, "one_policy": 5}
        assert seen(session, customer).leaving.level == "medium"

    def test_partly_paid_is_still_owed(self, session):
        policy = make.a_policy(session, ends_on=date(2027, 6, 30))
        invoice = make.an_invoice(session, policy)
        session.add(Payment(invoice_id=invoice.id, paid_at=make.NOW, amount_minor=5_000, method="card"))
        session.flush()
        view = customer_360(session, policy.customer_id, make.NOW)
        assert view.balance.outstanding.minor == 10_000

    def test_complaints(self, session):
        customer = make.a_customer(session)
        for ago, answered in ((10, None), (100, make.NOW), (200, make.NOW), (300, make.NOW), (500, make.NOW)):
            session.add(
                Complaint(
                    customer_id=customer.id,
                    topic="delay",
                    status="open",
                    text="",
                    received_at=make.NOW - timedelta(days=ago),
                    answer_due_on=TODAY,
                    answered_at=answered,
                )
            )
        session.flush()
        assert reasons(session, customer) == {"open_complaint": 20, "complaints": 14}

    @pytest.mark.parametrize(("premium", "points"), [(60_000, None), (63_000, None), (69_000, 10), (90_000, 25)])
    def test_a_rise_of_the_premium(self, session, premium, points):
        policy = make.a_policy(session, ends_on=date(2026, 12, 10))
        session.add(
            Renewal(
                policy_id=policy.id,
                starts_on=date(2026, 12, 11),
                ends_on=date(2027, 12, 10),
                previous_premium_minor=60_000,
                premium_minor=premium,
                accepted_at=make.NOW,
            )
        )
        session.flush()
        customer = session.get(Customer, policy.customer_id)
        assert reasons(session, customer).get("premium_increase") == points
        assert "ends_soon" not in reasons(session, customer)

    def test_a_policy_that_ends_soon_or_was_lost(self, session):
        customer = make.a_customer(session)
        make.a_policy(session, customer, ends_on=TODAY + timedelta(days=45))
        make.a_policy(session, customer, status=PolicyStatus.LAPSED, ends_on=TODAY - timedelta(days=30))
        make.a_policy(session, customer, status=PolicyStatus.CANCELLED, ends_on=TODAY - timedelta(days=900))
        assert reasons(session, customer) == {"policy_lost": 15, "ends_soon": 8, "one_policy": 5}

    def test_a_new_customer_who_wants_to_cancel_and_was_unhappy(self, session):
        customer = make.a_customer(session, created_at=make.NOW - timedelta(days=30))
        chat = make.a_conversation(session)
        session.add_all(
            [
                Feedback(conversation_id=chat.id, customer_id=customer.id, score=1, comment="", at=make.NOW),
                ServiceRequest(
                    customer_id=customer.id, kind="cancellation", status="open", details="", requested_at=make.NOW
                ),
            ]
        )
        session.flush()
        assert reasons(session, customer) == {"cancellation_asked": 40, "short_tenure": 10, "bad_feedback": 10}
        assert seen(session, customer).leaving.level == "high"
