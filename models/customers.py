"""The customers of the store as a table to learn from: one row each, no names, no contact data."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import polars as pl
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.domain import Line, PolicyStatus
from crm.schema import Claim, Complaint, Customer, Invoice, Plan, Policy, Product
from models.offers_facts import people

_BATCH = 5_000
PRODUCTS = [f"holds {line.value}" for line in Line]


def table(session: Session, today: date) -> pl.DataFrame:
    """One row a customer: age, family, education, income, what they hold, paid, claimed and complained about.

    `left` says that they have had policies and hold none now; `years` how long they were or are with us.
    """
    parts = [pl.DataFrame(rows, infer_schema_length=None) for rows in _rows(session, today)]
    return pl.concat(parts, how="vertical_relaxed") if parts else pl.DataFrame()


def contracts(session: Session, today: date) -> pl.DataFrame:
    """One row a policy: line, years in force until today or its end, and whether it was ended."""
    query = (
        select(Policy.starts_on, Policy.ends_on, Policy.status, Product.line)
        .join(Plan, Plan.id == Policy.plan_id)
        .join(Product, Product.id == Plan.product_id)
    )
    rows = []
    for starts_on, ends_on, status, line in session.execute(query).yield_per(_BATCH):
        running = status == PolicyStatus.ACTIVE
        until = today if running else min(ends_on, today)
        years = max(0.0, (until - starts_on).days / 365.25)
        rows.append({"line": line.value, "years": years, "ended": not running})
    return pl.DataFrame(rows, schema={"line": pl.String, "years": pl.Float64, "ended": pl.Boolean})


def _rows(session: Session, today: date) -> Iterator[list[dict[str, Any]]]:
    last = 0
    while True:
        query = people().where(Customer.id > last).order_by(Customer.id).limit(_BATCH)
        found = session.execute(query).all()
        if not found:
            return
        ids = (found[0].id, found[-1].id)
        last = ids[1]
        held = _policies(session, ids)
        claims = _counts(session, Claim.customer_id, ids)
        complaints = _counts(session, Complaint.customer_id, ids)
        overdue = _overdue(session, ids, today)
        yield [
            {
                **_person(row, today),
                **_holdings(held.get(row.id, []), today),
                "claims": claims.get(row.id, 0),
                "complaints": complaints.get(row.id, 0),
                "overdue invoices": overdue.get(row.id, 0),
            }
            for row in found
        ]


def _person(row: Any, today: date) -> dict[str, Any]:
    born = row.birth_date
    age = None if born is None else today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    return {
        "customer_id": row.id,
        "age": None if age is None else float(age),
        "gender": row.gender,
        "marital status": row.marital_status,
        "education": row.education,
        "income": None if row.income_minor is None else row.income_minor / 100,
        "language": row.language,
        "consent to marketing": "yes" if row.marketing_consent else "no",
    }


def _holdings(policies: list[Any], today: date) -> dict[str, Any]:
    running = [policy for policy in policies if policy.status == PolicyStatus.ACTIVE]
    lines = {policy.line for policy in running}
    first = min((policy.starts_on for policy in policies), default=today)
    end = today if running else max((min(policy.ends_on, today) for policy in policies), default=today)
    return {
        **{f"holds {line.value}": line in lines for line in Line},
        "policies": len(running),
        "premium a year": sum(policy.premium_minor for policy in running) / 100,
        "years": max(0.0, (end - first).days / 365.25),
        "left": "yes" if policies and not running else "no",
    }


def _policies(session: Session, ids: tuple[int, int]) -> dict[int, list[Any]]:
    query = (
        select(Policy.customer_id, Policy.status, Policy.starts_on, Policy.ends_on, Policy.premium_minor, Product.line)
        .join(Plan, Plan.id == Policy.plan_id)
        .join(Product, Product.id == Plan.product_id)
        .where(Policy.customer_id.between(*ids))
    )
    found: dict[int, list[Any]] = {}
    for row in session.execute(query):
        found.setdefault(row.customer_id, []).append(row)
    return found


def _counts(session: Session, owner: Any, ids: tuple[int, int]) -> dict[int, int]:
    query = select(owner, func.count()).where(owner.between(*ids)).group_by(owner)
    return {row[0]: row[1] for row in session.execute(query)}


def _overdue(session: Session, ids: tuple[int, int], today: date) -> dict[int, int]:
    due = (Invoice.customer_id.between(*ids), Invoice.due_on < today, Invoice.status == "open")
    query = select(Invoice.customer_id, func.count()).where(*due).group_by(Invoice.customer_id)
    return {row[0]: row[1] for row in session.execute(query)}
