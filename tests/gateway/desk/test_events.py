"""What a page is told, and when."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from gateway.desk import routes_events
from gateway.live.bus import QUEUE, Event, of_conversation

ME, COLLEAGUE = 7, 8


async def told(news: AsyncIterator[Event], until: str) -> str:
    """The events of a page of mine, up to the one that begins with a name."""
    heart = asyncio.create_task(asyncio.Event().wait())
    lines = ""
    try:
        async with aclosing(routes_events._lines(news, heart, ME)) as coming:
            async for line in coming:
                lines += line
                if f"event: {until}\n" in lines:
                    return lines
    finally:
        heart.cancel()
    return lines


async def events(*first: Event, then: Event | None = None) -> AsyncIterator[Event]:
    """These events; after them nothing, or one without end."""
    for event in first:
        yield event
    while then:
        await asyncio.sleep(0)
        yield then
    await asyncio.Event().wait()


def changed(employee_id: int | None) -> Event:
    return Event(QUEUE, {"kind": "changed", "employee": employee_id})


def message() -> Event:
    return Event(of_conversation("a"), {"kind": "message", "seq": 1})


def test_a_change_of_my_own_customer_is_told_as_mine():
    assert "event: mine\n" in asyncio.run(told(events(changed(ME)), "queue"))


@pytest.mark.parametrize("whose", [COLLEAGUE, None])
def test_a_change_of_somebody_elses_customer_is_not(whose):
    assert "event: mine\n" not in asyncio.run(told(events(changed(whose)), "queue"))


def test_many_changes_within_a_moment_are_one_event():
    lines = asyncio.run(told(events(*[changed(COLLEAGUE)] * 50), "queue"))
    assert lines.count("event: queue\n") == 1


def test_the_queue_is_told_also_while_messages_come_without_a_pause():
    lines = asyncio.run(told(events(changed(COLLEAGUE), then=message()), "queue"))
    assert lines.count("event: queue\n") == 1
