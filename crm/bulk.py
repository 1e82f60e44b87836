"""Rows on their way into the database in bulk, sealed where they are made and not by the one writer."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from sqlalchemy import Dialect, Table, insert
from sqlalchemy.engine import URL
from sqlalchemy.types import TypeEngine

from crm.schema import Base
from crm.schema.types import Blind, Sealed, bind_vault
from vault import Vault

Packed = dict[str, list[tuple[Any, ...]]]
_PLACEHOLDERS = {"sqlite": "qmark", "postgresql": "format"}


def bulk_dialect(url: URL, vault: Vault) -> Dialect:
    """A dialect with positional parameters that seals with `vault`; it needs no connection."""
    dialect_class: Any = url.get_dialect()
    dialect: Dialect = dialect_class(
        dbapi=dialect_class.import_dbapi(), paramstyle=_PLACEHOLDERS[url.get_backend_name()]
    )
    bind_vault(dialect, vault)
    return dialect


def insert_statement(table: str, dialect: Dialect) -> str:
    """The INSERT of every column of `table`, in the columns' order."""
    return str(insert(Base.metadata.tables[table]).compile(dialect=dialect))


class Rows:
    """Collects rows, each turned into what the driver takes by the columns' own types."""

    def __init__(self, dialect: Dialect) -> None:
        self.packed: Packed = defaultdict(list)
        self._dialect = dialect
        self._columns: dict[str, list[tuple[str, Any]]] = {}

    def add(self, table: str, **values: Any) -> None:
        """Add a row; columns that are not named become NULL."""
        columns = self._columns.get(table) or self._learn(Base.metadata.tables[table])
        self.packed[table].append(
            tuple(process(values.get(name)) if process else values.get(name) for name, process in columns)
        )

    def _learn(self, table: Table) -> list[tuple[str, Any]]:
        columns = [(column.name, self._processor(column.type)) for column in table.columns]
        self._columns[table.name] = columns
        return columns

    def _processor(self, kind: TypeEngine[Any]) -> Callable[[Any], Any] | None:
        """What the type does to a value; sealed bytes stay bytes, as a driver's own wrapper cannot travel."""
        dialect = self._dialect
        if isinstance(kind, Sealed | Blind):
            return lambda value: kind.process_bind_param(value, dialect)
        return kind.dialect_impl(dialect).bind_processor(dialect)
