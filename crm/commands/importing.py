"""`import` and `export-table`: tables from other systems, and tables for analysis."""

import argparse
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from crm.settings import CrmSettings
from crm.store import Store

if TYPE_CHECKING:
    from crm.importing import Job

BATCH = 2_000
TABLES = ("customers", "policies", "claims", "invoices")


def add_to(commands: Any) -> None:
    """Add the commands to the parser."""
    importer = commands.add_parser(
        "import", help="bring rows of CSV, Excel, JSON lines or Parquet files into the store"
    )
    importer.add_argument("files", nargs="+", type=Path, metavar="FILE")
    importer.add_argument("--mapping", type=Path, help="a YAML file that says which column is what (docs/import.md)")
    importer.add_argument("--rejects", type=Path, help="where rejected rows go (default FILE.rejected.*)")
    importer.add_argument("--workers", type=int, help="worker processes, 0 for none (default: by the file's size)")
    importer.add_argument("--batch", type=int, default=BATCH, help=f"rows a transaction (default {BATCH:,})")
    importer.add_argument("--restart", action="store_true", help="do not continue an interrupted import")
    importer.set_defaults(run=_import)
    table = commands.add_parser("export-table", help="write a table for analysis: pseudonyms instead of persons")
    table.add_argument("entity", choices=TABLES)
    table.add_argument("file", type=Path, metavar="FILE", help=".csv, .jsonl, .parquet or .xlsx")
    table.add_argument("--plain", action="store_true", help="with names, contact data and everything else")
    table.set_defaults(run=_export)


def _import(options: argparse.Namespace) -> int:
    from crm.importing import Options, import_file, load  # readers of files take long to load

    if options.rejects and len(options.files) > 1:
        raise SystemExit("crm: --rejects goes with one file")
    if options.batch < 1 or (options.workers or 0) < 0:
        raise SystemExit("crm: --batch is at least 1 and --workers at least 0")
    mapping = load(options.mapping)
    settings = CrmSettings()
    store = Store.from_settings(settings)
    store.migrate()
    rejected = 0
    for path in options.files:
        how = Options(
            rejects=options.rejects or _beside(path),
            workers=options.workers,
            key_file=settings.key_file,
            batch=options.batch,
            restart=options.restart,
        )
        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
        with Progress(*columns, TextColumn("{task.fields[rows]:,} rows")) as bar:
            task = bar.add_task(path.name, total=1.0, rows=0)

            def show(done: float, job: "Job", bar: Progress = bar, task: Any = task) -> None:
                bar.update(task, completed=done, rows=job.rows_done)

            job = import_file(store, path, mapping, how, now=datetime.now(timezone.utc), progress=show)
            bar.update(task, completed=1.0)
        rejected += job.rejected
        print(_summary(path, how.rejects, job))
    return 2 if rejected else 0


def _summary(path: Path, rejects: Path, job: "Job") -> str:
    said = (
        f"{path.name}: {job.created:,} created, {job.updated:,} updated, {job.unchanged:,} unchanged, "
        f"{job.rejected:,} rejected"
    )
    return f"{said}, with reasons in {rejects}" if job.rejected else said


def _beside(path: Path) -> Path:
    """`customers.rejected.csv` beside `customers.csv`."""
    return path.with_name(f"{path.stem}.rejected{path.suffix}")


def _export(options: argparse.Namespace) -> None:
    from crm import exporting
    from crm.importing.files import kind_of

    store = Store.from_settings()
    kind_of(options.file)
    today = datetime.now(timezone.utc).date()
    with Progress(TextColumn(options.entity), BarColumn(), TextColumn("{task.completed:,} rows")) as bar:
        task = bar.add_task(options.entity, total=None)
        count = exporting.export_table(
            store,
            options.entity,
            options.file,
            plain=options.plain,
            today=today,
            progress=lambda rows: bar.update(task, completed=rows),
        )
    kind = "with personal data: keep it safe" if options.plain else "pseudonyms instead of persons"
    print(f"{options.file}: {count:,} rows, {kind}")
