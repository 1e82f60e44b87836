"""The store: one database, one vault, and the sessions to work in."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from crm import migrations
from crm.audit_trail import TrailedSession, enter_reads
from crm.domain.audit import Actor
from crm.schema.types import bind_vault
from crm.settings import CrmSettings
from vault import Vault

_READING = "careline_reading"
_USED = "careline_used"
_BUSY_TIMEOUT_MS = 30_000
# Kept open, as many as a process has threads that use the store: one that is closed after use is soon made again, which
# costs PostgreSQL more than what is asked of it.
_CONNECTIONS = 16
_TRUSTED = 5.0  # seconds after its last use for which a connection is taken to be alive


class Store:
    """The customer store.

    A store may be shared by threads; a session may not.
    """

    def __init__(self, engine: Engine, vault: Vault) -> None:
        self.engine = engine
        self.vault = vault

    @classmethod
    def open(cls, database_url: str | URL, vault: Vault) -> "Store":
        """The store at `database_url` (SQLite or PostgreSQL). Nothing is created or migrated."""
        url = make_url(database_url)
        on_sqlite = url.get_backend_name() == "sqlite"
        engine = _sqlite(url) if on_sqlite else _postgres(url)
        bind_vault(engine.dialect, vault)
        return cls(engine, vault)

    @classmethod
    def from_settings(cls, settings: CrmSettings | None = None) -> "Store":
        """The store the environment names, with the installation's vault."""
        settings = settings or CrmSettings()
        return cls.open(settings.url, Vault.load(settings.key_file))

    @contextmanager
    def session(self, actor: Actor | None = None) -> Iterator[Session]:
        """A unit of work that may write: committed at the end, rolled back on an error.

        What it reads and changes is entered in the audit as `actor`'s doing (see `crm.audit_trail`).

        On SQLite it holds the write lock from its first statement on, so keep it short and wait for nothing
        in it.
        """
        self.vault.refresh()
        with TrailedSession(self.engine, expire_on_commit=False, actor=actor) as session, session.begin():
            yield session

    @contextmanager
    def reading(self, actor: Actor | None = None) -> Iterator[Session]:
        """A session that only reads; on SQLite it neither waits for writers nor holds them up.

        What was read of a customer is entered in the audit before the block is left. A change raises `RuntimeError`.
        """
        self.vault.refresh()
        with TrailedSession(self.engine, actor=actor) as session:
            session.only_reads = True
            session.connection(execution_options=_reading(self.engine))
            yield session
            trail = session.trail
            trail.remember(session)
            session.rollback()
            session.trail = trail
            enter_reads(session)

    def migrate(self) -> None:
        """Bring the tables to the newest version; safe to call at every start."""
        with self.engine.begin() as connection:
            migrations.upgrade(connection)

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()


def _reading(engine: Engine) -> dict[str, Any]:
    """How a session's connection reads. On PostgreSQL each statement sees what was committed before it, within a
    transaction as without one: without, beginning and ending it are saved."""
    return {_READING: True} if engine.dialect.name == "sqlite" else {"isolation_level": "AUTOCOMMIT"}


def _postgres(url: URL) -> Engine:
    engine = create_engine(url, pool_size=_CONNECTIONS)

    def note_use(_: Any, record: ConnectionPoolEntry) -> None:
        record.info[_USED] = monotonic()

    def ask(dbapi_connection: Any, record: ConnectionPoolEntry, _: Any) -> None:
        """Ask one that has been idle for a while whether it is still there; if not, the pool makes another."""
        if monotonic() - record.info.get(_USED, monotonic()) < _TRUSTED:
            return
        try:
            engine.dialect.do_ping(dbapi_connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError("It does not answer any more.") from error

    event.listen(engine, "checkin", note_use)
    event.listen(engine, "checkout", ask)
    return engine


def _sqlite(url: URL) -> Engine:
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": _BUSY_TIMEOUT_MS / 1000})
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(dbapi_connection: Any, _: Any) -> None:
    """WAL lets readers and one writer work side by side; `NORMAL` survives any death of a process."""
    dbapi_connection.isolation_level = None  # transactions are begun by `_begin`, not by the driver's guess
    cursor = dbapi_connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA secure_delete = ON")
    cursor.close()


def _begin(connection: Connection) -> None:
    """Take the write lock at once: a transaction that reads first and writes later could fail at the write."""
    reading = connection.get_execution_options().get(_READING, False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
