"""Customers."""

from datetime import date

from sqlalchemy.orm import Mapped, mapped_column, validates

from crm import normalise
from crm.schema.base import Base, Id, Label, Moment, Text, reference
from crm.schema.types import Blind, SealedDate, SealedJson, SealedText


class Customer(Base):
    """A person who has, had or may want a policy.

    An erased one keeps the row, without anything about the person: what the law keeps still refers to it.
    """

    __tablename__ = "customers"

    id: Mapped[Id]
    given_name: Mapped[Text]
    family_name: Mapped[Text]
    birth_date: Mapped[date] = mapped_column(SealedDate())
    email: Mapped[Text]
    email_index: Mapped[str] = mapped_column(Blind(normalise.email), index=True)
    phone: Mapped[Text]
    phone_index: Mapped[str] = mapped_column(Blind(normalise.phone), index=True)
    address: Mapped[dict[str, str]] = mapped_column(SealedJson())
    gender: Mapped[str | None] = mapped_column(SealedText())
    marital_status: Mapped[str | None] = mapped_column(SealedText())
    education: Mapped[str | None] = mapped_column(SealedText())
    income_minor: Mapped[int | None] = mapped_column(SealedJson())
    language: Mapped[Label]
    marketing_consent: Mapped[bool]
    consent_at: Mapped[Moment | None]
    agent_id: Mapped[int | None] = reference("employees.id")
    created_at: Mapped[Moment]
    erased_at: Mapped[Moment | None]

    @validates("email")
    def _index_email(self, _: str, value: str) -> str:
        self.email_index = value
        return value

    @validates("phone")
    def _index_phone(self, _: str, value: str) -> str:
        self.phone_index = value
        return value
