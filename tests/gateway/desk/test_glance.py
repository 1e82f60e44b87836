"""What a page reads anew by itself fills the audit with one look, not with hundreds."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from crm.domain.audit import Actor
from crm.services import audit, conversations
from gateway.desk.work import Desk
from gateway.store_access import StoreAccess
from tests.factories import crm as make
from tests.factories.desk import a_talk
from tests.gateway.harness import House


@pytest.fixture
def house(tmp_path):
    house = House(tmp_path)
    yield house
    house.store.close()


async def test_the_same_look_is_entered_once_in_ten_minutes(house):
    now = [datetime(2026, 11, 20, 10, tzinfo=UTC)]
    access = StoreAccess(house.store)
    desk = Desk(access, lambda: now[0], None, None)
    member = SimpleNamespace(account_id=1, actor=Actor.staff("1", "desk"))
    with house.store.session() as session:
        customer = make.a_customer(session)
        talk, customer_id = a_talk(session, "hello", customer=customer), customer.id

    async def looks() -> int:
        await desk.glance(member, lambda session: conversations.history(session, talk))
        with house.store.reading() as session:
            return len([entry for entry in audit.entries_about(session, customer_id) if entry.verb == "read"])

    assert [await looks(), await looks()] == [1, 1]
    now[0] += timedelta(minutes=11)
    assert await looks() == 2
    access.close()
