"""Quotes."""

from datetime import date
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, validates

from crm import normalise
from crm.domain import Line
from crm.schema.base import Base, Id, Label, Minor, Moment, Text, reference
from crm.schema.types import Blind, Code, SealedJson


class Quote(Base):
    """A price that was named; `steps` is how it came about."""

    __tablename__ = "quotes"

    id: Mapped[Id]
    customer_id: Mapped[int | None] = reference("customers.id", index=True)
    conversation_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("conversations.id"), index=True)
    number: Mapped[Text]
    number_index: Mapped[str] = mapped_column(Blind(normalise.reference_number), unique=True)
    line: Mapped[Line] = mapped_column(Code(Line))
    answers: Mapped[dict[str, str]] = mapped_column(SealedJson())
    steps: Mapped[list[dict[str, Any]]] = mapped_column(SealedJson())
    currency: Mapped[Label]
    base_minor: Mapped[Minor]
    premium_minor: Mapped[Minor]
    created_at: Mapped[Moment]
    valid_until: Mapped[date]

    @validates("number")
    def _index_number(self, _: str, value: str) -> str:
        self.number_index = value
        return value
