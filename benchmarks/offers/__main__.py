"""How long an offer takes in the action server: `python -m benchmarks.offers [--models FOLDER] [--count 2000]`.

Customers of the store that the environment names, one at a time, in one thread, with the models in use.
"""

import argparse
import time
from collections.abc import Callable
from datetime import date, datetime, timezone
from pathlib import Path

import numpy as np
import polars as pl
from sqlalchemy import select

from crm.domain import Line
from crm.schema import Customer
from crm.store import Store
from models import artefact, offers, offers_facts, offers_versions, scoring
from models.facts import Facts, of_customer
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
        ours = _print(
            "probability and reasons, all lines",
            lambda at: [scorer.score(known[at % len(known)], line, day) for line in lines],
            given.count,
        )
        plain = _plain(given.models)
        theirs = _print(
            "the same by predict_proba, no reasons",
            lambda at: [plain(known[at % len(known)], line, day) for line in lines],
            given.count // 10,
        )
        print(f"{'ours / predict_proba':42} {ours[0] / theirs[0]:7.3f} {ours[1] / theirs[1]:7.3f}")
        _print(
            "the customer's row from the store",
            lambda at: of_customer(session, ids[at % len(ids)], day),
            given.count,
        )

        def choose(at: int) -> None:
            offers.choose(session, ids[at % len(ids)], now, scorer)
            session.trail.touches.clear()  # a turn is a session of its own; and what is measured is no reading

        _print("choose: rules, row, all lines", choose, given.count)


def _plain(models: Path) -> Callable[[Facts, Line, date], float]:
    """What one would write by hand: a table of one row, and scikit-learn's `predict_proba`."""
    version = offers_versions.current(models)
    if version is None:
        raise SystemExit(f"{models} holds no models: make them with `python -m models offers fit`.")
    made = {line: artefact.load(version / line.value) for line in offers_versions.lines(version)}

    def score(person: Facts, line: Line, day: date) -> float:
        table = pl.DataFrame([offers_facts.values(person, line, day)])
        return float(scoring.probabilities(made[line], table)[1][0])

    return score


def _print(name: str, work: Callable[[int], object], count: int) -> tuple[float, float]:
    """Measure and print; the p50 and p95 in milliseconds."""
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
    return float(p50), float(p95)


if __name__ == "__main__":
    main()
