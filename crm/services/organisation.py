"""The insurer itself: when it is open, where, and who looks after whom."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.domain import (
    Address,
    BranchView,
    BusinessHours,
    Handler,
    KeyFigure,
    Line,
    OpeningSpan,
    ProductSheet,
)
from crm.errors import NotFound
from crm.schema import (
    Branch,
    BusinessInformation,
    ClosedDay,
    Customer,
    Employee,
    OpeningHours,
    Product,
    Unit,
)
from crm.schema import KeyFigure as KeyFigureRow
from crm.schema import ProductSheet as SheetRow
from crm.services import _views
from crm.services._rows import business_value

CARE_UNIT = "customer_care"
DEMO_KEY = "demo"  # where a demo store notes how it was made; no fact about the insurer


def business_hours(session: Session) -> BusinessHours:
    """When customer care answers, in the business's time zone."""
    query = select(OpeningHours).join(Unit, Unit.id == OpeningHours.unit_id).where(Unit.code == CARE_UNIT)
    return _hours(session, business_value(session, "time_zone", "UTC"), session.scalars(query))


def branches(session: Session, *, city: str | None = None) -> list[BranchView]:
    """All branches, or those of a city, by name."""
    views = [_branch(session, row) for row in session.scalars(select(Branch).order_by(Branch.name))]
    return [view for view in views if city is None or view.address.city.casefold() == city.strip().casefold()]


def agent_of(session: Session, customer_id: int) -> Handler | None:
    """The employee who looks after a customer, if there is one."""
    query = select(Employee).join(Customer, Customer.agent_id == Employee.id).where(Customer.id == customer_id)
    row = session.scalars(query).one_or_none()
    return _views.handler(row) if row else None


def business_information(session: Session) -> dict[str, str]:
    """All facts about the insurer, such as `name`, `phone`, `emergency_phone`, `time_zone`, `currency`."""
    rows = session.scalars(select(BusinessInformation).where(BusinessInformation.key != DEMO_KEY))
    return {row.key: row.value for row in rows}


def product_sheet(session: Session, line: Line, language: str) -> ProductSheet:
    """What the product of a line is, in `language`, else in English, else in any. Raises `NotFound` without any."""
    query = select(SheetRow).join(Product, Product.id == SheetRow.product_id).where(Product.line == line)
    rows = session.scalars(query.order_by(SheetRow.id)).all()
    if not rows:
        raise NotFound(f"There is no sheet of a product in {line}.")
    row = min(rows, key=lambda row: (row.language != language, row.language != "en"))
    return ProductSheet(
        line, row.language, row.title, row.summary, tuple(row.covered), tuple(row.not_covered), row.valid_from
    )


def key_figures(session: Session, period: str | None = None) -> list[KeyFigure]:
    """The insurer's key figures of a period such as `2025`, by code; of all periods, the newest first."""
    query = select(KeyFigureRow).order_by(KeyFigureRow.period.desc(), KeyFigureRow.code)
    if period is not None:
        query = query.where(KeyFigureRow.period == period)
    return [KeyFigure(row.code, row.period, row.value, row.unit) for row in session.scalars(query)]


def _branch(session: Session, row: Branch) -> BranchView:
    hours = _hours(session, row.time_zone, row.hours)
    return BranchView(row.id, row.name, Address(**row.address), row.phone, hours)


def _hours(session: Session, time_zone: str, rows: Iterable[OpeningHours]) -> BusinessHours:
    spans = sorted(
        (OpeningSpan(row.weekday, row.opens, row.closes) for row in rows), key=lambda s: (s.weekday, s.opens)
    )
    return BusinessHours(time_zone, tuple(spans), frozenset(session.scalars(select(ClosedDay.day))))
