"""`python -m benchmarks.propensity --rows 10000000 [--data ../shared/data]`."""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import polars as pl

from benchmarks.propensity import made, peer, recipes
from models import artefact, scoring
from models.algorithms import ALGORITHMS

AIM_ROWS, AIM_SECONDS = 10_000_000, 60.0
ALIKE = 1e-9  # how far two scores of a row may lie apart
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
    parser.add_argument("--one", nargs=4, help=argparse.SUPPRESS)
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
    print(f"\nload {os.getloadavg()[0]:.1f}; beside pandas, the same model and all cores\n")
    print(
        "| rows | format | seconds | CPU seconds | greatest memory, MB | pandas: seconds | MB | ours / pandas | aim |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        artefact.save(folder / "model", made.model(), {})
        for rows in filter(None, options.rows):
            for ending in options.formats:
                source = folder / f"table.{ending}"
                made.write(source, rows)
                _beside(folder, source, rows)
                source.unlink()


def _beside(folder: Path, source: Path, rows: int) -> None:
    ours, theirs = folder / f"ours{source.suffix}", folder / f"theirs{source.suffix}"
    seconds, cpu, memory = _in_own_process("ours", folder / "model", source, ours)
    waited, _, held = _in_own_process("pandas", folder / "model", source, theirs)
    apart = _apart(ours, theirs)
    if apart > ALIKE:
        raise SystemExit(f"The scores differ by {apart:g}.")
    aim = "" if rows != AIM_ROWS else f"{AIM_SECONDS:.0f} s: {'reached' if seconds <= AIM_SECONDS else 'missed'}"
    print(
        f"| {rows:,} | {source.suffix[1:]} | {seconds:.1f} | {cpu:.1f} | {memory:.0f} | {waited:.1f} | {held:.0f} "
        f"| {seconds / waited:.2f} | {aim} |",
        flush=True,
    )


def _in_own_process(who: str, model: Path, source: Path, out: Path) -> tuple[float, float, float]:
    """Seconds, CPU seconds and greatest memory in MB of a process that does nothing else."""
    command = [sys.executable, "-m", "benchmarks.propensity", "--one", who, str(model), str(source), str(out)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds, cpu, memory = map(float, done.stdout.split())
    return seconds, cpu, memory


def _one(who: str, model: str, source: str, out: str) -> None:
    work = scoring.score if who == "ours" else peer.score
    loaded = artefact.load(Path(model))
    started, busy = time.perf_counter(), time.process_time()
    work(loaded, Path(source), Path(out))
    used = time.process_time() - busy
    print(time.perf_counter() - started, used, _greatest_memory())


def _greatest_memory() -> float:
    """In MB, of this process alone: what `getrusage` tells begins with the memory of the one that started it."""
    status = Path("/proc/self/status")
    if not status.is_file():  # not Linux
        return float("nan")
    peak = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM:"))
    return int(peak.split()[1]) / 1024


def _apart(ours: Path, theirs: Path) -> float:
    """The greatest difference between two files of scores, which are then removed."""
    read = pl.read_csv if ours.suffix == ".csv" else pl.read_parquet
    a, b = read(ours), read(theirs)
    ours.unlink()
    theirs.unlink()
    if not a["customer_id"].cast(pl.String).equals(b["customer_id"].cast(pl.String)):
        raise SystemExit("The files name other rows.")
    return float((a["probability"] - b["probability"]).abs().max())  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
