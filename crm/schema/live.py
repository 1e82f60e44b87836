"""Which gateways are at work, and which of them answers in which conversation."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from crm.schema.base import Base, HexId, Label


class GatewayProcess(Base):
    """A gateway that is running, or was killed a moment ago.

    `beat` goes up while it lives; `place` and `pid` let a gateway on the same machine see at once that it is dead.
    """

    __tablename__ = "gateway_processes"

    id: Mapped[HexId]
    place: Mapped[Label]
    pid: Mapped[int]
    beat: Mapped[int]


class TurnLease(Base):
    """The gateway that brings a conversation's messages to the bot, one after the other."""

    __tablename__ = "turn_leases"

    conversation_id: Mapped[str] = mapped_column(String(32), ForeignKey("conversations.id"), primary_key=True)
    gateway_id: Mapped[str] = mapped_column(String(32), ForeignKey("gateway_processes.id"), index=True)
