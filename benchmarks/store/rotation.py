"""`python -m benchmarks.store.rotation`: how fast everything sealed comes under a new data key, and whether that grows.

The known comparison writes the same rows back as they are, in the same batches: what a sweep costs without any key.
"""

import argparse
import resource
import tempfile
from datetime import date
from pathlib import Path
from time import perf_counter

from sqlalchemy import text

from crm.demo import Job, fill
from crm.rotation import Rotation
from crm.rotation.tables import keyed_tables
from crm.schema import Base
from crm.store import Store
from vault import Vault

TARGET = 5_000
_BATCH = 500


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.store.rotation", description=__doc__)
    parser.add_argument("--customers", type=int, nargs="+", default=[2_000, 20_000])
    options = parser.parse_args()
    print(f"{date.today()}, SQLite, one process, aim {TARGET:,} rows/s a core")  # noqa: DTZ011
    print("\n| customers | rows | seconds | rows/s | rows/s a busy core | rewritten as they are, rows/s | ratio |")
    print("|---|---|---|---|---|---|---|")
    for customers in options.customers:
        with tempfile.TemporaryDirectory() as folder:
            _measure(Path(folder), customers)


def _measure(folder: Path, customers: int) -> None:
    key_file = folder / "master.key"
    store = Store.open(f"sqlite:///{folder / 'store.db'}", Vault.load(key_file, environ={}))
    store.migrate()
    fill(store, Job(customers, 1, "2026-11-22"), key_file=key_file, progress=lambda _: None)
    plain_rows, plain_seconds = _rewritten(store)
    begun, used = perf_counter(), _cpu()
    report = Rotation(store, None, settle=0).run()
    seconds, busy = perf_counter() - begun, _cpu() - used
    rows = sum(report.renewed.values())
    plain = plain_rows / plain_seconds
    print(
        f"| {customers:,} | {rows:,} | {seconds:.1f} | {rows / seconds:,.0f} | {rows / busy:,.0f} | {plain:,.0f} "
        f"| {plain / (rows / seconds):.2f} |"
    )
    store.close()


def _rewritten(store: Store) -> tuple[int, float]:
    """The same rows read and written back in the same batches, as the bytes they are."""
    begun, rows = perf_counter(), 0
    for keyed in keyed_tables(Base.metadata, store.engine.dialect.name):
        names = [*keyed.key, *(name for name in keyed.columns if name not in keyed.key)]
        where = " AND ".join(f'"{key}" = :{key}' for key in keyed.key)
        kept = ", ".join(f'"{name}" = :{name}' for name in names if name not in keyed.key)
        kept = kept or f'"{names[0]}" = :{names[0]}'
        columns = ", ".join(f'"{name}"' for name in names)
        with store.engine.connect() as connection:
            found = connection.execute(text(f'SELECT {columns} FROM "{keyed.name}"')).mappings().all()
        for start in range(0, len(found), _BATCH):
            batch = [dict(row) for row in found[start : start + _BATCH]]
            with store.engine.begin() as connection:
                connection.execute(text(f'UPDATE "{keyed.name}" SET {kept} WHERE {where}'), batch)
            rows += len(batch)
    return rows, perf_counter() - begun


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
