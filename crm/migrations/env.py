"""Alembic's entry: runs the migrations on the connection it was handed."""

from typing import Any, Literal

from alembic import context
from sqlalchemy import LargeBinary, text

from crm.schema import Base
from crm.schema.types import Blind, Code, Sealed, UtcDateTime

_LOCK = 7_345_021  # any number, the same in every process: starters of one PostgreSQL take turns


def _render(kind: str, item: Any, _: Any) -> str | Literal[False]:
    """Write our own types as the plain ones below them: old migrations must not depend on today's code."""
    if kind != "type":
        return False
    if isinstance(item, Sealed | Blind):
        return f"sa.{LargeBinary.__name__}()"
    if isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if isinstance(item, Code):
        return "sa.String(length=32)"
    return False


def _run() -> None:
    connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_item=_render,
        render_as_batch=connection.dialect.name == "sqlite",
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        context.run_migrations()


_run()
