"""What is known of a customer when one line of business is considered: the same for learning and for scoring.

Whatever tells whether they hold the line is left out: its own policies, their premiums, claims and instalments are not
counted, only those of the other lines. No table library is used here: the action server runs this for one customer.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from crm.domain import Line, PolicyStatus
from crm.schema import Claim, Customer, Invoice, Plan, Policy, Product, Recommendation

_BATCH = 2_000
_YEAR = 365.25
PROTECTED = ("gender",)  # of the columns below; for the check of fairness, never learned from


@dataclass(frozen=True, slots=True)
class Held:
    """A policy a customer has or had."""

    line: Line
    in_force: bool
    premium: float


@dataclass(frozen=True, slots=True)
class Answered:
    """What a customer said to an offer of a line."""

    line: Line
    accepted: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Facts:
    """A customer. `claims` and `overdue` name the line of each claim and of each unpaid instalment."""

    customer_id: int
    age: float
    gender: str | None
    marital_status: str | None
    education: str | None
    income: float | None
    language: str
    since: datetime
    consent: bool
    policies: tuple[Held, ...]
    claims: tuple[Line, ...]
    overdue: tuple[Line, ...]
    answers: tuple[Answered, ...] = ()

    def holds(self, line: Line) -> bool:
        """Whether a policy of the line is in force."""
        return any(policy.in_force and policy.line is line for policy in self.policies)

    def holds_another(self, line: Line) -> bool:
        """Whether a policy of some other line is in force."""
        return any(policy.in_force and policy.line is not line for policy in self.policies)


def values(facts: Facts, line: Line, today: date) -> dict[str, Any]:
    """The columns a model of `line` is given, without anything that tells whether the line is held."""
    others = [policy for policy in facts.policies if policy.in_force and policy.line is not line]
    return {
        "age": facts.age,
        "gender": facts.gender,
        "marital status": facts.marital_status,
        "education": facts.education,
        "income": facts.income,
        "language": facts.language,
        **{f"holds {other.value}": "yes" if facts.holds(other) else "no" for other in Line if other is not line},
        "other policies": float(len(others)),
        "premium of other policies": sum(policy.premium for policy in others),
        "years a customer": max(0.0, (today - facts.since.date()).days / _YEAR),
        "claims under other policies": float(sum(claimed is not line for claimed in facts.claims)),
        "overdue on other policies": float(sum(owed is not line for owed in facts.overdue)),
    }


def of_customer(session: Session, customer_id: int, today: date) -> Facts | None:
    """One customer; None for nobody, or for somebody whose data were erased. Answers to offers are not read."""
    return next(iter(_read(session, Customer.id == customer_id, (customer_id, customer_id), today, False)), None)


def of_all(session: Session, today: date, most: int) -> Iterator[Facts]:
    """All customers by id, with their answers; evenly thinned out to about `most` when there are more."""
    count, highest = session.execute(select(func.count(), func.max(Customer.id)).select_from(Customer)).one()
    step = max(1, -(-count // most))
    for first in range(0, (highest or 0) + 1, _BATCH):
        ids = (first, first + _BATCH - 1)
        wanted = Customer.id.between(*ids) & (Customer.id % step == 0) if step > 1 else Customer.id.between(*ids)
        yield from _read(session, wanted, ids, today, True)


def _read(
    session: Session, wanted: ColumnElement[bool], ids: tuple[int, int], today: date, answers: bool
) -> Iterator[Facts]:
    found = session.execute(people().where(wanted, Customer.erased_at.is_(None)).order_by(Customer.id)).all()
    if not found:
        return
    policies = _grouped(
        session.execute(
            select(Policy.customer_id, Product.line, Policy.status, Policy.premium_minor, Policy.starts_on)
            .join(Plan, Plan.id == Policy.plan_id)
            .join(Product, Product.id == Plan.product_id)
            .where(_of(Policy.customer_id, ids))
        )
    )
    claims = _grouped(session.execute(_by_line(Claim, ids)))
    owed = _grouped(
        session.execute(_by_line(Invoice, ids).where(Invoice.due_on < today, Invoice.status.in_(("open", "overdue"))))
    )
    said = _grouped(session.execute(_answers(ids))) if answers else {}
    for row in found:
        yield Facts(
            customer_id=row.id,
            age=_age(row.birth_date, today),
            gender=row.gender,
            marital_status=row.marital_status,
            education=row.education,
            income=None if row.income_minor is None else row.income_minor / 100,
            language=row.language,
            since=row.created_at,
            consent=row.marketing_consent,
            policies=tuple(
                Held(p.line, p.status is PolicyStatus.ACTIVE and p.starts_on <= today, p.premium_minor / 100)
                for p in policies.get(row.id, ())
            ),
            claims=tuple(claim.line for claim in claims.get(row.id, ())),
            overdue=tuple(invoice.line for invoice in owed.get(row.id, ())),
            answers=tuple(Answered(a.line, a.outcome == "accepted", a.answered_at) for a in said.get(row.id, ())),
        )


def people() -> Any:
    """The columns of every customer that something may be learned from; no name, no contact data."""
    return select(
        Customer.id,
        Customer.birth_date,
        Customer.gender,
        Customer.marital_status,
        Customer.education,
        Customer.income_minor,
        Customer.language,
        Customer.marketing_consent,
        Customer.created_at,
    )


def _by_line(table: Any, ids: tuple[int, int]) -> Any:
    """Owner and line of each claim or invoice."""
    return (
        select(table.customer_id, Product.line)
        .join(Policy, Policy.id == table.policy_id)
        .join(Plan, Plan.id == Policy.plan_id)
        .join(Product, Product.id == Plan.product_id)
        .where(_of(table.customer_id, ids))
    )


def _answers(ids: tuple[int, int]) -> Any:
    return (
        select(Recommendation.customer_id, Product.line, Recommendation.outcome, Recommendation.answered_at)
        .join(Product, Product.id == Recommendation.product_id)
        .where(
            _of(Recommendation.customer_id, ids),
            Recommendation.outcome.in_(("accepted", "declined")),
            Recommendation.answered_at.is_not(None),
        )
        .order_by(Recommendation.id)
    )


def _of(owner: Any, ids: tuple[int, int]) -> Any:
    return owner == ids[0] if ids[0] == ids[1] else owner.between(*ids)


def _grouped(rows: Any) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row.customer_id, []).append(row)
    return found


def _age(born: date, today: date) -> float:
    return float(today.year - born.year - ((today.month, today.day) < (born.month, born.day)))
