"""`python -m benchmarks.store.imports`: how fast customers of 15 columns come in, beside what stores them in plain.

The known comparison reads the same file with the standard library and inserts it with SQLAlchemy into one table: it
seals, checks, recognises and resumes nothing. Every run has a store of its own, in a folder that is thrown away.
"""

import argparse
import csv
import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from itertools import islice
from pathlib import Path
from time import perf_counter

from sqlalchemy import Column as C
from sqlalchemy import MetaData, String, Table, create_engine, insert

from benchmarks.store import stores
from crm.demo import lists
from crm.importing import Mapping, Options, import_file
from crm.store import Store
from vault import Vault

TARGET = 4_000
HEADER = [
    *("id", "first name", "last name", "date of birth", "email", "mobile", "address", "city", "postcode", "country"),
    *("gender", "marital status", "education", "income", "marketing"),
]
_BATCH = 2_000


def write(path: Path, rows: int) -> None:
    """A file of believable customers."""
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(HEADER)
        for n in range(rows):
            name = lists.person_name(n % 2, n % 7 == 0, n * 7919, n * 104_729)
            at = lists.address(n * 31)
            born = date(1940, 1, 1) + timedelta(days=n * 37 % 24_000)
            out.writerow(
                [f"K{n}", name.given, name.family, born.isoformat(), f"{name.spelled}{n}@example.com",
                 f"+1555{2_000_000 + n % 8_000_000}", at["line"], at["city"], at["postcode"], at["country"],
                 "fm"[n % 2], ("single", "married", "divorced")[n % 3], ("secondary", "bachelor", "master")[n % 3],
                 f"{20_000 + n % 90_000}.50", "yes" if n % 2 else "no"]
            )  # fmt: skip


def ours(path: Path, url: str, folder: Path, workers: int) -> None:
    """One import into a new store."""
    store = Store.open(url, Vault.load(folder / "master.key", environ={}))
    store.migrate()
    options = Options(rejects=folder / "rejects.csv", workers=workers, key_file=folder / "master.key")
    begun, used = perf_counter(), _cpu()
    job = import_file(store, path, Mapping(), options, now=datetime.now(timezone.utc))
    _report(job.created, perf_counter() - begun, _cpu() - used)


def plain(path: Path, url: str) -> None:
    """The comparison: the same file into a table of texts."""
    table = Table("customers", MetaData(), *(C(name.replace(" ", "_"), String(200)) for name in HEADER))
    engine = create_engine(url)
    table.metadata.create_all(engine)
    names = [column.name for column in table.columns]
    begun, used, count = perf_counter(), _cpu(), 0
    with path.open(newline="", encoding="utf-8") as file:
        rows: Iterator[list[str]] = csv.reader(file)
        next(rows)
        while batch := [dict(zip(names, row, strict=True)) for row in islice(rows, _BATCH)]:
            with engine.begin() as connection:
                connection.execute(insert(table), batch)
            count += len(batch)
    _report(count, perf_counter() - begun, _cpu() - used)


def _cpu() -> float:
    """Processor time so far, of this process and of those it started that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def _report(rows: int, seconds: float, cpu: float) -> None:
    print(json.dumps({"rows": rows, "seconds": seconds, "cpu": cpu}))


def _measured(kind: str, path: Path, url: str, folder: Path, workers: int) -> dict[str, float]:
    command = [
        sys.executable,
        "-m",
        "benchmarks.store.imports",
        "--one",
        kind,
        str(path),
        url,
        str(folder),
        str(workers),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.store.imports", description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--workers", type=int, nargs="+", default=[0, 3])
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--one", nargs=5, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        kind, path, url, folder, workers = options.one
        ours(Path(path), url, Path(folder), int(workers)) if kind == "ours" else plain(Path(path), url)
        return
    print(f"{date.today()}, {options.database}, 15 columns")  # noqa: DTZ011
    print("| rows | | rows/s | CPU µs a row | rows/s per busy core | aim |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="careline-bench-") as name:
        folder = Path(name)
        with stores.database(options.database, folder / "store") as url_of:
            for rows in options.rows:
                path = folder / f"{rows}.csv"
                write(path, rows)
                for workers in options.workers:
                    found = _measured("ours", path, url_of(f"ours_{rows}_{workers}"), folder, workers)
                    _print_row(rows, f"import, {workers or 'no'} workers", found)
                _print_row(rows, "plain SQLAlchemy", _measured("plain", path, url_of(f"plain_{rows}"), folder, 0))


def _print_row(rows: int, name: str, found: dict[str, float]) -> None:
    rate, per_core = found["rows"] / found["seconds"], found["rows"] / found["cpu"]
    aim = "" if name.startswith("plain") else f"{TARGET:,}: {'reached' if per_core >= TARGET else 'missed'}"
    micros = 1e6 * found["cpu"] / found["rows"]
    print(f"| {rows:,} | {name} | {rate:,.0f} | {micros:.0f} | {per_core:,.0f} | {aim} |", flush=True)


if __name__ == "__main__":
    main()
