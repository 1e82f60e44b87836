"""The insurer itself: units, branches, teams, employees and their hours, product sheets, key figures."""

from datetime import date, time

from sqlalchemy import JSON, CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.schema.base import Base, Id, Label, Name, Text, reference
from crm.schema.types import Blind, SealedJson


class Unit(Base):
    """A part of the organisation, below another one. A unit with call-backs says how many fit in one slot."""

    __tablename__ = "units"

    id: Mapped[Id]
    parent_id: Mapped[int | None] = reference("units.id")
    code: Mapped[Label] = mapped_column(unique=True)
    name: Mapped[Name]
    callbacks_per_slot: Mapped[int] = mapped_column(default=0)


class Branch(Base):
    """A place that customers can visit."""

    __tablename__ = "branches"

    id: Mapped[Id]
    name: Mapped[Name]
    address: Mapped[dict[str, str]] = mapped_column(SealedJson())
    phone: Mapped[Text]
    time_zone: Mapped[Label]
    hours: Mapped[list["OpeningHours"]] = relationship()


class OpeningHours(Base):
    """When a unit or a branch is there; `weekday` 0 is Monday, times are local."""

    __tablename__ = "opening_hours"
    __table_args__ = (CheckConstraint("(unit_id IS NULL) <> (branch_id IS NULL)", name="ck_opening_hours_one_owner"),)

    id: Mapped[Id]
    unit_id: Mapped[int | None] = reference("units.id")
    branch_id: Mapped[int | None] = reference("branches.id")
    weekday: Mapped[int]
    opens: Mapped[time]
    closes: Mapped[time]


class ClosedDay(Base):
    """A day on which nobody is there."""

    __tablename__ = "closed_days"

    day: Mapped[date] = mapped_column(primary_key=True)
    name: Mapped[Name]


class BusinessInformation(Base):
    """A fact about the insurer, such as `time_zone` or `emergency_phone`; nothing personal."""

    __tablename__ = "business_information"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str] = mapped_column(String(500))


class Employee(Base):
    """Somebody who works here.

    `time_zone` is the business's when unset; `capacity` is how many customers they can be with at a time.
    """

    __tablename__ = "employees"

    id: Mapped[Id]
    unit_id: Mapped[int] = reference("units.id")
    branch_id: Mapped[int | None] = reference("branches.id")
    name: Mapped[Text]
    title: Mapped[Name]
    email: Mapped[Text]
    phone: Mapped[Text]
    active: Mapped[bool]
    time_zone: Mapped[Label | None]
    capacity: Mapped[int] = mapped_column(default=3, server_default="3")
    skills: Mapped[list["EmployeeSkill"]] = relationship()
    languages: Mapped[list["EmployeeLanguage"]] = relationship()
    hours: Mapped[list["WorkingHours"]] = relationship()
    absences: Mapped[list["Absence"]] = relationship()


class EmployeeSkill(Base):
    """What an employee can do, such as `claims_auto`, from 1 (learning) to 5 (teaching)."""

    __tablename__ = "employee_skills"
    __table_args__ = (UniqueConstraint("employee_id", "skill"),)

    id: Mapped[Id]
    employee_id: Mapped[int] = reference("employees.id")
    skill: Mapped[Label] = mapped_column(index=True)
    level: Mapped[int]


class EmployeeLanguage(Base):
    """A language an employee serves customers in."""

    __tablename__ = "employee_languages"
    __table_args__ = (UniqueConstraint("employee_id", "language"),)

    id: Mapped[Id]
    employee_id: Mapped[int] = reference("employees.id")
    language: Mapped[Label]


class WorkingHours(Base):
    """When an employee works; `weekday` 0 is Monday, times are local to them."""

    __tablename__ = "working_hours"
    __table_args__ = (CheckConstraint("starts < ends", name="ck_working_hours_forward"),)

    id: Mapped[Id]
    employee_id: Mapped[int] = reference("employees.id", index=True)
    weekday: Mapped[int]
    starts: Mapped[time]
    ends: Mapped[time]


class Absence(Base):
    """Days on which an employee is away, both included; why is nobody else's business."""

    __tablename__ = "absences"

    id: Mapped[Id]
    employee_id: Mapped[int] = reference("employees.id", index=True)
    first_day: Mapped[date]
    last_day: Mapped[date]
    reason: Mapped[Text]


class Team(Base):
    """Employees who share work."""

    __tablename__ = "teams"

    id: Mapped[Id]
    unit_id: Mapped[int] = reference("units.id")
    code: Mapped[Label] = mapped_column(unique=True)
    name: Mapped[Name]
    members: Mapped[list["TeamMember"]] = relationship(order_by="TeamMember.id")


class TeamMember(Base):
    """An employee's place in a team."""

    __tablename__ = "team_members"
    __table_args__ = (UniqueConstraint("team_id", "employee_id"),)

    id: Mapped[Id]
    team_id: Mapped[int] = reference("teams.id")
    employee_id: Mapped[int] = reference("employees.id", index=True)
    leads: Mapped[bool] = mapped_column(default=False)
    employee: Mapped[Employee] = relationship()


class ProductSheet(Base):
    """What a product is, in a few words of one language."""

    __tablename__ = "product_sheets"
    __table_args__ = (UniqueConstraint("product_id", "language"),)

    id: Mapped[Id]
    product_id: Mapped[int] = reference("products.id")
    language: Mapped[Label]
    title: Mapped[Name]
    summary: Mapped[str] = mapped_column(String(2000))
    covered: Mapped[list[str]] = mapped_column(JSON())
    not_covered: Mapped[list[str]] = mapped_column(JSON())
    valid_from: Mapped[date]


class KeyFigure(Base):
    """A figure the insurer reports about itself, such as the share of claims settled in time, for a period."""

    __tablename__ = "key_figures"
    __table_args__ = (UniqueConstraint("code", "period"),)

    id: Mapped[Id]
    code: Mapped[Label]
    period: Mapped[Label]
    value: Mapped[float]
    unit: Mapped[Label]


class ExternalCustomer(Base):
    """Under which reference another system knows a customer, whose row here is a copy of what it said last."""

    __tablename__ = "external_customers"

    id: Mapped[Id]
    customer_id: Mapped[int] = reference("customers.id", unique=True)
    reference: Mapped[Text]
    reference_index: Mapped[str] = mapped_column(Blind(str), unique=True)
