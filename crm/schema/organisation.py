"""The insurer itself: units, branches, employees, opening hours, business information."""

from datetime import date, time

from sqlalchemy import CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.schema.base import Base, Id, Label, Name, Text, reference
from crm.schema.types import SealedJson


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
    """Somebody who works here."""

    __tablename__ = "employees"

    id: Mapped[Id]
    unit_id: Mapped[int] = reference("units.id")
    branch_id: Mapped[int | None] = reference("branches.id")
    name: Mapped[Text]
    title: Mapped[Name]
    email: Mapped[Text]
    phone: Mapped[Text]
    active: Mapped[bool]
    skills: Mapped[list["EmployeeSkill"]] = relationship()
    languages: Mapped[list["EmployeeLanguage"]] = relationship()


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
