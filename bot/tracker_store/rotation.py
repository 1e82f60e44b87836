"""Stored conversations brought under the active data key, a few rows at a time, as they are stored."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.tracker_store.errors import UnreadableConversation
from bot.tracker_store.schema import TABLES
from vault import SealError, Vault
from vault.vault import INDEX_BYTES

_HEADER_BYTES = 5
_ID_BYTES = 4
_KEYED = ("data", "message")


def left(connection: Connection, vault: Vault) -> int:
    """How many rows of all tables are not under the active key."""
    counts = [sa.select(sa.func.count()).select_from(table).where(_outdated(table, vault)) for table in TABLES]
    return sum(int(connection.execute(count).scalar() or 0) for count in counts)


@dataclass(frozen=True)
class Place:
    """How far a pass over the tables has come: `key` is the primary key of the last row that was looked at."""

    table: int = 0
    key: tuple[Any, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """For the one who asks for the next rows."""
        return {"table": self.table, "key": [part.hex() if isinstance(part, bytes) else part for part in self.key]}

    @classmethod
    def from_json(cls, given: Any) -> "Place":
        """The place again. Raises ValueError when it is not one."""
        try:
            table, key = int(given["table"]), list(given["key"])
            columns = list(TABLES[table].primary_key.columns)
            if key and len(key) != len(columns):
                raise ValueError
            parts = zip(key, columns, strict=False)
            return cls(table, tuple(bytes.fromhex(k) if isinstance(c.type, sa.LargeBinary) else k for k, c in parts))
        except (KeyError, TypeError, IndexError, ValueError):
            raise ValueError("after must be what the last answer called next.") from None


def renew(connection: Connection, vault: Vault, limit: int, after: Place) -> tuple[int, Place | None]:
    """Renew the next rows, at most `limit`, that are not under the active key; how many, and where to go on.

    A row that was changed since it was read stays as it is, to be found by the next pass.

    Raises:
        UnreadableConversation: a row does not open.
    """
    table = TABLES[after.table]
    key = list(table.primary_key.columns)
    query = sa.select(*table.c).where(_outdated(table, vault)).order_by(*key).limit(limit)
    if after.key:
        query = query.where(
            sa.tuple_(*key) > sa.tuple_(*(sa.literal(k, c.type) for k, c in zip(after.key, key, strict=True)))
        )
    rows = connection.execute(query).mappings().all()
    for row in rows:
        _renew_row(connection, table, row, vault)
    if rows:
        return len(rows), Place(after.table, tuple(rows[-1][column.name] for column in key))
    return 0, Place(after.table + 1) if after.table + 1 < len(TABLES) else None


def _renew_row(connection: Connection, table: sa.Table, row: Any, vault: Vault) -> None:
    column = _keyed_column(table)
    stored = bytes(row[column.name])
    try:
        renewed = (vault.reindex if column.name == "message" else vault.reseal)(stored, f"{table.name}.{column.name}")
    except SealError as error:
        raise UnreadableConversation(f"A row of {table.name} cannot be renewed: {error}") from error
    unchanged = [key == row[key.name] for key in table.primary_key.columns if key is not column]
    if renewed is not None:
        connection.execute(sa.update(table).where(*unchanged, column == stored).values({column.name: renewed}))


def _outdated(table: sa.Table, vault: Vault) -> Any:
    column = _keyed_column(table)
    key_id = vault.active_key
    if column.name == "message":
        return sa.or_(_begins(column, _ID_BYTES) != key_id, sa.func.length(column) != INDEX_BYTES)
    return _begins(column, _HEADER_BYTES) != b"\x01" + key_id


def _begins(column: Any, count: int) -> Any:
    return sa.func.substr(column, 1, count, type_=sa.LargeBinary)


def _keyed_column(table: sa.Table) -> Any:
    return next(table.c[name] for name in _KEYED if name in table.c)
