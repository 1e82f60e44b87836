"""`python -m benchmarks.propensity --rows 10000000 [--data ../shared/data]`."""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from benchmarks.propensity import made, recipes
from models import artefact, scoring
from models.algorithms import ALGORITHMS

AIM_ROWS, AIM_SECONDS = 10_000_000, 60.0
_TABLE = Path("propensity/bank-additional-full.csv")


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.propensity", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="where the public tables lie")
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000], help="sizes to score; 0 scores nothing")
    parser.add_argument("--formats", nargs="+", choices=("csv", "parquet"), default=["csv", "parquet"])
    parser.add_argument("--algorithm", choices=[a.name for a in ALGORITHMS], default="LightGBM")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--folder", type=Path, default=Path("var/bench"), help="where made-up tables go for a while")
    parser.add_argument("--one", type=Path, nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        _one(*options.one)
        return
    print(f"{date.today()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")  # noqa: DTZ011
    _recipes(options)
    if any(options.rows):
        _scale(options)


def _recipes(options: argparse.Namespace) -> None:
    path = options.data / _TABLE
    if not path.is_file():
        print(f"\nskipped: {path} is not there, pass --data")
        return
    for drop in ([], ["duration"]):
        found = recipes.compare(path, "y", drop, options.algorithm, options.folds)
        print(
            f"\nbank marketing{' without duration' if drop else ''}, {options.folds} folds, CPU seconds of one fold\n"
        )
        print(f"| figure | seed | {options.algorithm}, defaults | ours / seed |")
        print("|---|---|---|---|")
        for name in recipes.FIGURES:
            seed, ours = found["seed"][name], found["ours"][name]
            print(f"| {name} | {seed:.4f} | {ours:.4f} | {f'{ours / seed:.2f}' if seed else '-'} |")


def _scale(options: argparse.Namespace) -> None:
    options.folder.mkdir(parents=True, exist_ok=True)
    print("\n| rows | format | seconds | rows a second | CPU seconds | greatest memory, MB | aim |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        artefact.save(folder / "model", made.model(), {})
        for rows in filter(None, options.rows):
            for ending in options.formats:
                _scored(folder, rows, ending)


def _scored(folder: Path, rows: int, ending: str) -> None:
    source, out = folder / f"table.{ending}", folder / f"scores.{ending}"
    made.write(source, rows)
    command = [sys.executable, "-m", "benchmarks.propensity", "--one", str(folder / "model"), str(source), str(out)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds, cpu, memory = map(float, done.stdout.split())
    verdict = "" if rows != AIM_ROWS else f"{AIM_SECONDS:.0f} s: {'reached' if seconds <= AIM_SECONDS else 'missed'}"
    print(f"| {rows:,} | {ending} | {seconds:.1f} | {rows / seconds:,.0f} | {cpu:.1f} | {memory:.0f} | {verdict} |")
    source.unlink()
    out.unlink()


def _one(model: Path, source: Path, out: Path) -> None:
    """Score in a process of its own, so that its memory is that of scoring alone."""
    loaded = artefact.load(model)
    started, busy = time.perf_counter(), time.process_time()
    scoring.score(loaded, source, out)
    used = time.process_time() - busy
    print(time.perf_counter() - started, used, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    main()
