"""Whether what is sealed opens with the keys at hand, and is found by its index."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, Connection, Table, func, select, type_coerce
from sqlalchemy.types import NullType

from crm.doctor.findings import Finding, error, warning
from crm.rotation import left_by_table
from crm.schema import Base
from crm.schema.types import Blind, Sealed
from crm.store import Store
from vault import SealError

SAMPLE = 25  # rows from either end of a table
_WIDE = frozenset({"attachments.content"})  # files: two are enough
_SUFFIX = "_index"


def sealed(store: Store) -> Iterator[Finding]:
    """A sample of every sealed column opens."""
    with store.engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            for column in table.columns:
                if isinstance(column.type, Sealed):
                    yield from _unopened(connection, table, column)


def blind(store: Store) -> Iterator[Finding]:
    """A sample of every value with an index is found by it."""
    with store.engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            for column in table.columns:
                value = table.columns.get(column.name.removesuffix(_SUFFIX))
                if isinstance(column.type, Blind) and value is not None and value is not column:
                    yield from _not_found(connection, table, value, column)


def rotation(store: Store) -> Iterator[Finding]:
    """No rotation stopped half way."""
    left = {table: count for table, count in left_by_table(store).items() if count}
    if left:
        yield warning(
            f"{sum(left.values()):,} rows of {len(left)} tables are still under an old key.",
            "Run `python -m crm rotate-keys`; it goes on where it ended.",
        )


def _unopened(connection: Connection, table: Table, column: Column[Any]) -> Iterator[Finding]:
    bad, why = [], ""
    for key, raw in _sample(connection, table, type_coerce(column, NullType()), column):
        try:
            column.type.process_result_value(raw, connection.dialect)  # type: ignore[attr-defined]
        except SealError as wrong:
            bad.append(key)
            why = str(wrong)
        except ValueError:  # it opened, and is not what it should be
            bad.append(key)
            why = f"A value of {column.type.place} cannot be read."  # type: ignore[attr-defined]
    if bad:
        yield error(
            f"{len(bad)} of a sample of {table.name}.{column.name} do not open (rows {_some(bad)}). {why}",
            "With a wrong key, put the right master key and key ring back; with the right one, restore these rows "
            "from a backup.",
        )


def _not_found(connection: Connection, table: Table, value: Column[Any], index: Column[Any]) -> Iterator[Finding]:
    key = next(iter(table.primary_key.columns))
    bad = []
    try:
        for row, plain in list(_sample(connection, table, value, value)):
            found = select(func.count()).where(key == row, index == str(plain))
            if not connection.scalar(found):
                bad.append(row)
    except SealError:
        return  # `sealed` says so
    if bad:
        yield error(
            f"{len(bad)} of a sample of {table.name}.{value.name} are not found by their index (rows {_some(bad)}).",
            f"Write the value of each row again, which makes its {index.name} anew, or restore these rows.",
        )


def _sample(connection: Connection, table: Table, shown: Any, column: Column[Any]) -> Iterator[tuple[Any, Any]]:
    key = next(iter(table.primary_key.columns))
    size = 1 if f"{table.name}.{column.name}" in _WIDE else SAMPLE
    seen = set()
    for order in (key, key.desc()):
        rows = connection.execute(select(key, shown).where(column.is_not(None)).order_by(order).limit(size))
        for row, value in rows:
            if row not in seen:
                seen.add(row)
                yield row, value


def _some(rows: list[Any]) -> str:
    shown = ", ".join(str(row) for row in rows[:3])
    return f"{shown}, …" if len(rows) > 3 else shown
