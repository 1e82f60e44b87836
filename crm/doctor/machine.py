"""What the store stands on: its file, its log, its disk."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import DatabaseError, OperationalError

from crm.doctor.findings import Finding, error, warning
from crm.store import Store

MOST_LOG = 256 * 2**20  # bytes of write-ahead log; it is usually 4 MB
LEAST_SPACE = 100 * 2**20
GOOD_SPACE = 2**30


def file(store: Store) -> Iterator[Finding]:
    """The database file is whole; PostgreSQL looks after its own."""
    if store.engine.dialect.name != "sqlite":
        return
    try:
        with store.engine.connect() as connection:
            said = connection.scalars(text("PRAGMA quick_check(1)")).first()
    except OperationalError:  # it is locked or cannot be reached: that says nothing about what is in it
        raise
    except DatabaseError:
        said = "cannot even be read"
    if said != "ok":
        yield error("The database file is damaged.", "Stop Careline and restore the last backup.")


def log(store: Store) -> Iterator[Finding]:
    """SQLite's write-ahead log is used, and goes back into the database now and then."""
    path = _path(store)
    if path is None:
        return
    with store.engine.connect() as connection:
        mode = connection.scalar(text("PRAGMA journal_mode"))
    if mode != "wal":
        yield warning(f"The journal mode is {mode}: readers wait for writers.", "Put the file on a local disk.")
    wal = path.with_name(f"{path.name}-wal")
    size = wal.stat().st_size if wal.exists() else 0
    if size > MOST_LOG:
        yield warning(
            f"The write-ahead log has grown to {_mb(size)}.",
            "Something keeps a reading transaction open: restart Careline, then run "
            "`PRAGMA wal_checkpoint(TRUNCATE)` in the database.",
        )


def space(store: Store, folder: Path) -> Iterator[Finding]:
    """There is room to go on, and for a copy of the database."""
    path = _path(store)
    place = path.parent if path else folder
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    needed = max(GOOD_SPACE, path.stat().st_size if path and path.exists() else 0)
    if free < LEAST_SPACE:
        yield error(f"Only {_mb(free)} are free on the disk of {place}.", "Make room now: writes are about to fail.")
    elif free < needed:
        yield warning(
            f"{_mb(free)} are free on the disk of {place}; a copy of the store needs {_mb(needed)}.",
            "Make room, or move CARELINE_VAR to a larger disk.",
        )


def _path(store: Store) -> Path | None:
    """The database's file, if it is one."""
    name = store.engine.url.database
    return Path(name) if store.engine.dialect.name == "sqlite" and name and name != ":memory:" else None


def _mb(size: int) -> str:
    return f"{size / 2**20:,.0f} MB"
