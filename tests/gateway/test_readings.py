"""What the bot made of a message is kept with it."""

import asyncio

import pytest

from crm.domain import Reading
from crm.services import conversations, readings
from tests.gateway.harness import END, PATIENCE, house, utterance

TOLD = {
    "intent": "claim_status",
    "confidence": 0.91,
    "ranking": [["claim_status", 0.91], ["file_claim", 0.05]],
    "actions": ["action_claim_status"],
}


@pytest.fixture
async def home(tmp_path):
    async with house(tmp_path) as built:
        yield built


async def kept(home, told):
    home.bot.answer = lambda turn: [utterance(), {**END, "reading": told}]
    customer = await home.customer()
    await customer.say("how far is my claim")
    await customer.hears(1)

    async with asyncio.timeout(PATIENCE):
        while True:
            with home.store.reading() as session:
                if not conversations.unanswered(session):
                    return readings.of(session, customer.session)
            await asyncio.sleep(0.02)


async def test_it_is_kept_when_the_message_is_settled(home):
    found = await kept(home, TOLD)
    expected = Reading("claim_status", 0.91, (("claim_status", 0.91), ("file_claim", 0.05)), ("action_claim_status",))
    assert list(found.values()) == [expected]


@pytest.mark.parametrize(
    "told", [None, {}, [], {"intent": "x"}, {**TOLD, "ranking": [[]]}, {**TOLD, "confidence": "?"}]
)
async def test_one_that_cannot_be_read_stops_no_answer(home, told):
    assert await kept(home, told) == {}
