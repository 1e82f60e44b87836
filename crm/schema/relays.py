"""Hand-offs that another product's people answer: how far each side has been carried to the other."""

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from crm.schema.base import Base, BigId, Id, Label, Moment, reference


class HandoffRelay(Base):
    """A hand-off and its conversation in the other product.

    `carried_seq` is the last of our messages that is there, `heard_id` the last of theirs that is here. A gateway works
    on it until `claimed_until` at most; `look_at` is when it is next compared with the other product, `retry_at` when
    it may be tried again after a failure. `attempts` counts claims since the last one that came to its end.
    """

    __tablename__ = "handoff_relays"
    __table_args__ = (Index("ix_handoff_relays_target_remote_id", "target", "remote_id"),)

    handoff_id: Mapped[int] = reference("handoffs.id", primary_key=True, autoincrement=False)
    target: Mapped[Label]
    contact_id: Mapped[int | None] = mapped_column(BigId)
    remote_id: Mapped[int | None] = mapped_column(BigId)
    noted: Mapped[bool] = mapped_column(default=False)
    carried_seq: Mapped[int]
    heard_id: Mapped[int] = mapped_column(BigId, default=0)
    claimed_until: Mapped[Moment | None]
    look_at: Mapped[Moment]
    retry_at: Mapped[Moment | None]
    attempts: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[Moment | None] = mapped_column(index=True)


class RelayAgent(Base):
    """An agent of the other product, and the employee who stands for them here."""

    __tablename__ = "relay_agents"
    __table_args__ = (Index("uq_relay_agents_target_remote_id", "target", "remote_id", unique=True),)

    id: Mapped[Id]
    target: Mapped[Label]
    remote_id: Mapped[int] = mapped_column(BigId)
    employee_id: Mapped[int] = reference("employees.id")
