"""Which columns of a table are under keys, and the statements that read and renew them as they are stored."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, MetaData, Table, text

from crm.schema.types import Blind, Sealed
from vault import Vault
from vault.vault import INDEX_BYTES

Stored = tuple[Any, ...]

_SAME = {"sqlite": "IS", "postgresql": "IS NOT DISTINCT FROM"}
_PLACEHOLDER = {"sqlite": "?", "postgresql": "%s"}
_HEADER_BYTES = 5
_ID_BYTES = 4


class KeyedTable:
    """A table with sealed or blind columns.

    A stored row is a tuple: the primary key's columns, then the keyed ones, all as the database holds them.

    Attributes:
        name: the table's.
        key: names of the primary key's columns.
        columns: names of the sealed and blind columns, those of the primary key among them.
    """

    def __init__(self, table: Table, dialect: str) -> None:
        self.name = table.name
        self.key = [column.name for column in table.primary_key.columns]
        keyed = [column for column in table.columns if isinstance(column.type, Sealed | Blind)]
        self.columns = [column.name for column in keyed]
        self.holds_files = any(type(column.type) is Sealed for column in keyed)
        self._blind = [isinstance(column.type, Blind) for column in keyed]
        self._places = [f"{table.name}.{column.name}" for column in keyed]
        self._dialect = dialect

    def renewed(self, row: Stored, vault: Vault) -> Stored | None:
        """The keyed columns of a row under the active key; None when they are already. Raises `vault.SealError`."""
        stored = row[len(self.key) :]
        new = [
            value if value is None else (vault.reindex if blind else vault.reseal)(bytes(value), place)
            for value, blind, place in zip(stored, self._blind, self._places, strict=True)
        ]
        if all(value is None for value in new):
            return None
        return tuple(old if value is None else value for old, value in zip(stored, new, strict=True))

    def read(self, connection: Connection, vault: Vault, after: Stored | None, limit: int) -> Sequence[Stored]:
        """The next rows by primary key that are not under the active key."""
        start = (
            f"({self._list(self.key)}) > ({', '.join(f':k{n}' for n in range(len(self.key)))}) AND " if after else ""
        )
        query = (
            f"SELECT {self._list([*self.key, *self.columns])} FROM {_quoted(self.name)}"  # noqa: S608 -- our names
            f" WHERE {start}({self._outdated}) ORDER BY {self._list(self.key)} LIMIT :limit"
        )
        keys = {f"k{number}": value for number, value in enumerate(after or ())}
        found = connection.execute(text(query), {**keys, **_under(vault), "limit": limit})
        return [tuple(row) for row in found]

    def left(self, connection: Connection, vault: Vault) -> int:
        """How many rows are not under the active key."""
        query = f"SELECT count(*) FROM {_quoted(self.name)} WHERE {self._outdated}"  # noqa: S608
        return int(connection.execute(text(query), _under(vault)).scalar_one())

    @cached_property
    def update(self) -> str:
        """Sets the keyed columns of one row, if it is still as it was read: for `parameters`."""
        mark, same = _PLACEHOLDER[self._dialect], _SAME[self._dialect]
        values = ", ".join(f"{_quoted(name)} = {mark}" for name in self.columns)
        unchanged = " AND ".join(
            [f"{_quoted(name)} = {mark}" for name in self.key]
            + [f"{_quoted(name)} {same} {mark}" for name in self.columns]
        )
        return f"UPDATE {_quoted(self.name)} SET {values} WHERE {unchanged}"  # noqa: S608

    def parameters(self, row: Stored, renewed: Stored) -> Stored:
        """What `update` takes, in order."""
        return (*renewed, *row)

    @cached_property
    def _outdated(self) -> str:
        return " OR ".join(
            f"substr({column}, 1, {_ID_BYTES}) <> :key_id OR length({column}) <> {INDEX_BYTES}"
            if blind
            else f"substr({column}, 1, {_HEADER_BYTES}) <> :header"
            for column, blind in zip(map(_quoted, self.columns), self._blind, strict=True)
        )

    def _list(self, names: Sequence[str]) -> str:
        return ", ".join(map(_quoted, names))


def keyed_tables(metadata: MetaData, dialect: str) -> list[KeyedTable]:
    """Every table that has something to renew."""
    tables = [KeyedTable(table, dialect) for table in metadata.sorted_tables]
    return [table for table in tables if table.columns]


def _under(vault: Vault) -> dict[str, bytes]:
    return {"key_id": vault.active_key, "header": b"\x01" + vault.active_key}


def _quoted(name: str) -> str:
    return f'"{name}"'
