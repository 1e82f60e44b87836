"""What has grown too old goes, as the rules say: in batches, each committed, so that a run can be stopped anywhere."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

from dateutil.relativedelta import relativedelta
from sqlalchemy import ColumnElement, Date, Select, Table, and_, exists, func, not_, or_, select

from crm import audit_chain, removal
from crm.audit_chain import Line
from crm.domain import Actor
from crm.retention.rules import Period, rules
from crm.schema import Base
from crm.services.erasure import queue_forgets
from crm.store import Store

AUDIT = "audit_entries"
Progress = Callable[[str, int], None]


def due(store: Store, now: datetime) -> dict[str, int]:
    """How many rows of each table would go by their own rules; what depends on them goes, too."""
    found = {}
    with store.engine.connect() as connection:
        for table, periods in _with_periods():
            together = or_(*(_too_old(table, period, now) for period in periods))
            count = connection.scalar(select(func.count()).select_from(table).where(together))
            if count:
                found[table.name] = count
    return found


def run(store: Store, now: datetime, progress: Progress = lambda table, gone: None) -> dict[str, int]:
    """Delete what is due.

    Args:
        progress: told after each batch: the table whose rules are at work, and how many of its rows went.

    Returns:
        How many rows went, by table, those that depended on others included.
    """
    gone: Counter[str] = Counter()
    for table, periods in _with_periods():
        for period in periods:
            for batch in _batches(store, table, period, now):
                gone.update(batch)
                progress(table.name, batch.get(table.name, 0))
    return dict(gone)


def _batches(store: Store, table: Table, period: Period, now: datetime) -> Iterator[dict[str, int]]:
    while True:
        with store.engine.begin() as connection:
            if table.name == AUDIT:
                dropped = audit_chain.drop_before(connection, _moment(period, now), rules().retention_batch)
                batch = {AUDIT: dropped} if dropped else {}
            else:
                ids = list(connection.scalars(_ids(table, period, now)))
                batch = removal.remove(connection, table, ids) if ids else {}
                if table.name == "conversations":
                    queue_forgets(connection, ids, now, None)
            lines = [Line("expire", name, (str(count),)) for name, count in batch.items()]
            audit_chain.append(connection, Actor.system(), lines, now)
        if not batch:
            return
        yield batch


def _ids(table: Table, period: Period, now: datetime) -> Select[Any]:
    key = next(iter(table.primary_key.columns))
    return select(key).where(_too_old(table, period, now)).order_by(key).limit(rules().retention_batch)


def _too_old(table: Table, period: Period, now: datetime) -> ColumnElement[bool]:
    conditions = [_before(table, period, now)]
    for name, values in period.where.items():
        column = table.c[name]
        plain = [value for value in values if value is not None]
        either = [column.in_(plain)] if plain else []
        if None in values:
            either.append(column.is_(None))
        conditions.append(or_(*either))
    for name in period.unless_in:
        child = Base.metadata.tables[name]
        conditions += [not_(exists().where(column == key)) for column, key in _references(child, table)]
    if table.name == "conversations":
        conditions.append(_without_claim_files(table))
    return and_(*conditions)


def _before(table: Table, period: Period, now: datetime) -> ColumnElement[bool]:
    place, _, name = period.after.rpartition(".")
    moment = _moment(period, now)
    if not place:
        column = table.c[name]
        return column < (moment.date() if isinstance(column.type, Date) else moment)
    parent = Base.metadata.tables[place]
    reference, key = next(iter(_references(table, parent)))
    return exists().where(key == reference, parent.c[name] < moment)


def _without_claim_files(conversations: Table) -> ColumnElement[bool]:
    """A conversation stays as long as a claim needs a file that was sent in it."""
    files, documents = Base.metadata.tables["attachments"], Base.metadata.tables["claim_documents"]
    return not_(exists().where(files.c.conversation_id == conversations.c.id, documents.c.attachment_id == files.c.id))


def _references(child: Table, parent: Table) -> list[tuple[Any, Any]]:
    return [
        (column, reference.column)
        for column in child.columns
        for reference in column.foreign_keys
        if reference.column.table is parent
    ]


def _moment(period: Period, now: datetime) -> datetime:
    return now - relativedelta(years=period.years) - timedelta(days=period.days)


def _with_periods() -> Iterator[tuple[Table, tuple[Period, ...]]]:
    """Tables with rules, dependents before what they depend on."""
    for table in reversed(Base.metadata.sorted_tables):
        rule = rules().tables.get(table.name)
        if rule and rule.retention:
            yield table, rule.retention


def last_day(period: Period, day: date) -> date:
    """When a row that counts from `day` goes."""
    return day + relativedelta(years=period.years) + timedelta(days=period.days)
