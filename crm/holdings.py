"""Everything the store holds on one customer, found by the tables' own references to each other.

A table added later is found without a change here, as long as its rows refer to a customer, or to something of theirs,
and `crm/reference/privacy.yml` says that it belongs to customers.
"""

from collections.abc import Mapping
from datetime import date, datetime, time
from enum import Enum
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Row, Table, and_, or_, select
from sqlalchemy.orm import Session

from crm.retention.rules import rules
from crm.schema import Base
from crm.schema.types import Blind

ROOT = "customers"
_LEFT_OUT = frozenset(
    # Files and sound apart; keys to payment pages never.
    {"attachments.content", "call_audio.sound", "checkouts.reference", "checkouts.url"}
)
_OUTBOX = "outbox_messages"


def collect(session: Session, customer_id: int) -> dict[str, list[dict[str, Any]]]:
    """The rows by table, opened, as JSON can hold them; tables without a row are left out."""
    owned: dict[str, list[Any]] = {}
    held: dict[str, list[dict[str, Any]]] = {}
    for table in Base.metadata.sorted_tables:
        if table.name not in rules().exported:
            continue
        rows = _rows(session, table, owned, customer_id)
        owned[table.name] = [row[0] for row in rows]
        if rows:
            held[table.name] = [_opened(session, table, row) for row in rows]
    return held


def owned_ids(connection: Connection, customer_id: int) -> dict[str, list[Any]]:
    """The primary keys of everything that belongs to a customer, by table, parents before children.

    A conversation in which the customer was verified before somebody else was is theirs, too: their words stand in it.
    Tables whose rows nothing refers to and that have several key columns are left out: they go with their parents.
    """
    owned: dict[str, list[Any]] = {}
    for table in Base.metadata.sorted_tables:
        keys = list(table.primary_key.columns)
        if table.name not in rules().customers or len(keys) > 1:
            continue
        mine = _is_mine(table, keys[0], owned, customer_id)
        found = [] if mine is None else connection.scalars(select(keys[0]).where(mine).order_by(keys[0])).all()
        owned[table.name] = list(found)
        if table.name == "conversations":
            owned[table.name] = sorted({*found, *_conversations_of(connection, customer_id)})
    return owned


def _conversations_of(connection: Connection, customer_id: int) -> set[str]:
    """Conversations that rows of the customer name."""
    named: set[str] = set()
    for table in Base.metadata.sorted_tables:
        if table.name in rules().customers and {"customer_id", "conversation_id"} <= set(table.columns.keys()):
            column = table.c.conversation_id
            if column.foreign_keys:
                query = select(column).where(table.c.customer_id == customer_id, column.is_not(None))
                named.update(connection.scalars(query))
    return named


def _rows(session: Session, table: Table, owned: Mapping[str, list[Any]], customer_id: int) -> list[Row[Any]]:
    key = next(iter(table.primary_key.columns))
    mine = _is_mine(table, key, owned, customer_id)
    if mine is None:
        return []
    if table.name == _OUTBOX:
        mine = and_(mine, table.c.kind != "one_time_code")  # a code that was just sent is for its receiver only
    columns = [column for column in table.columns if column is not key and _shown(column)]
    return list(session.execute(select(key, *columns).where(mine).order_by(key)))


def _is_mine(
    table: Table, key: Column[Any], owned: Mapping[str, list[Any]], customer_id: int
) -> ColumnElement[bool] | None:
    """Rows that name a customer are that customer's; others belong to whom the rows they refer to belong."""
    if table.name == ROOT:
        return key == customer_id
    named = [column == customer_id for column in table.columns if _refers_to(column, ROOT)]
    through = [
        column.in_(owned[reference.column.table.name])
        for column in table.columns
        for reference in column.foreign_keys
        if owned.get(reference.column.table.name) and reference.column.table.name != ROOT
    ]
    if not named:
        return or_(*through) if through else None
    if not table.c.customer_id.nullable or not through:
        return or_(*named)
    return or_(*named, and_(table.c.customer_id.is_(None), or_(*through)))


def _refers_to(column: Column[Any], table: str) -> bool:
    return any(reference.column.table.name == table for reference in column.foreign_keys)


def _shown(column: Column[Any]) -> bool:
    return not isinstance(column.type, Blind) and f"{column.table.name}.{column.name}" not in _LEFT_OUT


def _opened(session: Session, table: Table, row: Row[Any]) -> dict[str, Any]:
    return {name: _readable(session, table.c[name], value) for name, value in row._mapping.items()}


def _readable(session: Session, column: Column[Any], value: Any) -> Any:
    """As JSON can hold it; what refers to something of the insurer's is given its name."""
    for reference in column.foreign_keys:
        table = reference.column.table
        if value is not None and table.name in rules().insurers and "name" in table.c:
            return session.scalar(select(table.c.name).where(reference.column == value))
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value
