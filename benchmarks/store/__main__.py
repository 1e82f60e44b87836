"""`python -m benchmarks.store --customers 10000 1000000 [--database postgres]`.

Stores are made once, in `var/bench`, and kept; `--fresh` throws those of the chosen database away.
"""

import argparse
import shutil
from datetime import date
from pathlib import Path

from benchmarks.store import lookups, stores

NAMES = {"verify": "verify by policy number and birth date", "view": "customer 360"}
TARGETS_MS = {"verify": 5.0, "view": 15.0}  # of the 95th percentile
MOST_TIMES_PLAIN = 2.0


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.store", description=__doc__)
    parser.add_argument("--customers", type=int, nargs="+", default=[10_000, 200_000], help="sizes, the smallest first")
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--count", type=int, default=1_000, help="how often each look-up is done (default 1,000)")
    parser.add_argument("--folder", type=Path, default=Path("var/bench"), help="where the stores are kept")
    parser.add_argument("--fresh", action="store_true", help="make the stores anew")
    options = parser.parse_args()
    folder = options.folder.resolve() / options.database
    if options.fresh:
        shutil.rmtree(folder, ignore_errors=True)
    results: dict[int, dict[str, lookups.Times]] = {}
    made: dict[int, dict[str, float]] = {}
    with stores.database(options.database, folder) as url_of:
        for customers in sorted(options.customers):
            with stores.sides(url_of, folder, customers) as (both, made[customers]):
                results[customers] = lookups.measure(both, customers, options.count)
    print(f"{date.today()}, {options.database}, {options.count:,} look-ups of each kind")  # noqa: DTZ011
    _print_lookups(results)
    _print_growth(results)
    for customers, seconds in made.items():
        print(f"stores of {customers:,} customers: " + ", ".join(f"{k} in {s:.0f} s" for k, s in seconds.items()))


def _print_lookups(results: dict[int, dict[str, lookups.Times]]) -> None:
    print("\n| look-up | customers | | sealed, ms | without encryption, ms | ratio | aim |")
    print("|---|---|---|---|---|---|---|")
    for what, name in NAMES.items():
        for customers, times in results.items():
            for label, share in (("p50", 0.5), ("p95", 0.95)):
                sealed, plain, ratio = times[what].row(share)
                aim = "" if label == "p50" else _verdict(sealed <= TARGETS_MS[what] and ratio <= MOST_TIMES_PLAIN, what)
                print(f"| {name} | {customers:,} | {label} | {sealed:.2f} | {plain:.2f} | {ratio:.2f} | {aim} |")
            sealed, plain, ratio = times[what].cpu_row(0.5)
            print(f"| {name} | {customers:,} | CPU p50 | {sealed:.2f} | {plain:.2f} | {ratio:.2f} | |")


def _verdict(reached: bool, what: str) -> str:
    return f"{TARGETS_MS[what]:.0f} ms, {MOST_TIMES_PLAIN:.0f} times: {'reached' if reached else 'missed'}"


def _print_growth(results: dict[int, dict[str, lookups.Times]]) -> None:
    smallest, largest = min(results), max(results)
    if smallest == largest:
        return
    print(f"\n| growth of the p50 from {smallest:,} to {largest:,} customers | sealed | without encryption |")
    print("|---|---|---|")
    for what, name in NAMES.items():
        small, large = results[smallest][what].row(0.5), results[largest][what].row(0.5)
        print(f"| {name} | {large[0] / small[0]:.2f} | {large[1] / small[1]:.2f} |")


if __name__ == "__main__":
    main()
