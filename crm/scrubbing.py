"""What was deleted is overwritten: in the database file, its write-ahead log, and what PostgreSQL leaves behind."""

import logging
import time
from pathlib import Path

from sqlalchemy import Engine, text

log = logging.getLogger("crm.scrubbing")
_TRIES = 60
_PAUSE_S = 0.25


def scrub(engine: Engine, *, vacuum: bool) -> bool:
    """Overwrite what deleted rows leave behind.

    SQLite zeroes deleted cells as they are deleted (`secure_delete`); the write-ahead log keeps old pages until a
    checkpoint empties it. Copies in pages that were rearranged have not been seen, but are not ruled out: VACUUM
    writes the whole file anew. PostgreSQL keeps dead rows until VACUUM.

    Args:
        vacuum: whether to do what takes time with the size of the store; else only the log is emptied.

    Returns:
        Whether the log could be emptied; a reader that does not end keeps it.
    """
    if engine.dialect.name == "sqlite":
        if vacuum:
            _outside_transaction(engine, "VACUUM")
        return _empty_log(engine)
    if vacuum:
        _outside_transaction(engine, "VACUUM")
    return True


def megabytes(engine: Engine) -> float:
    """The size of a SQLite store's file; 0 for other databases, whose VACUUM holds up nobody."""
    if engine.dialect.name != "sqlite" or not engine.url.database:
        return 0.0
    path = Path(engine.url.database)
    return path.stat().st_size / 2**20 if path.exists() else 0.0


def _outside_transaction(engine: Engine, statement: str) -> None:
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            driver = connection.connection.driver_connection
            driver.execute(statement)  # type: ignore[union-attr]
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(statement))


def _empty_log(engine: Engine) -> bool:
    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        for _ in range(_TRIES):
            busy = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]  # type: ignore[union-attr]
            if not busy:
                return True
            time.sleep(_PAUSE_S)
    log.warning("the write-ahead log could not be emptied: a reader does not end")
    return False
