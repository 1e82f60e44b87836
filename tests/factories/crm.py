"""Makers of rows in the customer store. Each takes a session, fills in what does not matter, and returns the row."""

from datetime import date, datetime, time, timedelta, timezone
from itertools import count

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.domain import ClaimReport, ConversationView, Line, PolicyStatus
from crm.schema import (
    Branch,
    BusinessInformation,
    Customer,
    Employee,
    EmployeeSkill,
    Invoice,
    OpeningHours,
    Plan,
    PlanCoverage,
    Policy,
    Product,
    Unit,
)
from crm.services import calls, conversations

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=timezone.utc)  # a Friday morning in London
BORN = date(1984, 3, 9)
_numbers = count(1)


def a_customer(session: Session, **values: object) -> Customer:
    """A customer born on `BORN`, with an e-mail address and phone of their own."""
    n = next(_numbers)
    defaults = {
        "given_name": "Imogen",
        "family_name": f"Thackeray{n}",
        "birth_date": BORN,
        "email": f"imogen.{n}@example.com",
        "phone": f"+1555{2_000_000 + n}",
        "address": {"line": "4 Quince Lane", "city": "Alderwick", "postcode": "AW4 2QL", "country": "GB"},
        "gender": "female",
        "marital_status": "married",
        "education": "master",
        "income_minor": 5_230_000,
        "language": "en",
        "marketing_consent": True,
        "created_at": NOW - timedelta(days=900),
    }
    return _added(session, Customer(**(defaults | values)))


def a_plan(session: Session, line: Line = Line.AUTO) -> Plan:
    """A plan with two coverages of a product of `line`."""
    code = f"{line}-{next(_numbers)}"
    product = _added(session, Product(line=line, code=code, name=f"{line.title()} cover", currency="USD"))
    plan = _added(session, Plan(product_id=product.id, code="plus", name="Plus", base_premium_minor=60_000))
    for coverage, limit in (("liability", 100_000_000), ("theft", 4_000_000)):
        session.add(
            PlanCoverage(
                plan_id=plan.id, code=coverage, name=coverage.title(), limit_minor=limit, deductible_minor=25_000
            )
        )
    session.flush()
    return plan


def a_policy(session: Session, customer: Customer | None = None, line: Line = Line.AUTO, **values: object) -> Policy:
    """An active policy of `line`, for a new customer unless one is given."""
    customer = customer or a_customer(session)
    n = next(_numbers)
    defaults = {
        "customer_id": customer.id,
        "plan_id": a_plan(session, line).id,
        "number": f"PA-{2_000_000 + n}",
        "status": PolicyStatus.ACTIVE,
        "starts_on": date(2026, 1, 1),
        "ends_on": date(2026, 12, 31),
        "premium_minor": 60_000,
        "insured": {"vehicle": "Volvo V60", "plate": f"QX{n:02d} ZZT"},
    }
    return _added(session, Policy(**(defaults | values)))


def an_invoice(session: Session, policy: Policy, due_on: date = date(2026, 12, 1), **values: object) -> Invoice:
    """An unpaid instalment of 150.00 on `policy`."""
    defaults = {
        "customer_id": policy.customer_id,
        "policy_id": policy.id,
        "issued_on": due_on - timedelta(days=21),
        "due_on": due_on,
        "amount_minor": 15_000,
        "status": "open",
    }
    return _added(session, Invoice(**(defaults | values)))


def a_report(policy: Policy, **values: object) -> ClaimReport:
    """A collision on `policy`, a week before `NOW`."""
    defaults = {
        "policy_number": policy.number,
        "kind": "collision",
        "incident_on": date(2026, 11, 13),
        "incident_time": time(17, 30),
        "place": "Marlow Street",
        "description": "Hit a bollard while parking",
        "details": {"injured": "no"},
    }
    return ClaimReport(**(defaults | values))


def a_conversation(session: Session, browser: str = "browser-1", now: datetime = NOW) -> ConversationView:
    """An open chat."""
    return conversations.open_conversation(session, channel="chat", browser=browser, now=now)


def a_call(session: Session, now: datetime = NOW, **values: object) -> ConversationView:
    """A conversation that is a call over the telephone system, just begun."""
    view = conversations.open_conversation(session, channel="voice", browser="call-1", now=now)
    frame = {"transport": "audiosocket", "caller": "+15552009999", "rate": 8000, "language": "en"}
    calls.begin(session, view.id, now=now, **(frame | values))
    return view


def an_employee(session: Session, *skills: str, **values: object) -> Employee:
    """An active employee with `skills`."""
    defaults = {
        "unit_id": care_unit(session).id,
        "name": "Rhona Castell",
        "title": "Handler",
        "email": "rhona@example.com",
        "phone": "+15552000000",
        "active": True,
    }
    employee = _added(session, Employee(**(defaults | values)))
    session.add_all(EmployeeSkill(employee_id=employee.id, skill=skill, level=3) for skill in skills)
    session.flush()
    return employee


def care_unit(session: Session, callbacks_per_slot: int = 1) -> Unit:
    """Customer care, open from 9 to 17 on weekdays in London."""
    unit = session.scalars(select(Unit).where(Unit.code == "customer_care")).one_or_none()
    if unit:
        return unit
    unit = Unit(code="customer_care", name="Customer care", callbacks_per_slot=callbacks_per_slot)
    _added(session, unit)
    session.add(BusinessInformation(key="time_zone", value="Europe/London"))
    for weekday in range(5):
        session.add(OpeningHours(unit_id=unit.id, weekday=weekday, opens=time(9), closes=time(17)))
    session.flush()
    return unit


def a_branch(session: Session, city: str = "Alderwick", postcode: str = "AW1 1HS") -> Branch:
    """A branch in a town of the map, open from 9 to 17 on weekdays in London."""
    address = {"line": "1 Harbour Square", "city": city, "postcode": postcode, "country": "US"}
    branch = _added(
        session, Branch(name=city, address=address, phone="+15552000001", time_zone="Europe/London", hours=[])
    )
    for weekday in range(5):
        session.add(OpeningHours(branch_id=branch.id, weekday=weekday, opens=time(9), closes=time(17)))
    session.flush()
    session.expire(branch)
    return branch


def _added(session: Session, row):
    session.add(row)
    session.flush()
    return row
