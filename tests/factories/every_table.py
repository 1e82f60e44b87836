"""A row in every table, made from the columns' types alone: what is added later is filled, too."""

from datetime import date, datetime, time, timezone
from typing import Any

from sqlalchemy import Boolean, Column, Connection, Float, Integer, LargeBinary, func, insert, select
from sqlalchemy.types import JSON, Date, Time

from crm.schema import Base
from crm.schema.types import Blind, Code, Sealed, SealedDate, SealedJson, SealedText, UtcDateTime

_MOMENT = datetime(2026, 11, 20, 10, tzinfo=timezone.utc)
_OF_TABLE: dict[str, dict[str, Any]] = {
    "opening_hours": {"branch_id": None},  # either a unit's or a branch's
    "working_hours": {"starts": time(9), "ends": time(17)},
}


def fill(connection: Connection) -> dict[str, int]:
    """Add a row to every table that has none; the number of rows by table."""
    keys: dict[str, dict[str, Any]] = {}
    for table in Base.metadata.sorted_tables:
        row = connection.execute(select(table)).mappings().first()
        if row is None:
            values = {
                column.name: _value(column, keys) for column in table.columns if not _numbered(column)
            } | _OF_TABLE.get(table.name, {})
            connection.execute(insert(table).values(values))
            row = connection.execute(select(table)).mappings().one()
        keys[table.name] = dict(row)
    return counts(connection)


def counts(connection: Connection, tables: Any = None) -> dict[str, int]:
    """The number of rows of every table, or of those that are named."""
    return {
        table.name: connection.scalar(select(func.count()).select_from(table)) or 0
        for table in Base.metadata.sorted_tables
        if tables is None or table.name in tables
    }


def _numbered(column: Column[Any]) -> bool:
    return column is column.table.autoincrement_column


def _value(column: Column[Any], keys: dict[str, dict[str, Any]]) -> Any:
    for key in column.foreign_keys:
        referred = keys.get(key.column.table.name)
        return referred[key.column.name] if referred else None  # a table's own rows: none yet
    kind = column.type
    if isinstance(kind, Code):
        return next(iter(kind.members))
    for types, value in (
        (UtcDateTime, _MOMENT),
        (SealedText, f"sealed {column.name}"),
        (SealedDate, date(1984, 3, 9)),
        (SealedJson, {}),
        (Sealed, b"bytes"),
        (Blind, f"sealed {column.name.removesuffix('_index')}"),
        (Boolean, True),
        (Integer, 1),
        (Float, 1.5),
        (JSON, []),
        (Date, date(2026, 11, 20)),
        (Time, time(9)),
        (LargeBinary, b"bytes"),
    ):
        if isinstance(kind, types):
            return value
    return "x" * min(getattr(kind, "length", None) or 8, 8)
