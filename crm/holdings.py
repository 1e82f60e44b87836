"""Everything the store holds on one customer, found by the tables' own references to each other.

A table added later is found without a change here, as long as its rows refer to a customer, or to something of theirs.
"""

from collections.abc import Mapping
from datetime import date, datetime, time
from enum import Enum
from typing import Any

from sqlalchemy import Column, ColumnElement, Row, Table, and_, or_, select
from sqlalchemy.orm import Session

from crm.schema import Base
from crm.schema.types import Blind

ROOT = "customers"
# The insurer's own: nothing about a customer.
INSURERS = frozenset(
    {"branches", "business_information", "closed_days", "employee_languages", "employee_skills", "employees"}
    | {"opening_hours", "plan_coverages", "plans", "products", "units", "absences", "working_hours", "teams"}
    | {"team_members", "product_sheets", "key_figures"}
)
# Kept to make the system safe, nothing that is not elsewhere, or not readable by anybody.
TECHNICAL = frozenset({"one_time_codes", "performed_writes", "verification_counters"})
_LEFT_OUT = frozenset(
    {"attachments.content", "checkouts.reference", "checkouts.url"}  # files apart; keys to payment pages never
)
_OUTBOX = "outbox_messages"


def collect(session: Session, customer_id: int) -> dict[str, list[dict[str, Any]]]:
    """The rows by table, opened, as JSON can hold them; tables without a row are left out."""
    owned: dict[str, list[Any]] = {ROOT: [customer_id]}
    held: dict[str, list[dict[str, Any]]] = {}
    for table in Base.metadata.sorted_tables:
        if table.name in INSURERS | TECHNICAL:
            continue
        rows = _rows(session, table, owned)
        owned[table.name] = [row[0] for row in rows]
        if rows:
            held[table.name] = [_opened(session, table, row) for row in rows]
    return held


def _rows(session: Session, table: Table, owned: Mapping[str, list[Any]]) -> list[Row[Any]]:
    key = next(iter(table.primary_key.columns))
    mine = _is_mine(table, key, owned)
    if mine is None:
        return []
    if table.name == _OUTBOX:
        mine = and_(mine, table.c.kind != "one_time_code")  # a code that was just sent is for its receiver only
    columns = [column for column in table.columns if column is not key and _shown(column)]
    return list(session.execute(select(key, *columns).where(mine).order_by(key)))


def _is_mine(table: Table, key: Column[Any], owned: Mapping[str, list[Any]]) -> ColumnElement[bool] | None:
    """Rows that name a customer are that customer's; others belong to whom the rows they refer to belong."""
    if table.name == ROOT:
        return key.in_(owned[ROOT])
    references = [
        (column, owned[reference.column.table.name])
        for column in table.columns
        for reference in column.foreign_keys
        if owned.get(reference.column.table.name)
    ]
    named = [column.in_(ids) for column, ids in references if column.name == "customer_id"]
    if not references:
        return None
    if "customer_id" not in table.c:
        return or_(*(column.in_(ids) for column, ids in references))
    unnamed = [column.in_(ids) for column, ids in references if column.name != "customer_id"]
    if not table.c.customer_id.nullable or not unnamed:
        return or_(*named)
    return or_(*named, and_(table.c.customer_id.is_(None), or_(*unnamed)))


def _shown(column: Column[Any]) -> bool:
    return not isinstance(column.type, Blind) and f"{column.table.name}.{column.name}" not in _LEFT_OUT


def _opened(session: Session, table: Table, row: Row[Any]) -> dict[str, Any]:
    return {name: _readable(session, table.c[name], value) for name, value in row._mapping.items()}


def _readable(session: Session, column: Column[Any], value: Any) -> Any:
    """As JSON can hold it; what refers to something of the insurer's is given its name."""
    for reference in column.foreign_keys:
        table = reference.column.table
        if value is not None and table.name in INSURERS and "name" in table.c:
            return session.scalar(select(table.c.name).where(reference.column == value))
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value
