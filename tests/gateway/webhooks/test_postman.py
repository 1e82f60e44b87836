"""Events on their way to another system: signed, tried again, shared, and never into the own network."""

import asyncio
from datetime import timedelta

import pytest

from crm.domain import Role
from crm.domain.webhooks import DeliveryState, WebhookEvent
from crm.services import webhooks
from gateway.app import Gateway
from gateway.clock import utc_now
from gateway.webhooks.addresses import Addresses, Forbidden, is_public
from tests.factories import handoffs as make
from tests.factories.staff import an_account
from tests.gateway.harness import PATIENCE, Served, house
from tests.gateway.webhooks.receiver import Receiver

ALLOWED = {"webhook_plain": True, "webhook_private": True}


@pytest.fixture
async def receiver():
    app = Receiver()
    served = await Served(app).start()
    app.url = f"{served.url}/hook"
    yield app
    await served.stop()


def subscribe(home, receiver, *events) -> int:
    with home.store.session() as session:
        account = an_account(session, "admin", role=Role.ADMIN)
        hook, receiver.secret = webhooks.add(
            session, url=receiver.url, events=events or list(WebhookEvent), by=account.id, now=utc_now()
        )
    return hook.id


def wish(home):
    with home.store.session() as session:
        return make.a_wish(session, now=utc_now())


async def settled(home, hook_id, condition):
    """The newest delivery, once `condition` holds for it."""
    async with asyncio.timeout(PATIENCE):
        while True:
            with home.store.reading() as session:
                found = webhooks.deliveries(session, hook_id)
            if found and condition(found[0]):
                return found[0]
            await asyncio.sleep(0.02)


async def test_a_wish_for_a_person_arrives_signed(tmp_path, receiver):
    async with house(tmp_path, **ALLOWED) as home:
        hook_id = subscribe(home, receiver)
        asked = wish(home)
        await receiver.until(lambda: receiver.messages)
        assert receiver.messages[0]["type"] == "handoff.created"
        assert receiver.messages[0]["data"]["conversation"] == asked.conversation_id
        delivery = await settled(home, hook_id, lambda found: found.state is DeliveryState.DELIVERED)
        assert (delivery.status, delivery.attempts) == (204, 1)


async def test_what_is_refused_is_sent_again_under_the_same_id(tmp_path, receiver, monkeypatch):
    monkeypatch.setattr(webhooks, "FIRST_PAUSE", timedelta(milliseconds=20))
    async with house(tmp_path, **ALLOWED) as home:
        receiver.status = 500
        subscribe(home, receiver)
        wish(home)
        await receiver.until(lambda: len(receiver.tries) > 1)
        receiver.status = 200
        await receiver.until(lambda: receiver.messages)
        assert len(set(receiver.tries)) == 1


async def test_an_event_of_a_gateway_that_died_is_sent_by_the_next(tmp_path, receiver):
    async with house(tmp_path, **ALLOWED) as home:
        subscribe(home, receiver)
        await home.stop_gateway()
        wish(home)
        await home.start_gateway()
        await receiver.until(lambda: receiver.messages)


async def test_two_gateways_send_an_event_once(tmp_path, receiver):
    async with house(tmp_path, **ALLOWED) as home:
        subscribe(home, receiver, WebhookEvent.HANDOFF_CREATED)
        other = Gateway(home.settings)
        served = await Served(other.app).start()
        try:
            for _ in range(20):
                wish(home)
            await receiver.until(lambda: len(receiver.messages) >= 20)
        finally:
            await served.stop()
        assert len(receiver.tries) == len(set(receiver.tries)) == 20


async def test_an_answer_that_leads_elsewhere_is_not_followed(tmp_path, receiver):
    async with house(tmp_path, **ALLOWED) as home:
        receiver.status, receiver.location = 307, receiver.url
        hook_id = subscribe(home, receiver)
        wish(home)
        delivery = await settled(home, hook_id, lambda found: found.error)
        assert (delivery.status, delivery.error, len(receiver.tries)) == (307, "status", 1)


@pytest.mark.parametrize(("allowed", "code"), [({}, "plain"), ({"webhook_plain": True}, "private")])
async def test_the_own_network_is_not_called_unless_allowed(tmp_path, receiver, allowed, code):
    async with house(tmp_path, **allowed) as home:
        hook_id = subscribe(home, receiver)
        wish(home)
        delivery = await settled(home, hook_id, lambda found: found.error)
        assert (delivery.error, receiver.tries) == (code, [])


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
        *("224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%eth0", "fd00::1", "ff02::1", "::ffff:127.0.0.1"),
        *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::1", "2001:db8::1"),
    ],
)
def test_an_address_that_is_not_public_is_known_as_such(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111", "64:ff9b::808:808"])
def test_a_public_address_is_known_as_such(address):
    assert is_public(address)


async def test_one_private_address_of_a_host_is_enough_to_refuse_it():
    async def resolve(host, port):
        return ["93.184.216.34", "10.0.0.1"]

    with pytest.raises(Forbidden) as refused:
        await Addresses(plain=False, private=False, resolve=resolve).checked("https://both.example/")
    assert refused.value.code == "private"


async def test_the_address_that_was_checked_is_the_one_that_is_called():
    """A name that means something else a moment later leads nowhere."""
    answers = iter([["93.184.216.34"], ["127.0.0.1"]])

    async def resolve(host, port):
        return next(answers)

    url, host = await Addresses(plain=False, private=False, resolve=resolve).checked("https://moves.example:8443/a?b=c")
    assert (str(url), host) == ("https://93.184.216.34:8443/a?b=c", "moves.example")


async def test_a_host_that_nobody_knows_is_refused():
    async def resolve(host, port):
        raise OSError

    with pytest.raises(Forbidden) as refused:
        await Addresses(plain=False, private=False, resolve=resolve).checked("https://no.example/")
    assert refused.value.code == "unknown_host"
