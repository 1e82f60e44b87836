"""What customers are told of their wait is read for many at once, and never older than what they know."""

import asyncio

import pytest

from crm.domain import HandoffState
from crm.services.takeovers import Standing
from gateway.channels.standings import Standings

WAITS, SERVED = Standing(HandoffState.QUEUED, 1), Standing(HandoffState.ACTIVE, agent="Mia")


class Store:
    """How it stands, as of the beginning of each reading; a reading ends when `gate` lets it."""

    def __init__(self):
        self.now = WAITS
        self.read = []
        self.gate = asyncio.Event()

    async def standings(self, conversation_ids):
        self.read.append(set(conversation_ids))
        found = dict.fromkeys(conversation_ids, self.now)
        await self.gate.wait()
        return found


@pytest.fixture
def told():
    return []


def telling(store, told):
    async def tell(conversation_id, standing):
        told.append((conversation_id, standing))

    return Standings(store.standings, tell)


async def test_nothing_older_is_told_after_something_newer(told):
    store = Store()
    standings = telling(store, told)
    first = asyncio.create_task(standings.tell("a"))
    while not store.read:
        await asyncio.sleep(0)
    store.now = SERVED
    second = asyncio.create_task(standings.tell("a"))
    await asyncio.sleep(0)
    store.gate.set()
    await asyncio.gather(first, second)
    assert told == [("a", WAITS), ("a", SERVED)]


async def test_all_who_ask_during_a_reading_are_read_together(told):
    store = Store()
    standings = telling(store, told)
    asking = [asyncio.create_task(standings.tell(each)) for each in "abcd"]
    while not store.read:
        await asyncio.sleep(0)
    asking += [asyncio.create_task(standings.tell(each)) for each in "efgh"]
    await asyncio.sleep(0)
    store.gate.set()
    await asyncio.gather(*asking)
    assert len(store.read) == 2
    assert set.union(*store.read) == set("abcdefgh")


async def test_a_reading_that_fails_is_told_to_whoever_asked_and_the_next_one_works(told):
    async def broken(_):
        raise OSError

    store = Store()
    standings = telling(store, told)
    store.standings, standings._read = broken, broken
    with pytest.raises(OSError):
        await standings.tell("a")
    store = Store()
    store.gate.set()
    standings._read = store.standings
    await standings.tell("a")
    assert told == [("a", WAITS)]
