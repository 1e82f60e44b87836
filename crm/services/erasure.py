"""Erasing a person: what is theirs goes, what the law keeps stays without identity, and every copy is overwritten.

An erasure is a row that says how far it has come; each step may be repeated and is committed with the state it leads
to, so that one that was interrupted anywhere is continued where it stood:

1. `requested`: the conversation in which it was asked for comes to its end.
2. The rows of the store go, in one transaction, and the conversations the bot has to forget are queued with them.
3. `erased`: the bot forgets them one by one, however often it has to be asked.
4. What deleted rows leave behind in files is overwritten: `finished`.
"""

import secrets
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Column, Connection, Table, func, select, update
from sqlalchemy.dialects.postgresql import insert as insert_on_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_on_sqlite
from sqlalchemy.orm import Session

from crm import holdings, removal
from crm.audit_trail import note
from crm.domain import ErasureState, ErasureView, InvoiceState, Kept, MessageStatus, PolicyStatus, RefundState
from crm.domain.claims import OPEN_STATUSES
from crm.errors import NotFound
from crm.retention.rules import TableRule, rules
from crm.schema import (
    Base,
    Claim,
    Customer,
    Erasure,
    Invoice,
    Message,
    Policy,
    Refund,
    TrackerForget,
    VerificationCounter,
)
from crm.schema.types import Blind, Sealed, SealedDate, SealedJson, SealedText

_NOBODY_S_BIRTHDAY = date(1, 1, 1)
_AT_ONCE = 500  # rows in one statement
_OPEN = (ErasureState.REQUESTED, ErasureState.ERASED)


def obstacles(session: Session, customer_id: int) -> tuple[str, ...]:
    """Why a person has to decide about an erasure, as names: `policies`, `claims`, `invoices`, `refunds`."""
    found = {
        "policies": select(Policy.id).where(
            Policy.customer_id == customer_id, Policy.status == PolicyStatus.ACTIVE.value
        ),
        "claims": select(Claim.id).where(
            Claim.customer_id == customer_id, Claim.status.in_([status.value for status in OPEN_STATUSES])
        ),
        "invoices": select(Invoice.id).where(
            Invoice.customer_id == customer_id,
            Invoice.status.in_([InvoiceState.OPEN.value, InvoiceState.OVERDUE.value]),
        ),
        "refunds": select(Refund.id).where(
            Refund.customer_id == customer_id,
            Refund.state.in_([RefundState.REQUESTED.value, RefundState.APPROVED.value]),
        ),
    }
    return tuple(name for name, query in found.items() if session.scalar(query.limit(1)) is not None)


def request(session: Session, customer_id: int, *, conversation_id: str | None, now: datetime) -> ErasureView:
    """Begin an erasure; one that is on its way is returned as it is.

    Args:
        conversation_id: the conversation in which it was asked for; it is left to come to its end first.

    Raises:
        NotFound: no such customer, or one who was erased already.
    """
    row = session.scalars(select(Customer).where(Customer.id == customer_id).with_for_update()).one_or_none()
    if row is None or row.erased_at is not None:
        raise NotFound("There is no such customer; their data may have been erased already.")
    waiting = session.scalars(
        select(Erasure).where(Erasure.customer_id == customer_id, Erasure.state.in_([s.value for s in _OPEN]))
    ).first()
    if waiting is None:
        waiting = Erasure(
            customer_id=customer_id,
            state=ErasureState.REQUESTED,
            language=row.language,
            conversation_id=conversation_id,
            kept=[],
            requested_at=now,
        )
        session.add(waiting)
        session.flush()
        note(session, "ask_erasure", "customers", customer_id=customer_id)
    return view(waiting, will_keep(session, customer_id, now))


def will_keep(session: Session, customer_id: int, now: datetime) -> tuple[Kept, ...]:
    """What an erasure would keep, as things stand."""
    connection = session.connection()
    return tuple(_kept(connection, holdings.owned_ids(connection, customer_id), now.date()))


def open_erasures(session: Session) -> list[ErasureView]:
    """Erasures that are not finished, the oldest first."""
    query = select(Erasure).where(Erasure.state.in_([state.value for state in _OPEN])).order_by(Erasure.id)
    return [view(row) for row in session.scalars(query)]


def erasure(session: Session, erasure_id: int) -> ErasureView:
    """One erasure. Raises `NotFound`."""
    row = session.get(Erasure, erasure_id)
    if row is None:
        raise NotFound("There is no such erasure.")
    return view(row)


def may_begin(session: Session, asked: ErasureView, now: datetime) -> bool:
    """Whether the conversation it was asked for in has come to its end, or had time enough to."""
    if asked.conversation_id is None:
        return True
    patience = timedelta(minutes=rules().erasure.wait_for_conversation_minutes)
    query = select(Message.id).where(
        Message.conversation_id == asked.conversation_id, Message.status == MessageStatus.RECEIVED.value
    )
    return now - asked.requested_at > patience or session.scalar(query.limit(1)) is None


def carry_out(session: Session, erasure_id: int, now: datetime) -> ErasureView:
    """Take the customer out of the store, in this transaction; done already, it changes nothing.

    Raises `NotFound`.
    """
    row = session.scalars(select(Erasure).where(Erasure.id == erasure_id).with_for_update()).one_or_none()
    if row is None:
        raise NotFound("There is no such erasure.")
    if row.state is not ErasureState.REQUESTED:
        return view(row)
    session.flush()
    connection = session.connection()
    owned = holdings.owned_ids(connection, row.customer_id)
    if row.conversation_id is not None:
        owned["conversations"] = sorted({*owned["conversations"], *_existing(connection, row.conversation_id)})
    kept = _kept(connection, owned, now.date())
    _forget_failures(session, row.customer_id, owned)
    queue_forgets(connection, owned["conversations"], now, erasure_id)
    _clear(connection, owned, now)
    _delete(connection, owned)
    session.expire_all()
    row.state, row.erased_at = ErasureState.ERASED, now
    row.kept = [{"table": k.table, "law": k.law, "rows": k.rows, "until": k.until.isoformat()} for k in kept]
    session.flush()
    note(session, "erase", "customers", customer_id=row.customer_id)
    return view(row)


def queue_forgets(connection: Connection, conversations: list[str], now: datetime, erasure_id: int | None) -> None:
    """Have the bot forget conversations that are deleted in this transaction."""
    rows = [
        {"conversation_id": key, "erasure_id": erasure_id, "queued_at": now, "attempts": 0, "next_try_at": now}
        for key in conversations
    ]
    if rows:
        make = insert_on_sqlite if connection.dialect.name == "sqlite" else insert_on_postgresql
        connection.execute(make(Base.metadata.tables["tracker_forgets"]).on_conflict_do_nothing(), rows)


def forgets_left(session: Session, erasure_id: int) -> int:
    """How many conversations of an erasure the bot has still to forget."""
    query = select(func.count()).select_from(TrackerForget).where(TrackerForget.erasure_id == erasure_id)
    return session.scalar(query) or 0


def finish(session: Session, erasure_id: int, now: datetime) -> ErasureView:
    """Every copy is gone."""
    row = session.scalars(select(Erasure).where(Erasure.id == erasure_id).with_for_update()).one()
    if row.state is ErasureState.ERASED:  # and not finished by another process meanwhile
        row.state, row.finished_at, row.conversation_id = ErasureState.FINISHED, now, None
        session.flush()
        note(session, "finish_erasure", "customers", customer_id=row.customer_id)
    return view(row)


def view(row: Erasure, kept: tuple[Kept, ...] | None = None) -> ErasureView:
    """An erasure as others may see it."""
    told = tuple(Kept(k["table"], k["law"], k["rows"], date.fromisoformat(k["until"])) for k in row.kept)
    return ErasureView(
        id=row.id,
        customer_id=row.customer_id,
        state=row.state,
        kept=told if kept is None else kept,
        requested_at=row.requested_at,
        finished_at=row.finished_at,
        language=row.language,
        conversation_id=row.conversation_id,
    )


def _existing(connection: Connection, conversation_id: str) -> list[str]:
    table = Base.metadata.tables["conversations"]
    return list(connection.scalars(select(table.c.id).where(table.c.id == conversation_id)))


def _kept(connection: Connection, owned: Mapping[str, list[Any]], today: date) -> list[Kept]:
    """What the law keeps of the rows: tables with a law of their own; the customer's own row says nothing."""
    kept = []
    for name, ids in owned.items():
        law = rules().law_of(name)
        if law is None or not ids or name == holdings.ROOT:
            continue
        table = Base.metadata.tables[name]
        newest = connection.scalar(select(func.max(table.c[rules().tables[name].since])).where(_key(table).in_(ids)))
        day = newest.date() if isinstance(newest, datetime) else newest or today
        kept.append(Kept(name, law[0], len(ids), _years_after(day, law[1].years)))
    return kept


def _years_after(day: date, years: int) -> date:
    """The last day of the year in which the period ends."""
    return date(day.year + years, 12, 31)


def _clear(connection: Connection, owned: Mapping[str, list[Any]], now: datetime) -> None:
    """Take the identity out of rows that stay."""
    for name, ids in owned.items():
        rule = rules().tables[name]
        if rule.erasure != "clear" or not ids or name == "erasures":
            continue
        table = Base.metadata.tables[name]
        for start in range(0, len(ids), _AT_ONCE):
            part = ids[start : start + _AT_ONCE]
            _clear_rows(connection, table, rule, part)
    customers = Base.metadata.tables[holdings.ROOT]
    connection.execute(
        update(customers).where(customers.c.id.in_(owned[holdings.ROOT])).values(erased_at=now, created_at=now)
    )


def _clear_rows(connection: Connection, table: Table, rule: TableRule, ids: list[Any]) -> None:
    mine = _key(table).in_(ids)
    fixed = {key: value for key, value in rule.set.items() if not rule.set_where}
    values = {
        column.name: _nothing(column)
        for column in table.columns
        if isinstance(column.type, Sealed) and not column.nullable
    }
    values |= {column.name: None for column in table.columns if column.nullable and _identifies(column)}
    values |= dict.fromkeys(rule.blank) | fixed
    if values:
        connection.execute(update(table).where(mine).values(values))
    if rule.set_where:
        wanted = [table.c[name] == value for name, value in rule.set_where.items()]
        connection.execute(update(table).where(mine, *wanted).values(rule.set))
    for column in table.columns:
        if isinstance(column.type, Blind) and not column.nullable:
            for key in ids:  # each its own: they may have to be unique
                connection.execute(
                    update(table).where(_key(table) == key).values({column.name: secrets.token_bytes(16)})
                )


def _identifies(column: Column[Any]) -> bool:
    return isinstance(column.type, Sealed | Blind)


def _nothing(column: Column[Any]) -> Any:
    """A value that says nothing, for a column that needs one."""
    kinds: tuple[tuple[type[Sealed], Any], ...] = (
        (SealedText, ""),
        (SealedDate, _NOBODY_S_BIRTHDAY),
        (SealedJson, {}),
    )
    return next((value for kind, value in kinds if isinstance(column.type, kind)), b"")


def _delete(connection: Connection, owned: Mapping[str, list[Any]]) -> None:
    kept = [name for name, rule in rules().tables.items() if rule.erasure == "clear"]
    for name in reversed(list(owned)):
        if rules().tables[name].erasure == "delete" and owned[name]:
            removal.remove(connection, Base.metadata.tables[name], owned[name], kept)


def _forget_failures(session: Session, customer_id: int, owned: Mapping[str, list[Any]]) -> None:
    """Counters of failed verifications under the customer's identifiers and conversations."""
    customer = session.get_one(Customer, customer_id)
    numbers = session.scalars(select(Policy.number).where(Policy.customer_id == customer_id))
    subjects = [
        f"identifier email {customer.email}",
        f"identifier phone {customer.phone}",
        *(f"identifier policy {number}" for number in numbers),
        *(f"conversation {key}" for key in owned["conversations"]),
    ]
    for subject in subjects:
        for row in session.scalars(select(VerificationCounter).where(VerificationCounter.subject_index == subject)):
            session.delete(row)
    session.flush()


def _key(table: Table) -> Column[Any]:
    return next(iter(table.primary_key.columns))
