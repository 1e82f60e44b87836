"""How long an offer takes in the action server: `python -m benchmarks.offers [--models FOLDER] [--count 2000]`.

Customers of the store that the environment names, one at a time, in one thread, with the models in use.
"""

import argparse
import time
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path

import numpy as np
from sqlalchemy import select

from crm.domain import Line
from crm.schema import Customer
from crm.store import Store
from models import offers
from models.facts import of_customer
from models.offers_versions import OFFERS
from models.online import Scorer

_WARM = 50


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path, default=OFFERS)
    parser.add_argument("--count", type=int, default=2_000)
    given = parser.parse_args()
    scorer, now = Scorer(given.models), datetime.now(timezone.utc)
    started = time.perf_counter()
    lines = list(scorer.lines())
    print(f"models loaded in {time.perf_counter() - started:.2f} s: {', '.join(line.value for line in lines)}")
    with Store.from_settings().reading() as session:
        ids = session.scalars(select(Customer.id).order_by(Customer.id).limit(given.count)).all()
        people = [of_customer(session, one, now.date()) for one in ids]
        known = [one for one in people if one is not None]
        day = now.date()

        def score(line: Line) -> Callable[[int], object]:
            return lambda at: scorer.score(known[at % len(known)], line, day)

        print(f"{'milliseconds':42} {'p50':>7} {'p95':>7} {'p99':>7}   CPU {'p50':>7} {'p95':>7}")
        for line in lines:
            _print(f"probability and reasons, {line.value}", score(line), given.count)
        _print(
            "probability and reasons, all lines",
            lambda at: [scorer.score(known[at % len(known)], line, day) for line in lines],
            given.count,
        )
        _print(
            "the customer's row from the store",
            lambda at: of_customer(session, ids[at % len(ids)], day),
            given.count,
        )

        def choose(at: int) -> None:
            offers.choose(session, ids[at % len(ids)], now, scorer)
            session.trail.touches.clear()  # a turn is a session of its own; and what is measured is no reading

        _print("choose: rules, row, all lines", choose, given.count)


def _print(name: str, work: Callable[[int], object], count: int) -> None:
    for at in range(_WARM):
        work(at)
    times, cpu = np.empty(count), np.empty(count)
    for at in range(count):
        started, used = time.perf_counter(), time.thread_time()
        work(at)
        times[at], cpu[at] = time.perf_counter() - started, time.thread_time() - used
    p50, p95, p99 = np.percentile(times * 1000, [50, 95, 99])
    c50, c95 = np.percentile(cpu * 1000, [50, 95])
    print(f"{name:42} {p50:7.2f} {p95:7.2f} {p99:7.2f}       {c50:7.2f} {c95:7.2f}")


if __name__ == "__main__":
    main()
