"""From the bus to the adapters: in order within a conversation, and no conversation waits for another."""

import asyncio
from contextlib import asynccontextmanager

from gateway.live.bus import of_conversation
from gateway.live.local import LocalBus
from gateway.live.relay import Relay
from gateway.metrics import Metrics


class Chats:
    """Notes what it is told; a hand-off of the conversation `slow` is only done when it is let go."""

    def __init__(self) -> None:
        self.told = []
        self.let_go = asyncio.Event()

    async def news(self, conversation_id, message):
        self.told.append((conversation_id, message))

    async def handoff(self, conversation_id):
        if conversation_id == "slow":
            await self.let_go.wait()
        self.told.append((conversation_id, "handoff"))


@asynccontextmanager
async def relayed():
    """A bus, and what hears it."""
    bus, chats = LocalBus(), Chats()
    relay = Relay(bus, Metrics(), every=1)
    relay.attach(chats)
    running = asyncio.create_task(relay.run())
    await relay.listening.wait()
    yield bus, chats
    await bus.close()
    await running


async def until(is_so):
    async with asyncio.timeout(60):
        while not is_so():
            await asyncio.sleep(0)


async def message(bus, conversation_id, number):
    await bus.publish(of_conversation(conversation_id), {"kind": "message"}, hint=number)


async def handoff(bus, conversation_id):
    await bus.publish(of_conversation(conversation_id), {"kind": "handoff"})


def test_a_slow_conversation_holds_up_no_other():
    async def story():
        async with relayed() as (bus, chats):
            await handoff(bus, "slow")
            await message(bus, "other", 1)
            await until(lambda: ("other", 1) in chats.told)
            assert ("slow", "handoff") not in chats.told
            chats.let_go.set()
            await until(lambda: ("slow", "handoff") in chats.told)

    asyncio.run(story())


def test_within_a_conversation_the_order_is_kept():
    async def story():
        async with relayed() as (bus, chats):
            await handoff(bus, "slow")
            for number in range(5):
                await message(bus, "slow", number)
            chats.let_go.set()
            await until(lambda: len(chats.told) == 6)
            assert chats.told == [("slow", "handoff"), *[("slow", number) for number in range(5)]]

    asyncio.run(story())


def test_looks_at_a_hand_off_that_wait_in_a_row_are_one():
    async def story():
        async with relayed() as (bus, chats):
            await handoff(bus, "slow")
            await until(lambda: True)
            for _ in range(20):
                await handoff(bus, "slow")
            await message(bus, "slow", 1)
            chats.let_go.set()
            await until(lambda: ("slow", 1) in chats.told)
            assert len(chats.told) <= 3

    asyncio.run(story())
