"""The one writer of a bulk load."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Integer, func, select, text

from crm.bulk import Packed, bulk_dialect, insert_statement
from crm.schema import Base
from crm.store import Store

Write = Callable[[Packed, Callable[[Connection], None]], None]

_LOADING = ("PRAGMA synchronous = OFF", "PRAGMA cache_size = -262144", "PRAGMA foreign_keys = OFF")
_DONE = ("PRAGMA optimize", "PRAGMA wal_checkpoint(TRUNCATE)")


@contextmanager
def bulk_writer(store: Store) -> Iterator[Write]:
    """A function that writes a chunk in one transaction, with what its second argument does in the same one.

    On SQLite the load does without syncing (an interrupted load is continued, a power cut in it is not worth a
    sync a chunk) and without checking the references it has just made.
    """
    with store.engine.connect() as connection:
        on_sqlite = connection.dialect.name == "sqlite"
        driver: Any = connection.connection.driver_connection
        if on_sqlite:
            _run(driver, _LOADING)
        yield _write_to(connection, store)
        if on_sqlite:
            _run(driver, _DONE)
        else:
            _set_sequences(connection)
        connection.invalidate() if on_sqlite else None


def _write_to(connection: Connection, store: Store) -> Write:
    dialect = bulk_dialect(store.engine.url, store.vault)
    statements = {table.name: insert_statement(table.name, dialect) for table in Base.metadata.sorted_tables}

    def write(packed: Packed, also: Callable[[Connection], None]) -> None:
        with connection.begin():
            for table, statement in statements.items():
                if packed.get(table):
                    connection.connection.cursor().executemany(statement, packed[table])
            also(connection)

    return write


def _run(driver: Any, statements: tuple[str, ...]) -> None:
    for statement in statements:
        driver.execute(statement)


def _set_sequences(connection: Connection) -> None:
    """Rows came with ids of their own: let PostgreSQL count on from the highest."""
    with connection.begin():
        for table in Base.metadata.sorted_tables:
            column = table.autoincrement_column
            if column is None or not isinstance(column.type, Integer):
                continue
            highest = connection.scalar(select(func.max(column)))
            if highest is not None:
                sequence = func.pg_get_serial_sequence(table.name, column.name)
                connection.execute(select(func.setval(sequence, highest)))
        connection.execute(text("ANALYZE"))
