"""Waiting for something to happen."""

import asyncio

import pytest

from gateway.news import news


async def test_what_happened_is_told_once():
    event = asyncio.Event()
    event.set()
    await news(event, 60)
    assert not event.is_set()


async def test_nothing_happens_for_so_long():
    await news(asyncio.Event(), 0)


async def test_a_cancellation_that_comes_together_with_the_event_counts():
    event = asyncio.Event()

    async def forever() -> None:
        while True:
            await news(event, 600)

    task = asyncio.create_task(forever())
    await asyncio.sleep(0)
    event.set()
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        async with asyncio.timeout(60):
            await task
