"""Reading and writing of sealed rows. Blocking: the store calls it from worker threads."""

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.tracker_store import rotation
from bot.tracker_store.errors import ConcurrentTurn, TrackerStoreUnavailable, UnreadableConversation
from bot.tracker_store.rotation import Place
from bot.tracker_store.schema import TABLES, events, metadata, open_engine, snapshots, turns
from vault import SealError, Vault, VaultError

EventDict = dict[str, Any]
T = TypeVar("T")
_CREATE_ATTEMPTS = 4  # one for each table that another process may be making, and one more


@dataclass(frozen=True)
class StoredWindow:
    """A conversation as read: `prefix` recreates the state before `first_seq`, `events` follow from there."""

    first_seq: int
    prefix: list[EventDict]
    events: list[EventDict]


@dataclass(frozen=True)
class NewTurn:
    """What one save adds. `message_id` is None when no customer message caused it."""

    conversation_id: str
    first_new_seq: int
    events: Sequence[EventDict]
    message_id: str | None
    snapshot: tuple[int, list[EventDict]] | None


@dataclass(frozen=True)
class Renewed:
    """Rows that a rotation brought under the active key: how many, where to go on, and at the end what is left."""

    rows: int
    next: Place | None
    left: int | None

    def as_json(self) -> dict[str, Any]:
        """For whoever rotates the keys."""
        return {"renewed": self.rows, "next": self.next.as_json() if self.next else None, "left": self.left}


class Rows:
    """The three tables, sealed."""

    def __init__(self, url: str, vault: Vault) -> None:
        self._engine = open_engine(url)
        self._vault = vault
        self._created = False
        self._creating = threading.Lock()

    def ping(self) -> None:
        """Raises `TrackerStoreUnavailable` unless the database answers."""
        self._run(lambda connection: connection.execute(sa.select(sa.literal(1))).scalar())

    def read(self, conversation_id: str, everything: bool = False) -> StoredWindow | None:
        """The newest window of a conversation, or all of it; None when nothing is stored."""
        return self._run(lambda connection: self._read(connection, conversation_id, everything))

    def write(self, turn: NewTurn) -> None:
        """Appends in one transaction; nothing is stored when any part fails."""
        self._run(lambda connection: self._write(connection, turn))

    def turn_events(self, conversation_id: str, message_id: str) -> list[EventDict] | None:
        """The events that a message brought about, or None when the message is not stored."""
        return self._run(lambda connection: self._turn_events(connection, conversation_id, message_id))

    def forget(self, conversation_id: str) -> int:
        """Deletes a conversation; returns how many events it had."""

        def delete(connection: Connection) -> int:
            counts = [
                connection.execute(sa.delete(table).where(table.c.conversation_id == conversation_id)).rowcount
                for table in TABLES
            ]
            return int(counts[0])

        return self._run(delete)

    def scrub(self) -> bool:
        """Overwrites what deleted rows left behind; False when a reader keeps the write-ahead log.

        SQLite zeroes what is deleted, but rearranged pages keep old copies, and so does the log.
        """
        try:
            self._create_tables()
            with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("VACUUM")
                if connection.dialect.name != "sqlite":
                    return True
                busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").scalar()
                return not busy
        except sa.exc.SQLAlchemyError as error:
            raise TrackerStoreUnavailable(f"The tracker store failed: {type(error).__name__}.") from error

    def conversations(self) -> list[str]:
        """Ids of all stored conversations."""
        query = sa.select(events.c.conversation_id).where(events.c.seq == 0)
        return self._run(lambda connection: list(connection.execute(query).scalars()))

    def renew(self, limit: int, after: Place) -> Renewed:
        """Brings the next rows, at most `limit`, under the active data key."""
        self._vault.refresh(force=True)
        moved, place = self._run(lambda connection: rotation.renew(connection, self._vault, limit, after))
        left = None if place else self._run(lambda connection: rotation.left(connection, self._vault))
        return Renewed(moved, place, left)

    def close(self) -> None:
        """Gives the database connections back."""
        self._engine.dispose()

    def _run(self, work: Callable[[Connection], T]) -> T:
        self._refresh_keys()
        try:
            self._create_tables()
            with self._engine.begin() as connection:
                return work(connection)
        except sa.exc.IntegrityError:
            raise ConcurrentTurn("This conversation was changed by another process during the turn.") from None
        except sa.exc.SQLAlchemyError as error:
            raise TrackerStoreUnavailable(f"The tracker store failed: {type(error).__name__}.") from error

    def _refresh_keys(self) -> None:
        try:
            self._vault.refresh()
        except VaultError as error:
            raise TrackerStoreUnavailable(str(error)) from error

    def _create_tables(self) -> None:
        if self._created:
            return
        with self._creating:
            for attempts_left in reversed(range(_CREATE_ATTEMPTS)):
                try:
                    metadata.create_all(self._engine)
                    break
                except sa.exc.SQLAlchemyError:
                    # Processes that start together on an empty database make the same tables: look again.
                    if not attempts_left:
                        raise
            self._created = True

    def _read(self, connection: Connection, conversation_id: str, everything: bool) -> StoredWindow | None:
        first_seq, prefix = 0, []
        if not everything:
            query = sa.select(snapshots.c.first_seq, snapshots.c.data)
            row = connection.execute(query.where(snapshots.c.conversation_id == conversation_id)).first()
            if row is not None:
                first_seq, prefix = row.first_seq, self._open(snapshots, conversation_id, row.first_seq, row.data)
        found = self._events(connection, conversation_id, first_seq, None)
        if not found:
            if first_seq:
                raise UnreadableConversation("The events after a snapshot are missing.")
            return None
        return StoredWindow(first_seq, prefix, found)

    def _events(self, connection: Connection, conversation_id: str, first: int, last: int | None) -> list[EventDict]:
        query = sa.select(events.c.seq, events.c.data)
        query = query.where(events.c.conversation_id == conversation_id, events.c.seq >= first)
        if last is not None:
            query = query.where(events.c.seq <= last)
        rows = connection.execute(query.order_by(events.c.seq)).all()
        if [row.seq for row in rows] != list(range(first, first + len(rows))):
            raise UnreadableConversation("Events are missing from the middle of a conversation.")
        return [self._open(events, conversation_id, row.seq, row.data) for row in rows]

    def _write(self, connection: Connection, turn: NewTurn) -> None:
        place = {"conversation_id": turn.conversation_id}
        first, last = turn.first_new_seq, turn.first_new_seq + len(turn.events) - 1
        rows = [
            {**place, "seq": seq, "data": self._seal(events, turn.conversation_id, seq, event)}
            for seq, event in enumerate(turn.events, start=first)
        ]
        connection.execute(sa.insert(events), rows)
        if turn.message_id is not None:
            message = self._message_indexes(turn.conversation_id, turn.message_id)[0]
            connection.execute(sa.insert(turns), {**place, "message": message, "first_seq": first, "last_seq": last})
        if turn.snapshot is not None:
            seq, prefix = turn.snapshot
            data = self._seal(snapshots, turn.conversation_id, seq, prefix)
            connection.execute(sa.delete(snapshots).where(snapshots.c.conversation_id == turn.conversation_id))
            connection.execute(sa.insert(snapshots), {**place, "first_seq": seq, "data": data})

    def _turn_events(self, connection: Connection, conversation_id: str, message_id: str) -> list[EventDict] | None:
        row = connection.execute(
            sa.select(turns.c.first_seq, turns.c.last_seq).where(
                turns.c.conversation_id == conversation_id,
                turns.c.message.in_(self._message_indexes(conversation_id, message_id)),
            )
        ).first()
        if row is None:
            return None
        found = self._events(connection, conversation_id, row.first_seq, row.last_seq)
        if len(found) != row.last_seq - row.first_seq + 1:
            raise UnreadableConversation("Events of a stored turn are missing.")
        return found

    def _message_indexes(self, conversation_id: str, message_id: str) -> list[bytes]:
        """Under the active key, and under the other one that a row may have while keys rotate."""
        value, place = f"{conversation_id}\n{message_id}", "tracker_turns.message"
        return [self._vault.blind_index(value, place), self._vault.blind_index(value, place, other=True)]

    def _seal(self, table: sa.Table, conversation_id: str, seq: int, value: Any) -> bytes:
        # Row and column are sealed in: a row copied over another of the same table must not open either.
        plain = _address(conversation_id, seq) + json.dumps(value, ensure_ascii=False).encode()
        return self._vault.seal(plain, f"{table.name}.data")

    def _open(self, table: sa.Table, conversation_id: str, seq: int, sealed: bytes) -> Any:
        try:
            plain = self._vault.open(bytes(sealed), f"{table.name}.data")
        except SealError as error:
            raise UnreadableConversation(str(error)) from error
        address = _address(conversation_id, seq)
        if not plain.startswith(address):
            raise UnreadableConversation(f"A row of {table.name} belongs to another conversation or place in it.")
        return json.loads(plain[len(address) :])


def _address(conversation_id: str, seq: int) -> bytes:
    return f"{conversation_id}\n{seq}\n".encode()
