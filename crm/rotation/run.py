"""The course of a rotation. Everything it knows about its progress is in the ring and in the rows themselves.

1. A new key is put into the ring as `next`: every process learns to open and find with it, nobody seals with it.
2. When all have had the time to notice, it becomes the `active` one, and the former one `old`.
3. Rows are renewed, table by table, and again, until none is left that is not under the active key: what a process
   that had not noticed yet wrote meanwhile is among them. The tracker's rows follow.
4. The old key leaves the ring, after a last count while no bulk work is going on.

A run that was killed is continued by the next one, from wherever it was.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from crm.errors import CrmError
from crm.rotation.recomputed import HOOKS
from crm.rotation.tables import KeyedTable, Stored, keyed_tables
from crm.rotation.twins import merge
from crm.schema import Base
from crm.store import Store
from vault import SealError
from vault.ring import NEXT, Ring, utc_now
from vault.ring_file import RingFile
from vault.wrapping import KeyWrapper

SETTLE_S = 3.0  # longer than any session of the service
_BATCH_ROWS = 500
_BATCH_BYTES = 4_000_000
_FIRST_FILES = 4
_MOST_SWEEPS = 50
_NAMED = 3  # rows that a message names

Progress = Callable[[str, int], None]


class RotationIncomplete(CrmError):
    """Something is still under the old key, which therefore stays; the message says what, and what to do."""


class TrackerRows(Protocol):
    """The conversations that Rasa keeps."""

    def renew(self, progress: Callable[[int], None]) -> int:
        """Bring all rows under the active key; how many could not be. Raises `RotationIncomplete`."""


@dataclass(frozen=True)
class Report:
    """What a rotation did.

    Attributes:
        renewed: rows by table.
        dropped: ids of the keys that left the ring.
        resumed: whether it finished what another run had begun.
    """

    renewed: dict[str, int]
    dropped: tuple[str, ...]
    resumed: bool


@dataclass
class Rotation:
    """One rotation of a store's data keys.

    Attributes:
        tracker: Rasa's conversations; None when there are none.
        settle: seconds that other processes get to notice a changed ring.
        progress: told the table and how many of its rows were renewed just now.
    """

    store: Store
    tracker: TrackerRows | None
    settle: float = SETTLE_S
    progress: Progress = lambda table, rows: None
    _renewed: dict[str, int] = field(default_factory=dict)
    _unreadable: dict[str, str] = field(default_factory=dict)

    def run(self) -> Report:
        """Rotate, or finish a rotation that was begun.

        Raises:
            KeyRingError: another rotation is going on, or the ring cannot be changed.
            RotationIncomplete: something could not be renewed; the old key stays.
        """
        file = _ring_file(self.store)
        with file.rotating():
            before = file.load()
            resumed = before.other is not before.active
            self._introduce(file, before)
            self._sweep()
            if self.tracker is not None:
                left = self.tracker.renew(lambda rows: self._count("tracker", rows))
                if left:
                    raise RotationIncomplete(f"{left} rows of the tracker store are still under the old key.")
            dropped = self._drop(file)
        return Report(dict(self._renewed), dropped, resumed)

    def _introduce(self, file: RingFile, ring: Ring) -> None:
        """Make the new key known, then active."""
        if not ring.old:
            with file.locked():
                file.change(_with_next)
            self._let_settle()
            with file.locked():
                file.change(lambda ring, _: ring.advanced())
        self._let_settle()

    def _sweep(self) -> None:
        """Renew everything, as often as something is left."""
        tables = _tables(self.store)
        for _ in range(_MOST_SWEEPS):
            moved = sum(self._renew_table(table) for table in tables) + sum(map(self._recompute, HOOKS))
            left = left_by_table(self.store)
            if not left:
                return
            if not moved and self._unreadable:
                raise RotationIncomplete(
                    f"{sum(left.values())} rows do not open, so the old key stays: "
                    + "; ".join(f"{row}: {why}" for row, why in list(self._unreadable.items())[:_NAMED])
                    + " Restore these rows from a back-up or delete them, then run rotate-keys again."
                )
        raise RotationIncomplete("Rows keep coming under the old key: restart the processes that write them.")

    def _renew_table(self, table: KeyedTable) -> int:
        """One pass over a table, in batches small enough for the service to write in between."""
        vault = self.store.vault
        moved, after, size = 0, None, _FIRST_FILES if table.holds_files else _BATCH_ROWS
        while True:
            with self.store.reading() as session:
                rows = table.read(session.connection(), vault, after, size)
            if not rows:
                return moved
            changes = self._changes(table, rows)
            with self.store.session() as session:
                self._write(session.connection(), table, changes)
            after = rows[-1][: len(table.key)]
            moved += len(changes)
            self._count(table.name, len(changes))
            size = _next_size(rows)

    def _changes(self, table: KeyedTable, rows: Sequence[Stored]) -> list[tuple[Stored, Stored]]:
        changes = []
        for row in rows:
            try:
                renewed = table.renewed(row, self.store.vault)
            except SealError as error:
                key = [value.hex() if isinstance(value, bytes) else value for value in row[: len(table.key)]]
                self._unreadable[f"{table.name} {key}"] = str(error)
                continue
            if renewed is not None:
                changes.append((row, renewed))
        return changes

    def _write(self, connection: Connection, table: KeyedTable, changes: list[tuple[Stored, Stored]]) -> None:
        """A row that somebody changed since it was read stays as it is: the next sweep finds it."""
        if not changes:
            return
        try:
            with connection.begin_nested():
                connection.exec_driver_sql(table.update, [table.parameters(*change) for change in changes])
        except IntegrityError:
            for row, renewed in changes:
                try:
                    with connection.begin_nested():
                        connection.exec_driver_sql(table.update, table.parameters(row, renewed))
                except IntegrityError:
                    merge(connection, table, row, renewed)

    def _recompute(self, name: str) -> int:
        moved = 0
        while True:
            with self.store.session() as session:
                renewed = HOOKS[name](session, _BATCH_ROWS)
            if not renewed:
                return moved
            moved += renewed
            self._count(name, renewed)

    def _drop(self, file: RingFile) -> tuple[str, ...]:
        """Take the old keys out of the ring, once nobody can still write under them."""
        with file.writing(alone=True):
            self._sweep()
            with file.locked():
                old = file.load().old
                file.change(lambda ring, wrapper: ring.without_old(wrapper, utc_now()))
        self.store.vault.refresh()
        return tuple(key.key_id.hex() for key in old)

    def _let_settle(self) -> None:
        self.store.vault.refresh()
        time.sleep(self.settle)

    def _count(self, table: str, rows: int) -> None:
        self._renewed[table] = self._renewed.get(table, 0) + rows
        self.progress(table, rows)


def left_by_table(store: Store) -> dict[str, int]:
    """How many rows of each table are not under the active key; tables without any are left out."""
    with store.reading() as session:
        connection = session.connection()
        counts = {table.name: table.left(connection, store.vault) for table in _tables(store)}
    return {name: count for name, count in counts.items() if count}


def _ring_file(store: Store) -> RingFile:
    if store.vault.file is None:
        raise RotationIncomplete("This store was opened with fixed keys; there is no ring to rotate.")
    return store.vault.file


def _tables(store: Store) -> list[KeyedTable]:
    return keyed_tables(Base.metadata, store.engine.dialect.name)


def _with_next(ring: Ring, wrapper: KeyWrapper) -> Ring:
    return ring if ring.other.state == NEXT else ring.with_next(wrapper, utc_now())


def _next_size(rows: Sequence[Stored]) -> int:
    """So many rows that a batch has about `_BATCH_BYTES`."""
    size = sum(len(value) for row in rows for value in row if isinstance(value, bytes | memoryview))
    return max(1, min(_BATCH_ROWS, _BATCH_BYTES * len(rows) // max(size, 1)))
