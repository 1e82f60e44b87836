"""`rotate-keys`, `rotate-master-key` and `keys`: the keys that everything personal is sealed with."""

import argparse
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from crm.rotation import Rotation, left_by_table
from crm.rotation.run import SETTLE_S
from crm.rotation.tracker import Tracker, TrackerSettings
from crm.settings import CrmSettings
from crm.store import Store
from vault.ring_file import RingFile


def add_to(commands: Any) -> None:
    """Add the commands to the parser."""
    rotate = commands.add_parser("rotate-keys", help="put everything sealed under a new data key, while Careline runs")
    rotate.add_argument(
        "--settle", type=float, default=SETTLE_S, metavar="SECONDS",
        help=f"how long other processes get to notice a changed ring, twice (default {SETTLE_S:g})",
    )  # fmt: skip
    rotate.set_defaults(run=_rotate)
    master = commands.add_parser("rotate-master-key", help="wrap the data keys anew, under a new master key")
    master.set_defaults(run=_rewrap)
    shown = commands.add_parser("keys", help="say which keys there are, and what is still under old ones")
    shown.set_defaults(run=_show)


def _rotate(options: argparse.Namespace) -> None:
    store = Store.from_settings()
    store.vault.refresh(force=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns) as bar:
        task = bar.add_task("renewing", total=None)

        def show(table: str, rows: int) -> None:
            if bar.tasks[task].total is None:
                bar.update(task, total=rows + sum(left_by_table(store).values()))
            bar.update(task, advance=rows, description=table)

        report = Rotation(store, Tracker(TrackerSettings()), options.settle, show).run()
        bar.update(task, description="renewed", completed=sum(report.renewed.values()), total=None)
    if report.resumed:
        print("finished the rotation that an earlier run, or a store older than its ring, had left open")
    for table, rows in sorted(report.renewed.items()):
        print(f"{table}: {rows:,} rows renewed")
    print(f"active key {store.vault.active_key.hex()}; nothing is left under {', '.join(report.dropped)}: dropped")


def _rewrap(_: argparse.Namespace) -> None:
    by, count = RingFile.beside(CrmSettings().key_file).rewrap()
    print(f"{count} data keys are now wrapped by {by}; back up the master key and the ring together")


def _show(_: argparse.Namespace) -> None:
    store = Store.from_settings()
    for key in store.vault.keys:
        print(f"{key.key_id}  {key.state:7} made {key.made}  wrapped by {key.by}")
    for table, rows in left_by_table(store).items():
        print(f"{table}: {rows:,} rows are not under the active key; run rotate-keys")
