"""The one writer of an import: a batch in one transaction, rows that are there already recognised."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Table, bindparam, func, select, text, update

from crm.bulk import bulk_dialect, insert_statement
from crm.importing.entities import Entity
from crm.importing.prepare import INDEX, POLICY_INDEX, Forms, Prepared, Ready
from crm.schema import Base, Policy
from crm.store import Store

_ONLY_WITHDRAWN = "marketing_consent"


@dataclass(slots=True)
class Written:
    """What became of a batch; `refused` holds reasons by place in the batch."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: dict[int, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Owner:
    customer_id: int
    policy_id: int | None = None


@dataclass(slots=True)
class _Known:
    """A row of another system that is here: in the store, or earlier in the same batch."""

    digest: bytes
    row_id: int = 0
    mark_id: int = 0
    new: tuple[Ready, list[Any], _Owner | None] | None = None


class Writer:
    """Writes the batches of one import.

    Args:
        fields: the fields the file has; an update touches nothing else.
    """

    def __init__(self, store: Store, entity: Entity, source: str, fields: frozenset[str]) -> None:
        self._entity, self._source = entity, source
        self._table: Table = Base.metadata.tables[entity.table]
        self._marks: Table = Base.metadata.tables["imported_rows"]
        self._dialect = bulk_dialect(store.engine.url, store.vault)
        self._at = {column.name: at for at, column in enumerate(self._table.columns)}
        self._touched = [name for name in self._at if fields.intersection(entity.fills.get(name, ()))]
        self._update = self._update_statement()
        self._vault = store.vault
        self._owner_place = POLICY_INDEX if entity.owner == "policy" else INDEX
        self._unique_place = f"{entity.table}.{entity.unique}"
        marked: dict[str, Any] = {"customer_id": bindparam("new_customer"), "digest": bindparam("new_digest")}
        self._mark_update = str(
            update(self._marks)
            .where(self._marks.c.id == bindparam("row_id"))
            .values(marked)
            .compile(dialect=self._dialect)
        )

    def write(self, connection: Connection, prepared: Prepared) -> Written:
        """Insert what is new, update what has changed, leave the rest; the caller commits."""
        self._vault.refresh()
        written = Written(refused=dict(prepared.refused))
        owners = self._owners(connection, prepared.ready)
        known = self._known(connection, prepared.ready)
        taken = self._taken(connection, prepared.ready)
        changed: dict[bytes, tuple[Ready, list[Any], _Known]] = {}
        for ready in prepared.ready:
            owner = owners.get(self._key(ready.owner, self._owner_place)) if ready.owner else None
            external = self._key(ready.external, INDEX)
            before = known.get(external)
            problem = self._problem(ready, owner, before, taken)
            if problem:
                written.refused[ready.at] = problem
                continue
            row = self._filled(ready, owner)
            if before is None:
                known[external] = _Known(ready.digest, new=(ready, row, owner))
                written.created += 1
            elif before.digest == ready.digest:
                written.unchanged += 1
            else:
                before.digest = ready.digest
                if before.new:
                    before.new = (ready, row, owner)
                else:
                    changed[external] = (ready, row, before)
                written.updated += 1
            if ready.unique:
                taken[self._key(ready.unique, self._unique_place)] = external
        self._insert(connection, [entry.new for entry in known.values() if entry.new])
        self._change(connection, changed.values())
        return written

    def _problem(
        self, ready: Ready, owner: _Owner | None, before: _Known | None, taken: dict[bytes, int | bytes]
    ) -> str:
        if self._entity.owner == "customer" and owner is None:
            return "customer: no customer was imported under this id from this source"
        if self._entity.owner == "policy" and owner is None:
            return "policy_number: there is no such policy"
        holder = taken.get(self._key(ready.unique, self._unique_place)) if ready.unique else None
        mine = {self._key(ready.external, INDEX), before.row_id if before and before.row_id else None}
        if holder is not None and holder not in mine:
            return "number: belongs to another row"
        return ""

    def _filled(self, ready: Ready, owner: _Owner | None) -> list[Any]:
        row = list(ready.values)
        if owner:
            row[self._at["customer_id"]] = owner.customer_id
            if owner.policy_id is not None:
                row[self._at["policy_id"]] = owner.policy_id
        return row

    def _known(self, connection: Connection, ready: Sequence[Ready]) -> dict[bytes, _Known]:
        """What is here of these external ids."""
        marks = self._marks.c
        found = self._found(
            connection,
            INDEX,
            select(marks.external_index, marks.digest, marks.row_id, marks.id).where(
                marks.entity == self._entity.name, marks.source == self._source
            ),
            [row.external for row in ready],
        )
        return {key: _Known(*values) for key, values in found.items()}

    def _taken(self, connection: Connection, ready: Sequence[Ready]) -> dict[bytes, int | bytes]:
        """By number's index, whose it is: the id of a row in the store (later also the external index of a new one)."""
        if not self._entity.unique:
            return {}
        query = select(self._table.c[self._entity.unique], self._table.c.id)
        wanted = [row.unique for row in ready]
        found = self._found(connection, self._unique_place, query, wanted)
        return {key: values[0] for key, values in found.items()}

    def _owners(self, connection: Connection, ready: Sequence[Ready]) -> dict[bytes, _Owner]:
        wanted = [row.owner for row in ready if row.owner]
        if self._entity.owner == "policy":
            policies = select(Policy.number_index, Policy.customer_id, Policy.id)
            found = self._found(connection, POLICY_INDEX, policies, wanted)
            return {key: _Owner(*values) for key, values in found.items()}
        marks = self._marks.c
        customers = select(marks.external_index, marks.row_id).where(
            marks.entity == "customer", marks.source == self._source
        )
        found = self._found(connection, INDEX, customers, wanted)
        return {key: _Owner(*values) for key, values in found.items()}

    def _found(
        self, connection: Connection, place: str, query: Any, wanted: Sequence[Forms]
    ) -> dict[bytes, tuple[Any, ...]]:
        """Rows by the key of the index in the query's first column, whichever form it has there."""
        if not wanted:
            return {}
        keys = {form: key for forms in wanted for key in [self._key(forms, place)] for form in (*forms, key)}
        index = query.selected_columns[0]
        rows = connection.execute(query.where(index.in_(list(keys))))
        return {keys[bytes(row[0])]: tuple(row[1:]) for row in rows}

    def _key(self, forms: Forms, place: str) -> bytes:
        """An index under the key that is active now, whichever was when a worker made it."""
        return self._vault.reindex(forms[0], place) or forms[0]

    def _insert(self, connection: Connection, rows: list[tuple[Ready, list[Any], _Owner | None]]) -> None:
        if not rows:
            return
        ids = _new_ids(connection, self._table, len(rows))
        mark_ids = _new_ids(connection, self._marks, len(rows))
        marks = []
        for row_id, mark_id, (ready, row, owner) in zip(ids, mark_ids, rows, strict=True):
            row[0] = row_id
            customer_id = owner.customer_id if owner else row_id
            marks.append(
                (mark_id, self._source, self._entity.name, ready.external_id, ready.external[0], row_id, customer_id,
                 ready.sealed_digest)
            )  # fmt: skip
        cursor = connection.connection.cursor()
        cursor.executemany(insert_statement(self._table.name, self._dialect), [row for _, row, _ in rows])
        cursor.executemany(insert_statement(self._marks.name, self._dialect), marks)

    def _change(self, connection: Connection, changed: Iterable[tuple[Ready, list[Any], _Known]]) -> None:
        changes = list(changed)
        if not changes:
            return
        cursor = connection.connection.cursor()
        if self._update:
            places = [self._at[name] for name in self._touched]
            cursor.executemany(self._update, [(*(row[at] for at in places), known.row_id) for _, row, known in changes])
        customer = self._at.get("customer_id")
        cursor.executemany(
            self._mark_update,
            [
                (row[customer] if customer is not None else known.row_id, ready.sealed_digest, known.mark_id)
                for ready, row, known in changes
            ],
        )

    def _update_statement(self) -> str:
        """Updates the touched columns of one row. Consent can be withdrawn by a file, never given back: what a
        customer told us since is newer than what another system exports."""
        values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in self._touched}
        if _ONLY_WITHDRAWN in values:
            values[_ONLY_WITHDRAWN] = self._table.c[_ONLY_WITHDRAWN] & bindparam("new_consent")
        if not values:
            return ""
        statement = update(self._table).where(self._table.c.id == bindparam("row_id")).values(values)
        compiled = statement.compile(dialect=self._dialect)
        # Columns are set in the table's order; so are the values of a row.
        return str(compiled)


def _new_ids(connection: Connection, table: Table, count: int) -> list[int]:
    """Ids for `count` rows: the next ones on SQLite, where the transaction is the only writer, else the sequence's."""
    if connection.dialect.name == "sqlite":
        first = (connection.scalar(select(func.max(table.c.id))) or 0) + 1
        return list(range(first, first + count))
    sequence = func.pg_get_serial_sequence(table.name, "id")
    query = text("SELECT nextval(:name) FROM generate_series(1, :count)")
    name = connection.scalar(select(sequence))
    return [row[0] for row in connection.execute(query, {"name": name, "count": count})]
