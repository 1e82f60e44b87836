"""Products, their plans, and the policies sold on them.

What a policy covers is its plan's coverages, each replaced by the policy's own row where one was agreed: most
policies need no row of their own.
"""

from datetime import date

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from crm import normalise
from crm.domain import Line, PolicyStatus
from crm.schema.base import Base, Id, Label, Minor, Name, Text, reference
from crm.schema.types import Blind, Code, SealedJson


class Product(Base):
    """Something the insurer sells, in one line of business."""

    __tablename__ = "products"

    id: Mapped[Id]
    line: Mapped[Line] = mapped_column(Code(Line))
    code: Mapped[Label] = mapped_column(unique=True)
    name: Mapped[Name]
    currency: Mapped[Label]
    plans: Mapped[list["Plan"]] = relationship(back_populates="product")


class Plan(Base):
    """A level of cover of a product."""

    __tablename__ = "plans"
    __table_args__ = (UniqueConstraint("product_id", "code"),)

    id: Mapped[Id]
    product_id: Mapped[int] = reference("products.id")
    code: Mapped[Label]
    name: Mapped[Name]
    base_premium_minor: Mapped[Minor]
    product: Mapped[Product] = relationship(back_populates="plans")
    coverages: Mapped[list["PlanCoverage"]] = relationship(order_by="PlanCoverage.id")


class PlanCoverage(Base):
    """What every policy of a plan covers."""

    __tablename__ = "plan_coverages"
    __table_args__ = (UniqueConstraint("plan_id", "code"),)

    id: Mapped[Id]
    plan_id: Mapped[int] = reference("plans.id")
    code: Mapped[Label]
    name: Mapped[Name]
    limit_minor: Mapped[Minor | None]
    deductible_minor: Mapped[Minor]


class Policy(Base):
    """A contract with a customer. `insured` says what is insured, such as vehicle and plate."""

    __tablename__ = "policies"

    id: Mapped[Id]
    customer_id: Mapped[int] = reference("customers.id", index=True)
    plan_id: Mapped[int] = reference("plans.id")
    number: Mapped[Text]
    number_index: Mapped[str] = mapped_column(Blind(normalise.policy_number), unique=True)
    status: Mapped[PolicyStatus] = mapped_column(Code(PolicyStatus))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    premium_minor: Mapped[Minor]
    insured: Mapped[dict[str, str]] = mapped_column(SealedJson())
    plan: Mapped[Plan] = relationship()
    coverages: Mapped[list["PolicyCoverage"]] = relationship()

    @validates("number")
    def _index_number(self, _: str, value: str) -> str:
        self.number_index = value
        return value


class PolicyCoverage(Base):
    """What one policy has otherwise than its plan: another limit, another deductible, or not at all."""

    __tablename__ = "policy_coverages"
    __table_args__ = (UniqueConstraint("policy_id", "code"),)

    id: Mapped[Id]
    policy_id: Mapped[int] = reference("policies.id")
    code: Mapped[Label]
    name: Mapped[Name]
    limit_minor: Mapped[Minor | None]
    deductible_minor: Mapped[Minor]
    included: Mapped[bool]
