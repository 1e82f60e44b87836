"""A process of its own for those who only have the chat open or talk with the bot, so that their number does not
delay what is measured beside them. Lines on standard input: `talk SECONDS`, `end`; answers are lines of JSON."""

import asyncio
import json
import sys
import time

from benchmarks.desk.customers import SCRIPT, Customer, every, open_all


async def main(urls: list[str], silent: int, with_bot: int, pause: float) -> None:
    """Open the chats, then do what is asked for."""
    talkers = [Customer(urls[number % len(urls)]) for number in range(with_bot)]
    others = [Customer(urls[number % len(urls)]) for number in range(silent)]
    await open_all([*talkers, *others])
    _tell({"open": silent + with_bot, "sessions": [each.session for each in others[:200]]})
    while True:
        order, _, value = (await asyncio.to_thread(sys.stdin.readline)).strip().partition(" ")
        if order != "talk":
            break
        _tell({"turns": await _talk(talkers, pause, time.monotonic() + float(value))})
    await asyncio.gather(*(each.close() for each in [*talkers, *others]), return_exceptions=True)


async def _talk(talkers: list[Customer], pause: float, until: float) -> list[float]:
    turns: list[float] = []

    async def one(customer: Customer) -> None:
        async def say(number: int) -> None:
            turns.append(await customer.ask(SCRIPT[number % len(SCRIPT)]))

        await every(pause, until, say)

    await asyncio.gather(*map(one, talkers))
    return turns


def _tell(what: dict[str, object]) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1].split(","), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])))
