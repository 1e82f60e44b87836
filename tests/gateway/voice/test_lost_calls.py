"""Calls whose gateway died in them."""

import asyncio
from datetime import timedelta

import pytest

from crm.services import calls, handoffs, takeovers
from gateway.clock import utc_now
from gateway.voice.lost import LostCalls
from tests.factories import crm as make
from tests.gateway.harness import PATIENCE, house
from tests.voice.fakes import FakeLine

MINUTE = timedelta(minutes=1)
TWO_HOURS = 7200.0


class Left:
    """A gateway with housekeeping, and what another has left behind."""

    def __init__(self, home, others: int = 0) -> None:
        self.home, gateway = home, home.gateway
        crew = type("Crew", (), {"id": "this one", "size": 1 + others})
        self.lost = LostCalls(
            gateway.archive, gateway.announcements, crew, gateway.voice.callers.going_on, utc_now, TWO_HOURS
        )

    def a_call(self, minutes: int, reason: str | None = None) -> str:
        """A call that began so many minutes ago; `reason`: its caller waits for a person."""
        began = utc_now() - minutes * MINUTE
        with self.home.store.session() as session:
            call = make.a_call(session, now=began).id
            if reason:
                handoffs.request(session, call, reason=reason, summary="", now=began)
        return call

    def why(self, call: str) -> str | None:
        """How it ended."""
        with self.home.store.reading() as session:
            return calls.call(session, call).why

    def waiting(self) -> int:
        with self.home.store.reading() as session:
            return len(takeovers.open_ones(session))


@pytest.fixture
async def left(tmp_path):
    async with house(tmp_path) as home:
        yield Left(home)


async def test_a_call_that_a_gateway_left_behind_is_ended_as_lost(left):
    call = left.a_call(minutes=10)
    await left.lost.end()
    assert left.why(call) == "lost"


async def test_its_caller_waits_no_more(left):
    left.a_call(minutes=10, reason="asked_for")
    await left.lost.end()
    assert left.waiting() == 0


async def test_what_a_person_has_to_decide_stays(left):
    left.a_call(minutes=10, reason="cancellation")
    await left.lost.end()
    assert left.waiting() == 1


async def test_a_call_that_has_ended_keeps_its_end(left):
    call = left.a_call(minutes=10)
    with left.home.store.session() as session:
        calls.end(session, call, why="goodbye", now=utc_now())
    await left.lost.end()
    assert left.why(call) == "goodbye"


async def test_a_call_that_goes_on_here_is_left_alone(left):
    assistant = await left.home.gateway.voice.callers.open(FakeLine(), "somebody")
    left.lost._clock = lambda: utc_now() + 60 * MINUTE
    await left.lost.end()
    assert left.why(assistant.conversation_id) is None
    await assistant.end("caller")


async def test_a_young_call_may_be_a_new_gateways(left):
    call = left.a_call(minutes=1)
    await left.lost.end()
    assert left.why(call) is None


async def test_a_call_may_be_another_gateways_as_long_as_calls_can_last(left):
    beside = Left(left.home, others=1)
    short, long = beside.a_call(minutes=60), beside.a_call(minutes=180)
    await beside.lost.end()
    assert (beside.why(short), beside.why(long)) == (None, "lost")


async def test_a_gateway_that_starts_looks_for_them(tmp_path):
    async with house(tmp_path, housekeeping_seconds=0.01) as home:
        left = Left(home)
        call = left.a_call(minutes=10)
        async with asyncio.timeout(PATIENCE):
            while left.why(call) is None:
                await asyncio.sleep(0.01)
        assert left.why(call) == "lost"
