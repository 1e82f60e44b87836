"""An import from its first row to its last, from wherever an interrupted one stopped."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

from sqlalchemy import select

from crm import audit_trail
from crm.bulk import bulk_dialect
from crm.errors import InvalidInput
from crm.importing import jobs
from crm.importing.entities import Entity, Plans, entity
from crm.importing.files import Row, Table, open_table
from crm.importing.jobs import Job
from crm.importing.mapping import Mapping, places
from crm.importing.prepare import Batch, Plan, Prepared, Preparer, prepare_in_worker, start_worker
from crm.importing.rejects import Rejected, Rejects
from crm.importing.writing import Writer
from crm.pool import in_order
from crm.schema import Plan as PlanRow
from crm.schema import Product
from crm.store import Store

BATCH = 2_000
WORTH_WORKERS = 16 << 20  # bytes; below, starting processes costs more than it saves

Progress = Callable[[float, Job], None]

log = logging.getLogger("crm.importing")


@dataclass(frozen=True, slots=True)
class Options:
    """How to import.

    Attributes:
        rejects: where rejected rows go, in the format of the ending.
        workers: processes that check and seal; 0 for none, None to decide by the file's size.
        key_file: where they find the master key; None keeps all work in this process.
        restart: begin at the first row, even if an earlier run was interrupted.
    """

    rejects: Path
    workers: int | None = None
    key_file: Path | None = None
    batch: int = BATCH
    restart: bool = False


def import_file(
    store: Store,
    path: Path,
    mapping: Mapping,
    options: Options,
    *,
    now: datetime,
    progress: Progress = lambda done, job: None,
) -> Job:
    """Bring the rows of a file into a migrated store; how many of them were created, updated, unchanged, rejected.

    Raises:
        InvalidInput: the file or the mapping cannot be used as a whole. A row that cannot is rejected instead.
    """
    what = entity(mapping.entity)
    table = open_table(path, mapping)
    found = places(mapping, table.header, what.fields)
    _check_external_id(what, found)
    plan = Plan(mapping, found, len(table.header), _plans(store, what), now)
    rejects = Rejects(options.rejects)
    done = False
    try:
        job = jobs.open_job(store, path, mapping, restart=options.restart, now=now)
        rejects.resume(job.rejects_bytes)
        writer = Writer(store, what, mapping.source, frozenset(found))
        with store.vault.writing():  # what a worker has sealed is written a while later
            for batch, prepared in _prepared(store, table, plan, job, path, options):
                job = _write(store, writer, rejects, job, batch, prepared)
                progress(table.done(), job)
        rejects.publish(table.header, table.delimiter)
        jobs.finish(store, job, now)
        with store.session() as session:
            audit_trail.note(session, "import", what.table, sorted(found))
        done = True
    finally:
        rejects.close(done=done)
    log.info(
        "imported %s rows: %d created, %d updated, %d unchanged, %d rejected",
        what.name, job.created, job.updated, job.unchanged, job.rejected,
    )  # fmt: skip
    return job


def _write(store: Store, writer: Writer, rejects: Rejects, job: Job, batch: Batch, prepared: Prepared) -> Job:
    """One batch in one transaction; its rejected rows are on disk before it is committed."""
    with store.engine.begin() as connection:
        written = writer.write(connection, prepared)
        rejected: list[Rejected] = [(batch.rows[at].cells, written.refused[at]) for at in sorted(written.refused)]
        job = job.plus(
            created=written.created,
            updated=written.updated,
            unchanged=written.unchanged,
            rejected=len(rejected),
            rejects_bytes=rejects.add(rejected),
        )
        jobs.record(job)(connection)
    return job


def _prepared(
    store: Store, table: Table, plan: Plan, job: Job, path: Path, options: Options
) -> Iterator[tuple[Batch, Prepared]]:
    rows = islice(table.rows, job.rows_done, None)
    batches = _batches(rows, options.batch)
    workers = options.workers
    if options.key_file is None or workers == 0 or (workers is None and path.stat().st_size < WORTH_WORKERS):
        preparer = Preparer(plan, bulk_dialect(store.engine.url, store.vault), store.vault)
        for batch in batches:
            yield batch, preparer.prepare(batch)
        return
    url = store.engine.url.render_as_string(hide_password=False)
    yield from in_order(batches, prepare_in_worker, start_worker, (url, options.key_file, plan), workers)


def _batches(rows: Iterator[Row], size: int) -> Iterator[Batch]:
    while batch := list(islice(rows, size)):
        yield Batch(batch)


def _check_external_id(what: Entity, found: dict[str, int]) -> None:
    if not {"external_id", *what.record.aliases_of_id} & set(found):
        raise InvalidInput(
            "columns",
            "The file has no column of ids (external_id), without which a second import would double its rows; "
            "name one in the mapping, such as `columns: {external_id: email}`.",
        )


def _plans(store: Store, what: Entity) -> Plans:
    """The catalogue, for entities that refer to it."""
    if what.name != "policy":
        return {}
    plans: Plans = {}
    with store.reading() as session:
        query = select(Product.code, Product.line, PlanRow.code, PlanRow.id).join(PlanRow).order_by(PlanRow.id)
        for product, line, plan, plan_id in session.execute(query):
            for name in (product.lower(), line.value):
                plans.setdefault((name, plan.lower()), plan_id)
                plans.setdefault((name, ""), plan_id)
    return plans
