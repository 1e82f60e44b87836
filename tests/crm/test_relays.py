"""Claims on what is carried to another product, and on what is sent to other systems."""

from datetime import timedelta

import pytest

from crm.domain import Role
from crm.domain.webhooks import WebhookEvent
from crm.services import relays, webhooks
from tests.factories import handoffs as make
from tests.factories.crm import NOW
from tests.factories.staff import an_account

LATER = timedelta(seconds=20)


@pytest.fixture
def session(store):
    with store.session() as session:
        yield session


def claimed(session, now=NOW):
    relays.adopt(session, "chatwoot", now)
    return relays.claim(session, "chatwoot", now, look_again=LATER)


def test_a_hand_off_is_claimed_by_one(session):
    wish = make.a_wish(session)
    assert wish.id in [relay.handoff_id for relay in claimed(session)]
    assert wish.id not in [relay.handoff_id for relay in claimed(session)]


def test_a_claim_that_ran_out_is_lost(session):
    wish = make.a_wish(session)
    first = next(relay for relay in claimed(session) if relay.handoff_id == wish.id)
    second = next(relay for relay in claimed(session, NOW + relays.LEASE) if relay.handoff_id == wish.id)
    assert second.attempts == 2
    with pytest.raises(relays.Lost):
        relays.save(session, first, carried_seq=5)
    relays.save(session, second, carried_seq=5)


def test_what_happened_over_there_meanwhile_is_looked_at_after_the_claim(session):
    wish = make.a_wish(session)
    relay = next(each for each in claimed(session) if each.handoff_id == wish.id)
    relays.save(session, relay, remote_id=77)
    assert relays.poke(session, "chatwoot", 77, NOW)
    relays.let_go(session, relay, retry_at=None, done=False, now=NOW)
    assert wish.id in [each.handoff_id for each in claimed(session)]


def test_what_is_done_is_not_looked_at(session):
    wish = make.a_wish(session)
    relay = next(each for each in claimed(session) if each.handoff_id == wish.id)
    relays.save(session, relay, remote_id=77)
    relays.let_go(session, relay, retry_at=None, done=True, now=NOW)
    assert not relays.poke(session, "chatwoot", 77, NOW)
    assert wish.id not in [each.handoff_id for each in claimed(session, NOW + LATER)]


def test_an_event_is_claimed_by_one(session):
    account = an_account(session, "keeper", role=Role.ADMIN)
    webhooks.add(session, url="https://x.example/", events=list(WebhookEvent), by=account.id, now=NOW)
    make.a_wish(session)
    assert len(webhooks.claim(session, NOW)) == 1
    assert webhooks.claim(session, NOW) == []
