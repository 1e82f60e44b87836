"""What a page is told, and when."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from types import SimpleNamespace

import pytest

from gateway.desk.routes_events import Telling
from gateway.live.bus import QUEUE, Event, of_conversation

ME, COLLEAGUE = 7, 8


async def told(news: AsyncIterator[Event], until: str, times: int = 1) -> str:
    """The events of a page of mine, up to the one that begins with a name for the so manieth time."""
    heart = asyncio.create_task(asyncio.Event().wait())
    lines = ""
    telling = Telling(SimpleNamespace(employee_id=ME), apart=0.01)
    try:
        async with aclosing(telling.lines(news, heart)) as coming:
            async for line in coming:
                lines += line
                if lines.count(f"event: {until}\n") == times:
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


def test_the_first_of_many_changes_is_told_at_once_and_the_rest_together():
    lines = asyncio.run(told(events(*[changed(COLLEAGUE)] * 50), "queue", times=2))
    assert lines.count("event: ") == 2


def test_the_queue_is_told_also_while_messages_come_without_a_pause():
    lines = asyncio.run(told(events(*[changed(COLLEAGUE)] * 2, then=message()), "queue", times=2))
    assert lines.count("event: message\n") > 0


def test_a_customers_new_place_is_not_the_desks_business():
    place = Event(of_conversation("a"), {"kind": "place"})
    assert "event: place\n" not in asyncio.run(told(events(place, message()), "message"))
