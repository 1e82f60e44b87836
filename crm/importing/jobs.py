"""How far an import is: it stands in the store, and is committed with the rows it counts."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, insert, select, update

from crm.importing.mapping import Mapping
from crm.schema import ImportJob
from crm.store import Store

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Job:
    """One file on its way in, and what became of its rows so far."""

    id: int
    rows_done: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    rejects_bytes: int = 0

    def plus(self, *, created: int, updated: int, unchanged: int, rejected: int, rejects_bytes: int) -> "Job":
        """The job after another batch."""
        return replace(
            self,
            rows_done=self.rows_done + created + updated + unchanged + rejected,
            created=self.created + created,
            updated=self.updated + updated,
            unchanged=self.unchanged + unchanged,
            rejected=self.rejected + rejected,
            rejects_bytes=rejects_bytes,
        )


def open_job(store: Store, path: Path, mapping: Mapping, *, restart: bool, now: datetime) -> Job:
    """The unfinished job of this file and mapping, or a new one; a finished one begins anew."""
    fingerprint = _fingerprint(path, mapping)
    zeros = {name: 0 for name in ("rows_done", "created", "updated", "unchanged", "rejected", "rejects_bytes")}
    with store.engine.begin() as connection:
        row = connection.execute(select(ImportJob.__table__).where(ImportJob.fingerprint == fingerprint)).one_or_none()
        if row is None:
            values = {**zeros, "fingerprint": fingerprint, "entity": mapping.entity, "source": mapping.source}
            made = connection.execute(
                insert(ImportJob).values(**values, started_at=now, finished_at=None).returning(ImportJob.id)
            )
            return Job(made.scalar_one())
        if restart or row.finished_at is not None:
            begun = update(ImportJob).where(ImportJob.id == row.id)
            connection.execute(begun.values(**zeros, started_at=now, finished_at=None))
            return Job(row.id)
    return Job(row.id, **{name: getattr(row, name) for name in zeros})


def record(job: Job) -> Callable[[Connection], None]:
    """Writes down how far the job is."""
    statement = (
        update(ImportJob)
        .where(ImportJob.id == job.id)
        .values(
            rows_done=job.rows_done,
            created=job.created,
            updated=job.updated,
            unchanged=job.unchanged,
            rejected=job.rejected,
            rejects_bytes=job.rejects_bytes,
        )
    )

    def write(connection: Connection) -> None:
        connection.execute(statement)

    return write


def finish(store: Store, job: Job, now: datetime) -> None:
    """Mark a job as done: the same file imported again is read from its beginning."""
    with store.engine.begin() as connection:
        connection.execute(update(ImportJob).where(ImportJob.id == job.id).values(finished_at=now))


def _fingerprint(path: Path, mapping: Mapping) -> str:
    """Of content and mapping; stored as a blind index, because a digest of a small file can be guessed."""
    digest = hashlib.sha256(mapping.model_dump_json().encode())
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
