"""How quick routing and taking are: `python -m benchmarks.queue [--waiting 2000] [--agents 100] [--database postgres]`.

One process, one thread, a store of its own with so many conversations that wait for a person and so many employees at
the desk. Prints milliseconds by the clock and by the process's own time; on a busy machine the second says more.
"""

import argparse
import random
import tempfile
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
from sqlalchemy import select

from benchmarks.store.stores import database
from crm.demo import Job, fill
from crm.domain import HandoffReason, Line, PresenceStatus
from crm.schema import Customer, Employee, EmployeeLanguage, EmployeeSkill
from crm.services import conversations, handoffs, presence, queue
from crm.store import Store
from vault import Vault

NOW = datetime(2026, 11, 20, 16, tzinfo=timezone.utc)  # a Friday at noon where the demo insurer is
DAY = NOW.date().isoformat()
CAPACITY = 2


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--waiting", type=int, default=2_000)
    parser.add_argument("--agents", type=int, default=100)
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, database(given.database, Path(folder)) as url:
        store = Store.open(url("queue"), Vault.load(Path(folder) / "master.key", environ={}))
        store.migrate()
        fill(store, Job(given.waiting, 1, DAY), key_file=None)
        _people_the_desk(store, given.agents)
        _let_wait(store, given.waiting)
        print(f"{given.waiting} wait, {given.agents} employees of {CAPACITY} places, {given.database}")
        print(f"{'milliseconds':44} {'p50':>8} {'p95':>8}   CPU {'p50':>8} {'p95':>8}")
        _measure(store)
        store.close()


def _people_the_desk(store: Store, count: int) -> None:
    """Employees who can do three lines each, every fifth in both languages."""
    draw = random.Random(1)
    with store.session() as session:
        pattern = session.scalars(select(Employee).limit(1)).one()
        for nth in range(count):
            row = Employee(
                unit_id=pattern.unit_id, name=f"Agent {nth}", title="Adviser", email="a@example.com",
                phone="+15550100100", active=True, capacity=CAPACITY,
            )  # fmt: skip
            lines = draw.sample(list(Line), 3)
            row.skills = [EmployeeSkill(skill=s, level=3) for s in ("chat", *(f"policies_{line}" for line in lines))]
            row.languages = [EmployeeLanguage(language=language) for language in ("en", "zh")[: 1 + (nth % 5 == 0)]]
            session.add(row)
            session.flush()
            presence.set(session, row.id, PresenceStatus.AVAILABLE, now=NOW)


def _let_wait(store: Store, count: int) -> None:
    """Customers of the store, each in a conversation of their own, who asked within the last two minutes."""
    draw = random.Random(2)
    with store.session() as session:
        customers = session.scalars(select(Customer.id).limit(count)).all()
        for nth, customer_id in enumerate(customers):
            asked = NOW - timedelta(seconds=draw.randrange(120))
            chat = conversations.open_conversation(
                session, channel="chat", browser=str(nth), language="zh" if nth % 5 == 0 else "en", now=asked
            )
            conversations.conversation_row(session, chat.id).customer_id = customer_id
            handoffs.request(
                session, chat.id, reason=draw.choice(list(HandoffReason)[:3]), summary="wants to talk",
                line=draw.choice([None, *Line]), now=asked,
            )  # fmt: skip


def _measure(store: Store) -> None:
    def route() -> int:
        with store.session() as session:
            return len(handoffs.dispatch(session, now=NOW))

    _print("a pass that changes 40 hand-offs", iter(lambda: _timed(route), None), until=lambda changed: changed == 0)
    with store.reading() as session:
        waiting = queue.waiting(session, now=NOW, limit=10_000)
    offers = [(entry.handoff.id, entry.handoff.offered_to) for entry in waiting if entry.handoff.offered_to]
    others = [entry.handoff.id for entry in waiting if not entry.handoff.offered_to]

    def take(handoff_id: int, employee_id: int) -> Callable[[], object]:
        def taking() -> object:
            with store.session() as session:
                return handoffs.take(session, handoff_id, employee_id, now=NOW)

        return taking

    def free_and_route(handoff_id: int, employee_id: int) -> Callable[[], object]:
        with store.session() as session:
            handoffs.close(session, handoff_id, employee_id, disposition="answered", now=NOW)
        return route

    _print("a pass while offers are open", (_timed(route) for _ in range(50)))
    _print("take", (_timed(take(*offer)) for offer in offers))
    _print("a pass while nobody has room", (_timed(route) for _ in range(50)))
    _print("a pass after one became free", (_timed(free_and_route(*offer)) for offer in offers[:50]))
    _reading(store, others[-1])


def _reading(store: Store, handoff_id: int) -> None:
    def looked(verb: Callable[..., object]) -> Callable[[], object]:
        def look() -> object:
            with store.reading() as session:
                return verb(session)

        return look

    for title, verb in (
        ("the first 100 of the queue", lambda session: queue.waiting(session, now=NOW, limit=100)),
        ("the outlook of one", lambda session: queue.outlook(session, handoff_id, NOW)),
        ("the outlook of all", lambda session: queue.outlooks(session, NOW)),
        ("who is at the desk", lambda session: presence.board(session, NOW)),
    ):
        _print(title, (_timed(looked(verb)) for _ in range(20)))


def _timed(verb: Callable[[], object]) -> tuple[float, float, object]:
    clock, own = time.perf_counter(), time.process_time()
    answer = verb()
    return (time.perf_counter() - clock) * 1000, (time.process_time() - own) * 1000, answer


def _print(
    title: str, runs: Iterable[tuple[float, float, object]], until: Callable[[object], bool] = lambda _: False
) -> None:
    clocks, owns = [], []
    for clock, own, answer in runs:
        if until(answer):
            break
        clocks.append(clock)
        owns.append(own)
    figures = [np.percentile(times, share) for times in (clocks, owns) for share in (50, 95)]
    print("{:44} {:8.1f} {:8.1f}       {:8.1f} {:8.1f}".format(title, *figures), flush=True)


if __name__ == "__main__":
    main()
