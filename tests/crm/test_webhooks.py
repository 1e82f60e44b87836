"""Webhooks in the store: events with their changes, claims, pauses, giving up."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from crm.domain import Role
from crm.domain.webhooks import DeliveryState, WebhookEvent
from crm.errors import InvalidInput, NotFound
from crm.schema import AuditEntry, WebhookDelivery
from crm.services import handoffs, webhooks
from tests.factories import handoffs as make
from tests.factories.crm import NOW
from tests.factories.staff import an_account

URL = "https://hooks.example.com/careline"


def an_address(session, *events, url=URL):
    account = an_account(session, f"admin{len(webhooks.webhooks(session))}", role=Role.ADMIN)
    return webhooks.add(session, url=url, events=events or list(WebhookEvent), by=account.id, now=NOW)


def queued(session):
    return list(session.scalars(select(WebhookDelivery).order_by(WebhookDelivery.id)))


@pytest.fixture
def session(store):
    with store.session() as session:
        yield session


def test_a_wish_for_a_person_is_told(session):
    an_address(session)
    wish = make.a_wish(session)
    (row,) = queued(session)
    assert row.payload["type"] == "handoff.created"
    assert row.payload["data"]["handoff"] == wish.id


def test_what_is_told_is_nothing_personal(session):
    an_address(session)
    make.a_wish(session)
    assert set(queued(session)[0].payload["data"]) == {
        *("handoff", "conversation", "employee", "state", "reason"),
        *("requested_at", "accepted_at", "active_at", "ended_at"),
    }


def test_every_end_is_told_as_what_it_is(session):
    an_address(session, *(set(WebhookEvent) - {WebhookEvent.HANDOFF_CREATED}))
    maria = make.an_agent(session, capacity=9)
    first, second = make.with_agent(session, maria), make.with_agent(session, maria)
    handoffs.close(session, first.id, maria.id, disposition="solved", now=NOW)
    handoffs.give_back(session, second.id, maria.id, now=NOW)
    handoffs.abandon(session, make.a_wish(session).id, now=NOW)
    handoffs.expire(session, make.a_wish(session).id, now=NOW)
    assert [row.event.partition(".")[2] for row in queued(session)] == ["closed", "returned", "abandoned", "expired"]


def test_only_what_was_asked_for_is_told(session):
    an_address(session, WebhookEvent.HANDOFF_CLOSED)
    make.a_wish(session)
    assert queued(session) == []


def test_an_event_has_one_id_wherever_it_goes(session):
    an_address(session)
    an_address(session, url=URL + "/2")
    make.a_wish(session)
    first, second = queued(session)
    assert first.message_id == second.message_id
    assert first.webhook_id != second.webhook_id


def test_what_is_undone_is_told_to_nobody(store):
    with store.session() as session:
        an_address(session)

    def fail():
        with store.session() as session:
            make.a_wish(session)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with store.reading() as session:
        assert queued(session) == []


def test_a_claim_is_one_gateway_s_alone(session):
    an_address(session)
    make.a_wish(session)
    assert [parcel.delivery.attempts for parcel in webhooks.claim(session, NOW)] == [1]
    assert webhooks.claim(session, NOW) == []
    assert not webhooks.is_due(session, NOW)


def test_what_somebody_who_died_had_claimed_comes_up_again(session):
    an_address(session)
    make.a_wish(session)
    (dead,) = webhooks.claim(session, NOW)
    (again,) = webhooks.claim(session, NOW + webhooks.LEASE)
    assert again.delivery.message_id == dead.delivery.message_id
    webhooks.settle(session, dead, status=500, error="status", now=NOW + webhooks.LEASE)  # it was only slow
    assert queued(session)[0].error is None


def test_what_arrived_is_not_sent_again(session):
    an_address(session)
    make.a_wish(session)
    webhooks.settle(session, webhooks.claim(session, NOW)[0], status=204, error=None, now=NOW)
    (row,) = queued(session)
    assert (row.state, row.status, row.settled_at) == (DeliveryState.DELIVERED, 204, NOW)
    assert not webhooks.is_due(session, NOW + timedelta(days=9))


def test_a_failure_is_tried_again_later_and_given_up_in_the_end(session):
    an_address(session)
    make.a_wish(session)
    now, attempts = NOW, 0
    while webhooks.is_due(session, now):
        webhooks.settle(session, webhooks.claim(session, now)[0], status=503, error="status", now=now)
        attempts += 1
        row = queued(session)[0]
        now = row.due_at if row.state is DeliveryState.WAITING else now
        if row.state is DeliveryState.GIVEN_UP:
            break
    assert queued(session)[0].state is DeliveryState.GIVEN_UP
    assert 15 < attempts < 40
    assert now - NOW <= webhooks.GIVE_UP_AFTER
    assert webhooks.webhooks(session)[0].given_up == 1


def test_pauses_grow_and_are_never_the_same_for_two():
    assert webhooks.pause(1, 1.0) == webhooks.FIRST_PAUSE
    assert webhooks.pause(2, 1.0) == 3 * webhooks.FIRST_PAUSE
    assert webhooks.pause(2, 0.0) == 1.5 * webhooks.FIRST_PAUSE
    assert webhooks.pause(99, 1.0) == webhooks.LONGEST_PAUSE


def test_it_can_be_sent_again_under_the_same_id(session):
    hook, _ = an_address(session)
    make.a_wish(session)
    (parcel,) = webhooks.claim(session, NOW)
    webhooks.settle(session, parcel, status=200, error=None, now=NOW)
    later = NOW + timedelta(days=5)
    webhooks.redeliver(session, hook.id, parcel.delivery.id, now=later)
    assert webhooks.claim(session, later)[0].delivery.message_id == parcel.delivery.message_id


def test_another_webhook_s_delivery_is_not_sent_again(session):
    hook, _ = an_address(session)
    other, _ = an_address(session, WebhookEvent.HANDOFF_CLOSED, url=URL + "/2")
    delivery = webhooks.test(session, hook.id, now=NOW)
    with pytest.raises(NotFound):
        webhooks.redeliver(session, other.id, delivery.id, now=NOW)


def test_a_deleted_one_takes_what_waits_along(session):
    hook, _ = an_address(session)
    make.a_wish(session)
    (parcel,) = webhooks.claim(session, NOW)
    webhooks.delete(session, hook.id)
    webhooks.settle(session, parcel, status=200, error=None, now=NOW)
    assert (webhooks.webhooks(session), queued(session)) == ([], [])


@pytest.mark.parametrize(
    "url", ["", "ftp://x.example", "https://", "https://me:pw@x.example/", "https://x.example/a b", "https://[::1", "x"]
)
def test_what_is_no_address_is_refused(session, url):
    with pytest.raises(InvalidInput):
        an_address(session, url=url)


def test_an_unknown_event_is_refused(session):
    with pytest.raises(InvalidInput):
        an_address(session, "customer.renamed")


def test_address_and_secret_are_sealed(store):
    with store.session() as session:
        _, secret = an_address(session)
    with store.engine.connect() as connection:
        row = connection.execute(text("SELECT * FROM webhooks")).one()
    assert b"hooks.example.com" not in bytes(row.url)
    assert secret.encode() not in bytes(row.secret)


def test_what_is_done_with_webhooks_is_entered(store):
    with store.session() as session:
        hook, _ = an_address(session, WebhookEvent.HANDOFF_CLOSED)
        delivery = webhooks.test(session, hook.id, now=NOW)
        webhooks.redeliver(session, hook.id, delivery.id, now=NOW)
        webhooks.delete(session, hook.id)
    with store.session() as session:
        found = session.scalars(select(AuditEntry).where(AuditEntry.area == "webhooks").order_by(AuditEntry.seq))
        assert [entry.verb for entry in found] == ["add", "test", "redeliver", "delete"]
