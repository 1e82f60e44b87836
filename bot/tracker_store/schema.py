"""Tables of the tracker store and the engine that reaches them."""

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.engine.url import make_url
from sqlalchemy.pool import QueuePool

metadata = sa.MetaData()

# Every event of every conversation, in order, without gaps from 0.
events = sa.Table(
    "tracker_events",
    metadata,
    sa.Column("conversation_id", sa.String(255), primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
)

# Where the window of a conversation begins, and the events that recreate the state before it.
snapshots = sa.Table(
    "tracker_snapshots",
    metadata,
    sa.Column("conversation_id", sa.String(255), primary_key=True),
    sa.Column("first_seq", sa.Integer, nullable=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
)

# Which events a message brought about; `message` is a blind index, since clients choose message ids.
turns = sa.Table(
    "tracker_turns",
    metadata,
    sa.Column("conversation_id", sa.String(255), primary_key=True),
    sa.Column("message", sa.LargeBinary(16), primary_key=True),
    sa.Column("first_seq", sa.Integer, nullable=False),
    sa.Column("last_seq", sa.Integer, nullable=False),
)

TABLES = (events, snapshots, turns)


def open_engine(url: str) -> Engine:
    """The engine for a SQLite file or a PostgreSQL database; connects on first use."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return sa.create_engine(parsed, pool_size=4, max_overflow=4, pool_pre_ping=True)
    if parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(
        parsed,
        poolclass=QueuePool,  # the default for files opens a connection, and sets it up, for every statement
        pool_size=4,
        connect_args={"check_same_thread": False, "timeout": 10},
    )
    sa.event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")  # readers and the writer do not wait for each other
    cursor.execute("PRAGMA synchronous=NORMAL")  # a killed process loses nothing; a power cut at most the last turn
    cursor.execute("PRAGMA secure_delete=ON")  # what is erased is overwritten
    cursor.close()
