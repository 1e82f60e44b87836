"""A row in every table that belongs to customers, filled by the columns' types: a new table is filled, too."""

import secrets
from datetime import time
from typing import Any

from sqlalchemy import Boolean, Column, Connection, Date, DateTime, LargeBinary, Table, Time, insert

from crm.retention.rules import rules
from crm.schema import Base
from crm.schema.types import Blind, Code, Sealed, SealedDate, SealedJson, SealedText, UtcDateTime
from tests.factories.crm import BORN, NOW


def a_whole_person(connection: Connection, mark: str) -> dict[str, Any]:
    """One row in every customer table, and in what those refer to; every readable value holds `mark`.

    Returns:
        The primary key by table.
    """
    made: dict[str, Any] = {}
    for table in Base.metadata.sorted_tables:
        if table.name == "erasures":
            continue  # says that somebody goes, and nothing of them
        if table.name in rules().customers or table.name in _needed():
            made[table.name] = _insert(connection, table, mark, made)
    return made


def _needed() -> set[str]:
    """The insurer's tables that rows of customers need."""
    needed: set[str] = set()
    for table in reversed(Base.metadata.sorted_tables):
        if table.name in rules().customers or table.name in needed:
            needed |= {
                key.column.table.name
                for column in table.columns
                for key in column.foreign_keys
                if not column.nullable and key.column.table.name not in rules().customers
            }
    return needed


def _insert(connection: Connection, table: Table, mark: str, made: dict[str, Any]) -> Any:
    values = {column.name: value for column in table.columns if (value := _value(column, mark, made)) is not None}
    if table.name == "customers":
        values["erased_at"] = None
    return connection.execute(insert(table).values(**values)).inserted_primary_key[0]


def _value(column: Column[Any], mark: str, made: dict[str, Any]) -> Any:
    if column.foreign_keys:
        return made.get(next(iter(column.foreign_keys)).column.table.name)
    if column.primary_key and not isinstance(column.type, Blind):
        return secrets.token_hex(16) if column.type.python_type is str else None
    if column.name in ("erased_at", "finished_at"):
        return None
    return _of_type(column, mark)


def _of_type(column: Column[Any], mark: str) -> Any:
    said = f"{mark} {column.table.name} {column.name}"
    kinds: tuple[tuple[type | tuple[type, ...], Any], ...] = (
        (SealedText, said),
        (SealedJson, {"said": said}),
        (SealedDate, BORN),
        (Sealed, said.encode()),
        (Blind, f"{said} {secrets.token_hex(4)}"),
        (UtcDateTime, NOW),
        (DateTime, NOW),
        (Date, NOW.date()),
        (Time, time(9)),
        (Boolean, True),
        (LargeBinary, b"x"),
    )
    for kind, value in kinds:
        if isinstance(column.type, kind):
            return value
    if isinstance(column.type, Code):
        return list(column.type.members)[-1]
    return secrets.token_hex(8) if column.type.python_type is str else 1


def values_of(connection: Connection, table: Table, key: Any) -> list[Any]:
    """Every value of a row, opened; empty when it is gone."""
    row = connection.execute(table.select().where(next(iter(table.primary_key.columns)) == key)).one_or_none()
    return [] if row is None else list(row)
