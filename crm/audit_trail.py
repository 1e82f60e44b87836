"""Sessions that write down what happens in them: changes by themselves, reads where a service says so.

Everything is entered in the transaction it belongs to, as its last act: what is rolled back was never entered, and
what is committed always is. A session that only reads enters its reads in a short transaction of its own, before its
results leave the `with` block.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import cache, wraps
from typing import Any, ParamSpec, TypeVar

from sqlalchemy import Connection, Table, event, inspect, select
from sqlalchemy.orm import ORMExecuteState, Session, SessionTransaction

from crm import audit_chain
from crm.audit_chain import Line
from crm.domain.audit import Actor, current_actor
from crm.retention.rules import rules
from crm.schema import Base

P = ParamSpec("P")
R = TypeVar("R")

# From which column of a row its customer is found, and in which table; the first that has a value counts.
_WAYS = ("customer_id", "policy_id", "claim_id", "invoice_id", "checkout_id", "conversation_id", "handoff_id")
_MOST_STEPS = 6


class TrailedSession(Session):
    """A session of the store. `trail` holds what is to be entered when it commits.

    `held` are the conversations that were read in this transaction, by id, each with whether it is locked: what was
    read once need not be read again, also not to find out for the audit whose it is. `only_reads` sessions refuse to
    write.
    """

    def __init__(self, *args: Any, actor: Actor | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.held: dict[str, tuple[Any, bool]] = {}
        self.only_reads = False
        self.actor = actor or current_actor.get() or Actor.system()
        self.trail = Trail()


@dataclass(frozen=True, slots=True)
class _Touch:
    """Something that was done to a row of a customer: `way` leads to whose it is, as (table, key)."""

    verb: str
    area: str
    fields: tuple[str, ...]
    way: tuple[str, Any] | None


@dataclass(slots=True)
class Trail:
    """What was done since the last commit, in order, each once."""

    touches: list[_Touch] = field(default_factory=list)
    marks: dict[int, int] = field(default_factory=dict)  # savepoint to the number of touches before it
    seen: dict[tuple[str, Any], int | None] = field(default_factory=dict)

    def lines(self, session: Session, connection: Connection) -> list[Line]:
        """The touches as entries: those of one verb, table and customer are one."""
        merged: dict[tuple[str, str, int | None], dict[str, None]] = {}
        for touch in self.touches:
            owner = self._owner(session, connection, touch.way)
            if touch.way is not None and owner is None:
                continue  # a conversation in which nobody was ever verified, for one
            merged.setdefault((touch.verb, touch.area, owner), {}).update(dict.fromkeys(touch.fields))
        return [Line(verb, area, tuple(fields), owner) for (verb, area, owner), fields in merged.items()]

    def remember(self, session: Session) -> None:
        """Note which of the touched rows are nobody's while the session still holds them: statements are saved."""
        for touch in self.touches:
            if touch.way is not None and touch.way[0] != "customers" and touch.way not in self.seen:
                table = Base.metadata.tables[touch.way[0]]
                known = _loaded(session, table, touch.way[1])
                if known is not None and _way(table, known) is None:
                    self.seen[touch.way] = None

    @property
    def concerns_anybody(self) -> bool:
        """Whether there may be anything to enter."""
        return any(touch.way is None or self.seen.get(touch.way, touch.way) is not None for touch in self.touches)

    def _owner(self, session: Session, connection: Connection, way: tuple[str, Any] | None) -> int | None:
        start = way
        for _ in range(_MOST_STEPS):
            if way is None or way[0] == "customers":
                break
            if way in self.seen:
                way = ("customers", self.seen[way]) if self.seen[way] is not None else None
                break
            table = Base.metadata.tables[way[0]]
            way = _way(table, _loaded(session, table, way[1]) or _looked_up(connection, table, way[1]))
        owner = way[1] if way else None
        if start is not None and start[0] != "customers":
            self.seen[start] = owner
        return owner


def note(session: Session, verb: str, area: str, fields: Iterable[str] = (), customer_id: int | None = None) -> None:
    """Enter something when this session commits, such as a right that was exercised."""
    if isinstance(session, TrailedSession):
        way = None if customer_id is None else ("customers", customer_id)
        session.trail.touches.append(_Touch(verb, area, tuple(fields), way))


def note_read(
    session: Session, area: str, *, customer_id: int | None = None, conversation_id: str | None = None
) -> None:
    """Enter that data of a customer was read."""
    if isinstance(session, TrailedSession) and (customer_id is not None or conversation_id is not None):
        way = ("customers", customer_id) if customer_id is not None else ("conversations", conversation_id)
        touch = _Touch("read", area, (), way)
        if touch not in session.trail.touches:
            session.trail.touches.append(touch)


def reads(area: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Mark a service that hands out data of a customer; its second argument is the customer's or conversation's id."""

    def mark(service: Callable[P, R]) -> Callable[P, R]:
        @wraps(service)
        def marked(*args: P.args, **kwargs: P.kwargs) -> R:
            answer = service(*args, **kwargs)
            session, whose = args[0], args[1] if len(args) > 1 else next(iter(kwargs.values()))
            if isinstance(session, Session):
                if isinstance(whose, str):
                    note_read(session, area, conversation_id=whose)
                elif isinstance(whose, int):
                    note_read(session, area, customer_id=whose)
            return answer

        return marked

    return mark


def enter_reads(session: TrailedSession) -> None:
    """Enter what a reading session read, in a transaction of its own."""
    if not session.trail.concerns_anybody:
        return
    with session.get_bind().engine.begin() as connection:
        _enter(session, connection)


def _enter(session: TrailedSession, connection: Connection) -> None:
    lines = session.trail.lines(session, connection)
    audit_chain.append(connection, session.actor, lines, datetime.now(timezone.utc))
    session.trail = Trail()


@event.listens_for(TrailedSession, "before_flush")
def _refuse_to_write(session: TrailedSession, *_: Any) -> None:
    """What only reads may be without a transaction that could be rolled back: a change would stay."""
    if session.only_reads and (session.new or session.deleted or any(map(session.is_modified, session.dirty))):
        raise RuntimeError("This session only reads; to change something, use `Store.session`.")


@event.listens_for(TrailedSession, "after_flush")
def _see_changes(session: TrailedSession, _: Any) -> None:
    for verb, rows in (("add", session.new), ("change", session.dirty), ("delete", session.deleted)):
        for row in rows:
            touch = _touch(verb, row)
            if touch is not None and touch.way is not None:  # a conversation of nobody yet is nobody's
                session.trail.touches.append(touch)


@event.listens_for(TrailedSession, "do_orm_execute")
def _see_statements(state: ORMExecuteState) -> None:
    """Updates and deletes without rows in the session name no customer; the area is entered all the same."""
    session = state.session
    if not isinstance(session, TrailedSession) or not (state.is_update or state.is_delete or state.is_insert):
        return
    table = getattr(state.statement, "table", None)
    if isinstance(table, Table) and table.name in _trailed():
        verb = "delete" if state.is_delete else "add" if state.is_insert else "change"
        session.trail.touches.append(_Touch(verb, table.name, (), None))


@event.listens_for(TrailedSession, "before_commit")
def _enter_changes(session: TrailedSession) -> None:
    if session.in_nested_transaction():
        return
    session.flush()
    if session.trail.touches:
        _enter(session, session.connection())


@event.listens_for(TrailedSession, "after_transaction_create")
def _mark(session: TrailedSession, transaction: SessionTransaction) -> None:
    if transaction.nested:
        session.trail.marks[id(transaction)] = len(session.trail.touches)


@event.listens_for(TrailedSession, "after_transaction_end")
def _let_go(session: TrailedSession, transaction: SessionTransaction) -> None:
    """Locks end with the transaction, and with a savepoint that is taken back."""
    if transaction.nested or transaction.parent is None:
        session.held.clear()


@event.listens_for(TrailedSession, "after_soft_rollback")
def _take_back(session: TrailedSession, transaction: SessionTransaction) -> None:
    """What a savepoint took back did not happen."""
    if transaction.parent is None:
        session.trail = Trail()
    elif transaction.nested:
        del session.trail.touches[session.trail.marks.get(id(transaction), 0) :]


def _touch(verb: str, row: Any) -> _Touch | None:
    table = row.__table__
    if table.name not in _trailed():
        return None
    state = inspect(row)
    fields: tuple[str, ...] = ()
    if verb == "change":
        fields = tuple(
            sorted(
                attribute.key
                for attribute in state.mapper.column_attrs
                if not attribute.key.endswith("_index")
                and attribute.key not in rules().tables[table.name].quiet
                and state.attrs[attribute.key].history.has_changes()
            )
        )
        if not fields:
            return None
    if table.name == "customers":
        return _Touch(verb, table.name, fields, ("customers", state.identity[0] if state.identity else row.id))
    way = _way(table, {column.name: state.dict.get(column.name) for column in _ways(table)})
    return _Touch(verb, table.name, fields, way)


def _loaded(session: Session, table: Table, key: Any) -> dict[str, Any] | None:
    """What a row refers to, if the session holds it: most do, and a statement is saved."""
    mapper = _mappers()[table.name]
    row = session.identity_map.get(mapper.identity_key_from_primary_key((key,)))
    known = inspect(row).dict if row is not None else {}
    names = [column.name for column in _ways(table)]
    return {name: known[name] for name in names} if names and all(name in known for name in names) else None


def _looked_up(connection: Connection, table: Table, key: Any) -> Any:
    columns = _ways(table)
    if not columns:
        return {}
    row = connection.execute(select(*columns).where(next(iter(table.primary_key.columns)) == key)).one_or_none()
    return row._mapping if row else {}


@cache
def _mappers() -> dict[str, Any]:
    return {str(mapper.local_table.name): mapper for mapper in Base.registry.mappers}  # type: ignore[attr-defined]


def _trailed() -> frozenset[str]:
    return rules().audited


@cache
def _ways(table: Table) -> list[Any]:
    """The columns through which rows of a table belong to somebody."""
    return [
        column
        for column in sorted(table.columns, key=lambda c: _WAYS.index(c.name) if c.name in _WAYS else len(_WAYS))
        if any(key.column.table.name in rules().customers for key in column.foreign_keys)
    ]


def _way(table: Table, values: Any) -> tuple[str, Any] | None:
    for column in _ways(table):
        value = values.get(column.name)
        if value is not None:
            return next(iter(column.foreign_keys)).column.table.name, value
    return None
