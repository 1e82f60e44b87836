"""Waiting for something to happen, but not for ever."""

import asyncio
from contextlib import suppress


async def news(event: asyncio.Event, at_most: float) -> None:
    """Return when `event` is set, or after `at_most` seconds; either way it is not set any more.

    Not `asyncio.wait_for`: until Python 3.12 it forgets a cancellation that comes together with the event, and whoever
    waits in a loop can then never be stopped.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(at_most):
            await event.wait()
    event.clear()
