from datetime import date

import pytest

from crm.domain import InvoiceState, Money, PolicyStatus
from crm.errors import NotEligible, NotFound
from crm.services import billing, claims, policies, policy_changes, renewals, service_requests
from tests.factories import crm as make

NEXT_YEAR = (date(2027, 1, 1), date(2027, 12, 31))


def usd(minor):
    return Money(minor, "USD")


def offer(session, policy, now=make.NOW):
    return renewals.renewal_offer(session, policy.customer_id, policy.number, now)


def renew(session, policy, now=make.NOW, conversation_id=None):
    return renewals.renew(session, policy.customer_id, policy.number, conversation_id=conversation_id, now=now)


def test_the_offer_explains_the_next_year(session):
    made = offer(session, make.a_policy(session))
    assert (made.starts_on, made.ends_on) == NEXT_YEAR
    assert made.reasons == (("index", usd(1_800)), ("no_claims", usd(-3_000)))
    assert (made.current, made.premium, made.days_left) == (usd(60_000), usd(58_800), 42)
    assert not made.accepted


def test_claims_of_the_running_year_make_it_dearer(session):
    policy = make.a_policy(session)
    for _ in range(2):
        claims.file_claim(session, policy.customer_id, make.a_report(policy), now=make.NOW)
    assert offer(session, policy).reasons == (("index", usd(1_800)), ("claims", usd(7_200)))


def test_it_is_offered_in_the_last_sixty_days_only(session):
    policy = make.a_policy(session, ends_on=date(2027, 1, 20))
    with pytest.raises(NotEligible):
        offer(session, policy)
    assert renewals.renewals_due(session, policy.customer_id, make.NOW) == []


@pytest.mark.parametrize("status", [PolicyStatus.CANCELLED, PolicyStatus.LAPSED, PolicyStatus.EXPIRED])
def test_only_active_policies_are_renewed(session, status):
    with pytest.raises(NotEligible):
        renew(session, make.a_policy(session, status=status))


def test_accepting_prolongs_invoices_and_remembers(session):
    policy = make.a_policy(session)
    chat = make.a_conversation(session)
    change = renew(session, policy, conversation_id=chat.id)
    assert (change.applied, change.effective_on, change.price_effect) == (True, NEXT_YEAR[0], usd(-1_200))
    read = policies.policy(session, policy.customer_id, policy.number)
    assert (read, read.ends_on, read.premium) == (change.policy, NEXT_YEAR[1], usd(58_800))
    assert read.starts_on == date(2026, 1, 1)
    (invoice,) = billing.invoices(session, policy.customer_id, make.NOW)
    assert (invoice.due_on, invoice.amount, invoice.state) == (NEXT_YEAR[0], usd(14_700), InvoiceState.OPEN)
    assert [e.code for e in policy_changes.history(session, policy.customer_id, policy.number)] == ["renewed"]
    assert service_requests.list_requests(session, policy.customer_id) == [change.request]


def test_accepting_twice_renews_once(session):
    policy = make.a_policy(session)
    renew(session, policy)
    accepted = offer(session, policy)
    assert (accepted.accepted, accepted.ends_on, accepted.premium) == (True, NEXT_YEAR[1], usd(58_800))
    with pytest.raises(NotEligible):
        renew(session, policy)
    assert renewals.renewals_due(session, policy.customer_id, make.NOW) == []


def test_all_offers_of_a_customer_the_earliest_end_first(session):
    later = make.a_policy(session)
    customer = session.get(make.Customer, later.customer_id)
    sooner = make.a_policy(session, customer, ends_on=date(2026, 12, 1))
    make.a_policy(session, customer, ends_on=date(2027, 6, 1))
    due = renewals.renewals_due(session, customer.id, make.NOW)
    assert [made.policy_number for made in due] == [sooner.number, later.number]


def test_another_customer_s_policy_is_not_found(session):
    policy = make.a_policy(session)
    with pytest.raises(NotFound):
        renewals.renew(session, make.a_customer(session).id, policy.number, conversation_id=None, now=make.NOW)
