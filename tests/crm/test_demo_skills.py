"""Both demo customers have something to try every skill with."""

from datetime import datetime, timedelta, timezone

import pytest

from crm.demo import Job, fill
from crm.domain import AutopayState, Line
from crm.services import (
    agents,
    autopay,
    billing,
    branches,
    claims,
    documents,
    policies,
    policy_changes,
    renewals,
)

NOW = datetime(2026, 11, 20, 14, tzinfo=timezone.utc)
ONE, OTHER = 1, 2


@pytest.fixture
def demo(sqlite_store):
    fill(sqlite_store, Job(2, 1, NOW.date().isoformat()), key_file=None)
    with sqlite_store.reading() as session:
        yield session


def test_one_has_an_instalment_ahead_the_other_is_late(demo):
    ahead, late = (billing.balance(demo, customer, NOW) for customer in (ONE, OTHER))
    assert (ahead.overdue.minor, ahead.next_due_on) == (0, NOW.date() + timedelta(days=12))
    assert late.overdue.minor > 0


def test_both_have_payments_on_two_policies_and_a_refund(demo):
    for customer in (ONE, OTHER):
        assert len({payment.policy_number for payment in billing.payment_history(demo, customer)}) >= 2
        assert billing.refund_status(demo, customer)


def test_both_have_a_renewal_coming_up(demo):
    lines = [[offer.line for offer in renewals.renewals_due(demo, customer, NOW)] for customer in (ONE, OTHER)]
    assert lines == [[Line.TRAVEL], [Line.HOME]]


def test_both_have_an_agent_and_a_branch_in_their_town(demo):
    for customer, town in ((ONE, "Alderwick"), (OTHER, "Fernbridge")):
        assert agents.my_agent(demo, customer, NOW).branch.distance_km is not None
        assert branches.nearest(demo, now=NOW, place=town)[0].branch.name == town


def test_autopay_and_a_beneficiary_can_be_changed(demo):
    (paid,) = autopay.status(demo, ONE, NOW)
    assert (paid.state, paid.line) == (AutopayState.ACTIVE, Line.HOME)
    life = next(policy for policy in policies.list_policies(demo, ONE) if policy.line is Line.LIFE)
    assert policy_changes.beneficiaries(demo, ONE, life.number)[0].share == 100


def test_every_policy_can_be_proven_and_fits_its_claims(demo):
    for customer in (ONE, OTHER):
        for policy in policies.list_policies(demo, customer):
            assert documents.proof_of_insurance(demo, customer, policy.number, "zh", now=NOW)
        for claim in claims.list_claims(demo, customer):
            policy = policies.policy(demo, customer, claim.policy_number)
            assert policy.starts_on <= claim.incident_on <= policy.ends_on
