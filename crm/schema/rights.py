"""Erasures on their way, and the daily work of the house."""

from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from crm.domain import ErasureState
from crm.schema.base import Base, HexId, Id, Label, Moment, reference
from crm.schema.types import Code, SealedJson


class Erasure(Base):
    """A customer's erasure. It is done in steps, each of which may be repeated; nothing in it is personal.

    `conversation_id` is the conversation in which it was asked for: it is closed before it goes, and so is no
    reference. `kept` says what the law keeps, as table, number of rows and last day.
    """

    __tablename__ = "erasures"

    id: Mapped[Id]
    customer_id: Mapped[int] = reference("customers.id", index=True)
    state: Mapped[ErasureState] = mapped_column(Code(ErasureState), index=True)
    language: Mapped[Label]
    conversation_id: Mapped[str | None] = mapped_column(String(32))
    kept: Mapped[list[dict[str, Any]]] = mapped_column(SealedJson())
    requested_at: Mapped[Moment]
    erased_at: Mapped[Moment | None]
    finished_at: Mapped[Moment | None]


class TrackerForget(Base):
    """A conversation that the store has deleted and the bot has still to forget."""

    __tablename__ = "tracker_forgets"

    conversation_id: Mapped[HexId]
    erasure_id: Mapped[int | None] = reference("erasures.id", index=True)
    queued_at: Mapped[Moment]
    attempts: Mapped[int]
    next_try_at: Mapped[Moment]


class HousekeepingRun(Base):
    """When a daily piece of work was last begun and finished, so that one process does it once a day."""

    __tablename__ = "housekeeping_runs"

    task: Mapped[str] = mapped_column(String(64), primary_key=True)
    started_at: Mapped[Moment]
    finished_at: Mapped[Moment | None]
