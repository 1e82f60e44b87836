"""From the bot to a person: hand-offs, their steps, who is at the desk, call-backs."""

from sqlalchemy import JSON, ForeignKey, Index, String, false, text
from sqlalchemy.orm import Mapped, mapped_column

from crm.domain import HandoffReason, HandoffState, Line, PresenceStatus
from crm.schema.base import Base, BigId, Id, Label, Moment, Text, reference
from crm.schema.types import Code, SealedText


class Handoff(Base):
    """A customer who waits for a person, or is with one. A conversation has at most one that is not over.

    `line`, `about_claim` and `skills` are what its matter asks of the employee; `waiting_since` is unset while
    nobody waits.
    """

    __tablename__ = "handoffs"
    __table_args__ = (
        Index("ix_handoffs_state_id", "state", "id"),
        Index(
            "ix_handoffs_one_open",
            "conversation_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_handoffs_employee_id_state", "employee_id", "state"),
        Index("ix_handoffs_ended_at", "ended_at"),
    )

    id: Mapped[Id]
    conversation_id: Mapped[str] = mapped_column(String(32), ForeignKey("conversations.id"), index=True)
    employee_id: Mapped[int | None] = reference("employees.id")
    state: Mapped[HandoffState] = mapped_column(Code(HandoffState))
    reason: Mapped[HandoffReason] = mapped_column(Code(HandoffReason))
    priority: Mapped[int] = mapped_column(default=0, server_default="0")
    line: Mapped[Line | None] = mapped_column(Code(Line))
    about_claim: Mapped[bool] = mapped_column(default=False, server_default=false())
    skills: Mapped[list[str]] = mapped_column(JSON(), default=list, server_default=text("'[]'"))
    team_id: Mapped[int | None] = reference("teams.id")
    offered_to: Mapped[int | None] = reference("employees.id")
    offered_until: Mapped[Moment | None]
    summary: Mapped[Text]
    requested_at: Mapped[Moment]
    waiting_since: Mapped[Moment | None]
    accepted_at: Mapped[Moment | None]
    active_at: Mapped[Moment | None]
    ended_at: Mapped[Moment | None]
    disposition: Mapped[Label | None]


class HandoffTransition(Base):
    """One change of a hand-off's state; rows are only ever added.

    `employee_id` is who made it, or to whom it was offered.
    """

    __tablename__ = "handoff_transitions"
    __table_args__ = (Index("ix_handoff_transitions_state_at", "state", "at"),)

    id: Mapped[Id]
    handoff_id: Mapped[int] = reference("handoffs.id", index=True)
    state: Mapped[HandoffState] = mapped_column(Code(HandoffState))
    at: Mapped[Moment]
    employee_id: Mapped[int | None] = reference("employees.id")
    note: Mapped[str | None] = mapped_column(SealedText())


class Presence(Base):
    """What an employee said last about being at the desk, and when their page was last heard of."""

    __tablename__ = "presences"

    employee_id: Mapped[int] = mapped_column(BigId, ForeignKey("employees.id"), primary_key=True, autoincrement=False)
    status: Mapped[PresenceStatus] = mapped_column(Code(PresenceStatus))
    since: Mapped[Moment]
    seen_at: Mapped[Moment]


class Callback(Base):
    """A booked call-back; one that was called off keeps its row and frees its slot."""

    __tablename__ = "callbacks"

    id: Mapped[Id]
    conversation_id: Mapped[str] = mapped_column(String(32), ForeignKey("conversations.id"), index=True)
    handoff_id: Mapped[int | None] = reference("handoffs.id")
    unit_id: Mapped[int] = reference("units.id")
    reference: Mapped[Text]
    phone: Mapped[Text]
    at_start: Mapped[Moment] = mapped_column(index=True)
    at_end: Mapped[Moment]
    note: Mapped[str | None] = mapped_column(SealedText())
    cancelled_at: Mapped[Moment | None]
