"""Rows taken out with everything that depends on them, whatever tables there are.

What refers to a row that goes is let go where it may (the reference becomes NULL), and goes too where it may not.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Column, Connection, Table, delete, select, update

from crm.schema import Base

_AT_ONCE = 500  # values in one IN (...)


def remove(connection: Connection, table: Table, ids: Collection[Any], kept: Collection[str] = ()) -> dict[str, int]:
    """Delete rows of `table` by primary key.

    Args:
        kept: tables of which no row may go; one that refers to a deleted row without being able to let go raises.

    Returns:
        How many rows went, by table.
    """
    gone: dict[str, int] = defaultdict(int)
    for part in _parts(ids):
        _remove(connection, table, part, frozenset(kept), gone)
    return dict(gone)


def _remove(
    connection: Connection, table: Table, ids: Sequence[Any], kept: frozenset[str], gone: dict[str, int]
) -> None:
    for child, column in _references_to(table.name):
        if child is table:
            continue
        if column.nullable:
            connection.execute(update(child).where(column.in_(ids)).values({column.name: None}))
        elif child.name in kept:
            if connection.scalar(select(column).where(column.in_(ids)).limit(1)) is not None:
                raise ValueError(f"Rows of {child.name} are kept and need the rows of {table.name} that were to go.")
        elif _is_referred_to(child):
            key = next(iter(child.primary_key.columns))
            for part in _parts(connection.scalars(select(key).where(column.in_(ids))).all()):
                _remove(connection, child, part, kept, gone)
        else:
            gone[child.name] += connection.execute(delete(child).where(column.in_(ids))).rowcount
    key = next(iter(table.primary_key.columns))
    gone[table.name] += connection.execute(delete(table).where(key.in_(ids))).rowcount


def _references_to(name: str) -> list[tuple[Table, Column[Any]]]:
    return [
        (table, column)
        for table in reversed(Base.metadata.sorted_tables)
        for column in table.columns
        if any(key.column.table.name == name for key in column.foreign_keys)
    ]


def _is_referred_to(table: Table) -> bool:
    return bool(_references_to(table.name))


def _parts(ids: Collection[Any]) -> list[list[Any]]:
    every = list(ids)
    return [every[start : start + _AT_ONCE] for start in range(0, len(every), _AT_ONCE)]
