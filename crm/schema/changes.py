"""What changes about a policy in its life."""

from datetime import date
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm.schema.base import Base, Id, Label, Minor, Moment, Text, reference
from crm.schema.types import SealedJson


class PolicyHistory(Base):
    """One thing that happened to a policy; rows are only ever added. `details` says what was changed."""

    __tablename__ = "policy_history"

    id: Mapped[Id]
    policy_id: Mapped[int] = reference("policies.id", index=True)
    at: Mapped[Moment]
    code: Mapped[Label]
    details: Mapped[dict[str, Any]] = mapped_column(SealedJson())


class Renewal(Base):
    """A further year of a policy that the customer accepted."""

    __tablename__ = "renewals"
    __table_args__ = (UniqueConstraint("policy_id", "starts_on"),)

    id: Mapped[Id]
    policy_id: Mapped[int] = reference("policies.id")
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    previous_premium_minor: Mapped[Minor]
    premium_minor: Mapped[Minor]
    accepted_at: Mapped[Moment]


class PolicyBeneficiary(Base):
    """Who is paid by a life policy; the shares of a policy make 100."""

    __tablename__ = "policy_beneficiaries"

    id: Mapped[Id]
    policy_id: Mapped[int] = reference("policies.id", index=True)
    name: Mapped[Text]
    relation: Mapped[Text]
    share: Mapped[int]
