"""The customers of the store as tables to describe and compare: no names, no contact data."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

import polars as pl

from crm.domain import Line
from models.facts import YEAR, Facts

_BATCH = 5_000
PRODUCTS = [f"holds {line.value}" for line in Line]
LEFT = "left"
_CONTRACT = {"line": pl.String, "years": pl.Float64, "ended": pl.Boolean}


def tables(people: Iterable[Facts], today: date) -> tuple[pl.DataFrame, pl.DataFrame]:
    """One row a customer and one row a contract.

    Returns:
        customers: age, family, education, income, what they hold, pay, claimed and complained about; `left` says that
            they have had policies and hold none now, `years` how long they have been or were with us.
        contracts: line, years in force until today or its end, and whether it was ended.
    """
    customers, contracts = [], []
    for batch in _batches(people):
        customers.append(pl.DataFrame([_customer(one, today) for one in batch], infer_schema_length=None))
        contracts.append(pl.DataFrame([row for one in batch for row in _contracts(one, today)], schema=_CONTRACT))
    if not customers:
        return pl.DataFrame(), pl.DataFrame(schema=_CONTRACT)
    return pl.concat(customers, how="vertical_relaxed"), pl.concat(contracts)


def _batches(people: Iterable[Facts]) -> Iterator[list[Facts]]:
    """Parts small enough to be lists of dictionaries for a while."""
    batch: list[Facts] = []
    for one in people:
        batch.append(one)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _customer(one: Facts, today: date) -> dict[str, Any]:
    begun = [policy for policy in one.policies if policy.starts_on <= today]
    running = [policy for policy in begun if policy.in_force]
    first = min((policy.starts_on for policy in begun), default=today)
    end = today if running else max((min(policy.ends_on, today) for policy in begun), default=today)
    return {
        "age": one.age,
        "gender": one.gender,
        "marital status": one.marital_status,
        "education": one.education,
        "income": one.income,
        "language": one.language,
        "consent to marketing": "yes" if one.consent else "no",
        **{f"holds {line.value}": one.holds(line) for line in Line},
        "policies": len(running),
        "premium a year": sum(policy.premium for policy in running),
        "years": max(0.0, (end - first).days / YEAR),
        "claims": len(one.claims),
        "complaints": one.complaints,
        "overdue invoices": len(one.overdue),
        LEFT: "yes" if begun and not running else "no",
    }


def _contracts(one: Facts, today: date) -> Iterator[dict[str, Any]]:
    for policy in one.policies:
        if policy.starts_on <= today:
            until = today if policy.in_force else min(policy.ends_on, today)
            years = max(0.0, (until - policy.starts_on).days / YEAR)
            yield {"line": policy.line.value, "years": years, "ended": not policy.in_force}
