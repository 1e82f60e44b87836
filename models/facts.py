"""What the store knows of its customers, in one shape: for one of them in the conversation, and for all to learn from.

No names, no contact data, and no table library: the action server reads this for one customer.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Executable, bindparam, func, select
from sqlalchemy.orm import Session

from crm.domain import Line, PolicyStatus
from crm.schema import Claim, Complaint, Customer, Invoice, Plan, Policy, Product, Recommendation

_BATCH = 2_000
YEAR = 365.25
_UNPAID = ("open", "overdue")


@dataclass(frozen=True, slots=True)
class Held:
    """A policy a customer has, had, or will have. `premium` is for a year."""

    line: Line
    in_force: bool
    premium: float
    starts_on: date
    ends_on: date


@dataclass(frozen=True, slots=True)
class Answered:
    """What a customer said to an offer of a line."""

    line: Line
    accepted: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Facts:
    """A customer. `claims` and `overdue` name the line of each claim and of each instalment unpaid after its day."""

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
    complaints: int = 0
    answers: tuple[Answered, ...] = ()

    def holds(self, line: Line) -> bool:
        """Whether a policy of the line is in force."""
        return any(policy.in_force and policy.line is line for policy in self.policies)

    def holds_another(self, line: Line) -> bool:
        """Whether a policy of some other line is in force."""
        return any(policy.in_force and policy.line is not line for policy in self.policies)


def of_customer(session: Session, customer_id: int, today: date) -> Facts | None:
    """One customer; None for nobody, or for somebody whose data were erased. Answers to offers are not read."""
    asked = {"first": customer_id, "today": today}
    row = session.execute(_people(one=True), asked).first()
    return None if row is None else _facts(row, session.execute(_policies(one=True), asked).all(), (), today)


def of_all(session: Session, today: date, most: int | None = None) -> Iterator[Facts]:
    """All customers by id but the erased, with their answers; evenly thinned out to about `most` if there are more."""
    count, highest = session.execute(select(func.count(), func.max(Customer.id)).select_from(Customer)).one()
    step = max(1, -(-count // most)) if most else 1
    for first in range(0, (highest or 0) + 1, _BATCH):
        asked = {"first": first, "last": first + _BATCH - 1, "today": today, "step": step}
        people = session.execute(_people(one=False), asked).all()
        if people:
            policies = _grouped(session, _policies(one=False), asked)
            answers = _grouped(session, _answers(), asked)
            for row in people:
                yield _facts(row, policies.get(row.id, ()), answers.get(row.id, ()), today)


def _facts(row: Any, policies: Any, answers: Any, today: date) -> Facts:
    return Facts(
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
            Held(
                p.line,
                p.status is PolicyStatus.ACTIVE and p.starts_on <= today,
                p.premium_minor / 100,
                p.starts_on,
                p.ends_on,
            )
            for p in policies
        ),
        claims=tuple(p.line for p in policies for _ in range(p.claims)),
        overdue=tuple(p.line for p in policies for _ in range(p.overdue)),
        complaints=row.complaints,
        answers=tuple(Answered(a.line, a.outcome == "accepted", a.answered_at) for a in answers),
    )


# The statements are built once: for one customer, building them would cost more than running them.


@cache
def _people(*, one: bool) -> Executable:
    complaints = select(func.count()).where(Complaint.customer_id == Customer.id).scalar_subquery()
    query = select(
        Customer.id,
        Customer.birth_date,
        Customer.gender,
        Customer.marital_status,
        Customer.education,
        Customer.income_minor,
        Customer.language,
        Customer.marketing_consent,
        Customer.created_at,
        complaints.label("complaints"),
    ).where(_of(Customer.id, one), Customer.erased_at.is_(None))
    return query if one else query.where(Customer.id % bindparam("step") == 0).order_by(Customer.id)


@cache
def _policies(*, one: bool) -> Executable:
    """Each policy with its claims and overdue instalments."""
    claims = select(func.count()).where(Claim.policy_id == Policy.id)
    unpaid = select(func.count()).where(
        Invoice.customer_id == Policy.customer_id,  # which is indexed
        Invoice.policy_id == Policy.id,
        Invoice.due_on < bindparam("today"),
        Invoice.status.in_(_UNPAID),
    )
    return (
        select(
            Policy.customer_id,
            Product.line,
            Policy.status,
            Policy.premium_minor,
            Policy.starts_on,
            Policy.ends_on,
            claims.scalar_subquery().label("claims"),
            unpaid.scalar_subquery().label("overdue"),
        )
        .join(Plan, Plan.id == Policy.plan_id)
        .join(Product, Product.id == Plan.product_id)
        .where(_of(Policy.customer_id, one))
        .order_by(Policy.id)
    )


@cache
def _answers() -> Executable:
    return (
        select(Recommendation.customer_id, Product.line, Recommendation.outcome, Recommendation.answered_at)
        .join(Product, Product.id == Recommendation.product_id)
        .where(
            _of(Recommendation.customer_id, one=False),
            Recommendation.outcome.in_(("accepted", "declined")),
            Recommendation.answered_at.is_not(None),
        )
        .order_by(Recommendation.id)
    )


def _of(owner: Any, one: bool) -> ColumnElement[bool]:
    first: ColumnElement[bool] = owner == bindparam("first")
    return first if one else owner.between(bindparam("first"), bindparam("last"))


def _grouped(session: Session, statement: Executable, asked: Mapping[str, Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in session.execute(statement, asked):
        found.setdefault(row.customer_id, []).append(row)
    return found


def _age(born: date, today: date) -> float:
    return float(today.year - born.year - ((today.month, today.day) < (born.month, born.day)))
