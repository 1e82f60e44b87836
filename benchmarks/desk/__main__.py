"""`.venv/bin/python -m benchmarks.desk [--scale 0.25] [--database postgres]`: the staff desk under load.

At scale 1: 2,000 open chats, of which 600 talk with the bot (a message each 15 s) and 200 with 100 agents (a message
each 10 s both ways), in front of two gateways. Prints one table: the aims, our desk, and the same desk whose pages ask
every 2 s instead of being told.
"""

import argparse
import asyncio
import contextlib
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import psutil

from benchmarks.desk.agents import POLLED, Desk, Timings
from benchmarks.desk.customers import Customer, Heard, every, open_all
from benchmarks.desk.site import Agent, Site, site

AIMS = {"customer's words on the agent's screen, p95": 300, "take, p95": 100}
BETWEEN = {"person": 10.0, "bot": 15.0}  # seconds between two messages of one customer, and of one agent to each
AGENTS, OPEN, WITH_BOT, WITH_PERSON = 100, 2_000, 600, 200


@dataclass
class Numbers:
    """How many of each there are."""

    agents: int
    open: int
    with_bot: int
    with_person: int

    @classmethod
    def of(cls, scale: float) -> "Numbers":
        """At a scale; at least one agent with two customers."""
        agents = max(1, round(AGENTS * scale))
        with_bot = max(1, round(WITH_BOT * scale))
        with_person = agents * WITH_PERSON // AGENTS
        return cls(agents, max(round(OPEN * scale), with_bot + 2 * with_person), with_bot, with_person)


@dataclass
class Run:
    """What one way of the desk's pages came to."""

    timings: Timings = field(default_factory=Timings)
    to_agent: Heard = field(default_factory=Heard)
    to_customer: Heard = field(default_factory=Heard)
    turns: list[float] = field(default_factory=list)
    cpu: dict[str, float] = field(default_factory=dict)
    machine: float = 0.0
    failures: list[str] = field(default_factory=list)


class Crowd:
    """The process with those who are silent or talk with the bot."""

    def __init__(self, made: Site, silent: int, with_bot: int) -> None:
        urls = ",".join(made.url(number) for number in range(len(made.ports)))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.desk.crowd", urls, str(silent), str(with_bot), str(BETWEEN["bot"])],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        made.ends.callback(self._process.kill)
        self.process = psutil.Process(self._process.pid)

    async def ask(self, order: str = "") -> dict[str, Any]:
        """Give an order and wait for what came of it; without one, for what comes first."""
        if order:
            assert self._process.stdin is not None
            self._process.stdin.write(order + "\n")
            self._process.stdin.flush()
        assert self._process.stdout is not None
        line = await asyncio.to_thread(self._process.stdout.readline)
        if not line:
            raise SystemExit("the process with the crowd ended; what it said stands above")
        return json.loads(line)


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="of the numbers above")
    parser.add_argument("--seconds", type=float, default=60, help="measured, of each way")
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="postgres")
    parser.add_argument("--redis", action="store_true", help="tell through Redis; always on SQLite with two gateways")
    parser.add_argument("--gateways", type=int, default=2)
    parser.add_argument("--rasas", type=int, default=2)
    parser.add_argument("--no-peer", action="store_true", help="leave out the desk that polls")
    given = parser.parse_args()
    numbers = Numbers.of(given.scale)
    redis = given.redis or (given.database == "sqlite" and given.gateways > 1)
    with (
        tempfile.TemporaryDirectory(prefix="careline-desk-") as folder,
        site(Path(folder), kind=given.database, gateways=given.gateways, rasas=given.rasas, redis=redis, customers=50)
        as made,
    ):  # fmt: skip
        runs = asyncio.run(_measure(made, numbers, given.seconds, peer=not given.no_peer))
    bus = "Redis" if redis else "PostgreSQL" if given.database == "postgres" else "in-process"
    _print(numbers, runs, given, bus)


async def _measure(made: Site, numbers: Numbers, seconds: float, *, peer: bool) -> list[Run]:
    crowd = Crowd(made, numbers.open - numbers.with_bot - numbers.with_person * 2, numbers.with_bot)
    await crowd.ask()
    agents = made.agents(numbers.agents)
    supervisor = made.supervisor()
    runs = []
    for live in (True, False)[: 1 + peer]:
        async with _house(made, numbers, agents, supervisor, live=live) as (run, house):
            await _load(made, crowd, run, house, seconds)
        runs.append(run)
        print(f"{'told' if live else 'polling'}: {len(run.to_agent.seen)} words seen, "
              f"{len(run.failures)} failures {run.failures[:3]}", file=sys.stderr, flush=True)  # fmt: skip
    return runs


@dataclass
class House:
    """Who is there in one run: each talk is (desk, customer); `spare` are hand-offs that nobody has taken yet."""

    desks: list[Desk]
    talks: list[tuple[Desk, Customer]]
    spare: list[int]


@contextlib.asynccontextmanager
async def _house(
    made: Site, numbers: Numbers, agents: Sequence[Agent], supervisor: Agent, *, live: bool
) -> AsyncIterator[tuple[Run, House]]:
    """Customers who have been taken by agents, and as many who still wait, with everybody's pages open."""
    run = Run()
    count = numbers.with_person
    customers = [Customer(made.url(number), run.to_customer) for number in range(2 * count)]
    await open_all(customers)
    handoffs = await asyncio.to_thread(made.wishes, [each.session for each in customers])
    # A colleague's page is at another gateway than their customer's chat, as often as not.
    desks = [Desk(made.url(number // 2), agent, run.to_agent, run.timings, live) for number, agent in enumerate(agents)]
    talks = [(desks[number % len(desks)], customers[number]) for number in range(count)]
    for number, (desk, customer) in enumerate(talks):
        await desk.take(handoffs[number])
        await desk.open_conversation(customer.session)
    chief = Desk(made.url(0), supervisor, Heard(), run.timings, live)
    await chief.open_board()
    run.timings.of.clear()
    try:
        yield run, House([*desks, chief], talks, handoffs[count:])
    finally:
        for desk in [*desks, chief]:
            await desk.leave()
        await asyncio.gather(*(each.close() for each in customers), return_exceptions=True)
        await asyncio.to_thread(made.end_all)


async def _load(made: Site, crowd: Crowd, run: Run, house: House, seconds: float) -> None:
    """Everybody talks, and those who wait are taken one after the other."""
    before, began = made.cpu(), time.monotonic()
    own = {"this": psutil.Process(), "crowd": crowd.process}
    own_before = {name: sum(process.cpu_times()[:2]) for name, process in own.items()}
    busy = _busy_machine()
    until = began + seconds
    talking = asyncio.create_task(crowd.ask(f"talk {seconds}"))
    work = [_talk(run, desk, customer, until) for desk, customer in house.talks]
    work.append(_takes(run, house, until))
    await asyncio.gather(*work)
    run.turns = (await talking)["turns"]
    took = time.monotonic() - began
    run.cpu = {kind: (used - before[kind]) / took for kind, used in made.cpu().items()}
    run.cpu["customers and agents of the benchmark"] = sum(
        sum(process.cpu_times()[:2]) - own_before[name] for name, process in own.items()
    ) / took  # fmt: skip
    run.machine = (_busy_machine() - busy) / took


async def _talk(run: Run, desk: Desk, customer: Customer, until: float) -> None:
    async def customer_says(_: int) -> None:
        with _noted(run):
            await customer.say(f"one more question {run.to_agent.say()}")

    async def agent_says(_: int) -> None:
        with _noted(run):
            await desk.say(customer.session, f"one moment please {run.to_customer.say()}")

    await asyncio.gather(every(BETWEEN["person"], until, customer_says), every(BETWEEN["person"], until, agent_says))


async def _takes(run: Run, house: House, until: float) -> None:
    """Those who wait are taken at even intervals by one agent after the other; one that is slow holds up no other,
    else most of them would be taken when the load is over."""
    began = time.monotonic()
    pause = (until - began) / (len(house.spare) + 1)

    async def take(number: int, handoff: int) -> None:
        await asyncio.sleep(began + (number + 1) * pause - time.monotonic())
        with _noted(run):
            await house.desks[number % (len(house.desks) - 1)].take(handoff)

    await asyncio.gather(*(take(number, handoff) for number, handoff in enumerate(house.spare)))


@contextlib.contextmanager
def _noted(run: Run) -> Any:
    """A failure is counted, and ends nothing."""
    try:
        yield
    except Exception as error:
        run.failures.append(f"{type(error).__name__}: {error}")


def _busy_machine() -> float:
    """Processor seconds of the whole machine that were not idle."""
    times = psutil.cpu_times()
    return sum(times) - times.idle - times.iowait - times.guest - times.guest_nice


def _rows(run: Run) -> dict[str, float]:
    """Milliseconds, and processors used."""
    rows: dict[str, float] = {}
    of = run.timings.of
    for name, seconds in (
        ("customer's words on the agent's screen", run.to_agent.seen),
        ("agent's words in the customer's chat", run.to_customer.seen),
        ("take", of.get("take", [])),
        ("say", of.get("say", [])),
        ("messages that the page had to ask for", of.get("new messages", [])),
        ("suggested replies read", of.get("suggestions", [])),
        ("list of customers read", of.get("list of customers", [])),
        ("board refreshed", of.get("board", [])),
        ("the bot's turn", run.turns),
    ):
        rows |= {f"{name}, p{share}": 1000 * _percentile(seconds, share) for share in (50, 95)}
        rows[f"{name}, how often"] = len(seconds)
    rows["never seen, or refused"] = len(run.to_agent.said) + len(run.to_customer.said) + len(run.failures)
    rows |= {f"processors: {kind}": used for kind, used in run.cpu.items()}
    rows["processors: the whole machine"] = run.machine
    return rows


def _percentile(seconds: Sequence[float], share: int) -> float:
    if len(seconds) < 2:
        return seconds[0] if seconds else float("nan")
    return statistics.quantiles(seconds, n=100, method="inclusive")[share - 1]


def _print(numbers: Numbers, runs: list[Run], given: argparse.Namespace, bus: str) -> None:
    print(
        f"\n{datetime.now(timezone.utc):%Y-%m-%d}, {os.cpu_count()} processors, Python {platform.python_version()}, "
        f"scale {given.scale:g}: {numbers.agents} agents, {numbers.open:,} open chats, {numbers.with_person} with a "
        f"person, {numbers.with_bot} with the bot; {given.gateways} gateways, {given.rasas} Rasa processes, "
        f"{given.database}, events by {bus}; load of the machine at the end {os.getloadavg()[0]:.1f}\n"
    )
    columns = [_rows(run) for run in runs]
    heads = ["ours", f"asking every {POLLED:g} s"][: len(columns)]
    print(f"| milliseconds | aim | {' | '.join(heads)} |\n|---|---|{'---|' * len(columns)}")
    for name in columns[0]:
        digits = 2 if name.startswith("processors") else 0
        cells = [f"{column.get(name, float('nan')):,.{digits}f}" for column in columns]
        print(f"| {name} | {AIMS.get(name, '')} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
