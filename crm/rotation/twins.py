"""Rows that turn out to be one and the same once both are under the same key.

Two processes may count failures of one subject at the moment a new key becomes active, each under another key, and
so in two rows: no constraint sees that they are the same.
"""

from typing import Any

from sqlalchemy import Connection, delete, select, update

from crm.errors import CrmError
from crm.rotation.tables import KeyedTable, Stored
from crm.schema import MessageToken, VerificationCounter


class TwinRows(CrmError):
    """Two rows hold the same unique value, and nothing says how to make one of them."""


def merge(connection: Connection, table: KeyedTable, row: Stored, renewed: Stored) -> None:
    """Make one row of `row` and the one that has its index under the active key already.

    Raises:
        TwinRows: this table's rows cannot be merged.
    """
    if table.name == VerificationCounter.__tablename__:
        _merge_counters(connection, row[0], renewed[0])
    elif table.name == MessageToken.__tablename__:
        columns = MessageToken.__table__.c
        mine = [columns[name] == value for name, value in zip(table.key, row, strict=False)]
        connection.execute(delete(MessageToken).where(*mine))
    else:
        raise TwinRows(
            f"Two rows of {table.name} hold the same value of a unique column; one of them has the key"
            f" {dict(zip(table.key, row, strict=False))}: correct one of them, then run rotate-keys again."
        )


def _merge_counters(connection: Connection, old: bytes, new: bytes) -> None:
    """The stricter of both counts stays."""
    index = VerificationCounter.subject_index
    fields = (VerificationCounter.failures, VerificationCounter.last_failure_at, VerificationCounter.locked_until)
    query = select(*fields).where(index.in_([old, new])).with_for_update()
    counts = connection.execute(query).all()
    strictest: dict[str, Any] = {
        field.key: max((value for value in values if value is not None), default=None)
        for field, values in zip(fields, zip(*counts, strict=True), strict=True)
    }
    connection.execute(delete(VerificationCounter).where(index == old))
    connection.execute(update(VerificationCounter).where(index == new).values(**strictest))
