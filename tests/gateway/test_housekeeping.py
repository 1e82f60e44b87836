"""Erasures are carried out beside the conversations, and the daily work once a day."""

import asyncio
from datetime import datetime, timedelta, timezone

import pytest

from crm.errors import NotFound
from crm.schema import Conversation, OutboxMessage
from crm.services import conversations, erasure
from tests.factories.crm import a_customer
from tests.gateway.harness import PATIENCE, house


@pytest.fixture
async def home(tmp_path):
    async with house(tmp_path, housekeeping_seconds=0.05, retention_hour=-1) as built:
        yield built


def asked_to_erase(home, conversation_id):
    """Somebody who is verified in the conversation asked for their erasure."""
    now = datetime.now(timezone.utc)
    with home.store.session() as session:
        customer = a_customer(session)
        row = session.get_one(Conversation, conversation_id)
        row.customer_id, row.verified_at = customer.id, now
        erasure.request(session, customer.id, conversation_id=conversation_id, now=now)
    return customer.id


async def test_an_erased_conversation_says_so_and_ends(home):
    customer = await home.customer()
    await customer.say("erase my data")
    await customer.hears(1)
    ended = customer.session
    asked_to_erase(home, ended)
    await customer.until(lambda: any("has been erased" in text for text in customer.heard))
    with home.store.reading() as session, pytest.raises(NotFound):
        conversations.get_conversation(session, ended)


async def test_what_is_said_afterwards_begins_a_new_conversation(home):
    customer = await home.customer()
    ended = customer.session
    asked_to_erase(home, ended)
    await customer.hears(1)
    assert (await customer.say("hello again"))["ok"]
    await customer.until(lambda: "echo hello again" in customer.heard)
    assert customer.session != ended


async def test_the_bot_is_made_to_forget_once_it_is_there(home):
    home.bot.status = 503
    customer = await home.customer()
    customer_id = asked_to_erase(home, customer.session)
    await customer.hears(1)
    home.bot.status = 200
    with home.store.reading() as session:
        assert [view.customer_id for view in erasure.open_erasures(session)] == [customer_id]
    await until(lambda: not erasures_left(home))
    assert {"forget", "scrub"} <= set(home.bot.told_to)


def erasures_left(home):
    with home.store.reading() as session:
        return erasure.open_erasures(session)


async def until(condition):
    """Poll: nothing tells when the housekeeping is done."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.02)


async def test_the_daily_work_runs_by_itself(tmp_path):
    async with house(tmp_path, housekeeping_seconds=0.05, retention_hour=0) as home:
        with home.store.session() as session:
            customer = a_customer(session)
            old = datetime.now(timezone.utc) - timedelta(days=40)
            session.add(
                OutboxMessage(
                    customer_id=customer.id, kind="notice", channel="sms", destination="+1555", text="x", created_at=old
                )
            )

        def gone():
            with home.store.reading() as session:
                return session.query(OutboxMessage).count() == 0

        await until(gone)
        await until(lambda: (tmp_path / "audit.anchors").exists())


async def test_a_conversation_erased_from_elsewhere_goes_on_as_a_new_one(home):
    customer = await home.customer()
    ended = customer.session
    with home.store.session() as session:
        person = a_customer(session)
        session.get_one(Conversation, ended).customer_id = person.id
        erasure.request(session, person.id, conversation_id=None, now=datetime.now(timezone.utc))
    await until(lambda: not erasures_left(home))
    assert (await customer.say("hello again"))["ok"]
    await customer.until(lambda: "echo hello again" in customer.heard)
    assert customer.session != ended
