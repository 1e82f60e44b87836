"""What messages are found by."""

from sqlalchemy import ForeignKey, PrimaryKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm.schema.base import Base, BigId
from crm.schema.types import Blind


class MessageToken(Base):
    """That a word occurs in a message: the word's keyed index, never the word. Goes with its message."""

    __tablename__ = "message_tokens"
    __table_args__ = (PrimaryKeyConstraint("token", "message_id"),)

    token: Mapped[str] = mapped_column(Blind(str))
    message_id: Mapped[int] = mapped_column(BigId, ForeignKey("messages.id", ondelete="CASCADE"), index=True)
