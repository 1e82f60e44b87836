"""The three statements of `crm.services.customer_360`, built once.

What a customer has in many tables comes in one UNION ALL of rows of one shape (`_SHAPE`). Sealed values pass through it
as they are stored and are opened by the column they came from, so that each is opened once and only if it is used.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    Row,
    Select,
    String,
    bindparam,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.types import NullType

from crm.domain import OPEN_STATUSES
from crm.schema import (
    Branch,
    BusinessInformation,
    Claim,
    ClaimDocument,
    ClaimHistory,
    Complaint,
    Customer,
    Employee,
    EmployeeLanguage,
    Feedback,
    Interaction,
    Invoice,
    Payment,
    Plan,
    PlanCoverage,
    Policy,
    PolicyCoverage,
    Product,
    Recommendation,
    Renewal,
    ServiceRequest,
)
from crm.schema.types import UtcDateTime

NEWEST = 10  # of interactions, requests and complaints
SETTLED = ("paid", "cancelled")  # invoices that nobody owes any more

_ID = bindparam("customer_id", type_=BigInteger())
_SEALED_AS = Customer.given_name.type  # what an empty place among sealed values is cast to
_SHAPE = {
    **{name: BigInteger() for name in ("parent", "ident", "n1", "n2", "n3")},
    **{name: String() for name in ("c1", "c2", "c3", "c4")},
    **{name: UtcDateTime() for name in ("m1", "m2")},
    **{name: Date() for name in ("d1", "d2")},
    **{name: _SEALED_AS for name in ("s1", "s2", "s3", "s4", "s5", "s6")},
}
_SEALED_NAMES = tuple(name for name in _SHAPE if name.startswith("s"))
_opened_by: dict[str, dict[str, Any]] = {}


def _rows(kind: str, **columns: Any) -> Select[Any]:
    """A member of the union: the columns that are named, the others empty."""
    shaped: list[ColumnElement[Any]] = [literal(kind, String()).label("kind")]
    for name, shape in _SHAPE.items():
        column = columns.get(name)
        if column is None:
            empty = cast(null(), shape)
            shaped.append((type_coerce(empty, NullType()) if name in _SEALED_NAMES else empty).label(name))
        elif name in _SEALED_NAMES:
            _opened_by.setdefault(kind, {})[name] = column.type
            shaped.append(type_coerce(column, NullType()).label(name))
        else:
            shaped.append(type_coerce(column, shape).label(name))
    return select(*shaped)


_POLICY_IDS = select(Policy.id).where(Policy.customer_id == _ID)
_OPEN_CLAIMS = (Claim.customer_id == _ID, Claim.status.in_(sorted(OPEN_STATUSES)))
_AGENT_ID = (
    select(Employee.id)
    .join(Customer, Customer.agent_id == Employee.id)
    .where(Customer.id == _ID, Employee.active)
    .scalar_subquery()
)
_AGENT_BRANCH = select(Employee.branch_id).where(Employee.id == _AGENT_ID).scalar_subquery()


def _newest(table: Any, at: InstrumentedAttribute[Any], limit: int = NEWEST) -> Any:
    """Ids of the newest rows of a customer: inside of a union only a sub-select may be cut off."""
    newest = select(table.id).where(table.customer_id == _ID).order_by(at.desc(), table.id.desc()).limit(limit)
    return table.id.in_(select(newest.subquery().c.id))


def _coverages() -> list[Select[Any]]:
    of_plans = select(Policy.plan_id).where(Policy.customer_id == _ID)
    standard = _rows(
        "standard",
        parent=PlanCoverage.plan_id,
        ident=PlanCoverage.id,
        c1=PlanCoverage.code,
        c2=PlanCoverage.name,
        n1=PlanCoverage.limit_minor,
        n2=PlanCoverage.deductible_minor,
        n3=literal(1, BigInteger()),
    ).where(PlanCoverage.plan_id.in_(of_plans))
    agreed = _rows(
        "agreed",
        parent=PolicyCoverage.policy_id,
        ident=PolicyCoverage.id,
        c1=PolicyCoverage.code,
        c2=PolicyCoverage.name,
        n1=PolicyCoverage.limit_minor,
        n2=PolicyCoverage.deductible_minor,
        n3=case((PolicyCoverage.included, 1), else_=0),
    ).where(PolicyCoverage.policy_id.in_(_POLICY_IDS))
    return [standard, agreed]


def _claims() -> list[Select[Any]]:
    claims = _rows(
        "claim",
        parent=Claim.policy_id,
        ident=Claim.id,
        c1=Claim.kind,
        c2=Claim.status,
        n1=Claim.estimate_minor,
        n2=Claim.paid_minor,
        n3=Claim.handler_id,
        m1=Claim.filed_at,
        s1=Claim.number,
        s2=Claim.incident_on,
        s3=Claim.incident_time,
        s4=Claim.place,
        s5=Claim.description,
        s6=Claim.details,
    ).where(*_OPEN_CLAIMS)
    handlers = _rows(
        "handler", ident=Employee.id, c1=Employee.title, s1=Employee.name, s2=Employee.phone, s3=Employee.email
    ).where(Employee.id.in_(select(Claim.handler_id).where(*_OPEN_CLAIMS)))
    ids = select(Claim.id).where(*_OPEN_CLAIMS)
    events = _rows(
        "event",
        parent=ClaimHistory.claim_id,
        ident=ClaimHistory.id,
        c1=ClaimHistory.code,
        m1=ClaimHistory.at,
        s1=ClaimHistory.note,
    ).where(ClaimHistory.claim_id.in_(ids))
    documents = _rows(
        "document",
        parent=ClaimDocument.claim_id,
        ident=ClaimDocument.id,
        c1=ClaimDocument.document_type,
        c2=ClaimDocument.status,
        c3=ClaimDocument.attachment_id,
        m1=ClaimDocument.received_at,
    ).where(ClaimDocument.claim_id.in_(ids))
    return [claims, handlers, events, documents]


def _money() -> list[Select[Any]]:
    received = select(func.sum(Payment.amount_minor)).where(Payment.invoice_id == Invoice.id).scalar_subquery()
    invoices = _rows(
        "invoice",
        parent=Invoice.policy_id,
        ident=Invoice.id,
        n1=Invoice.amount_minor,
        n2=cast(func.coalesce(received, 0), BigInteger),
        d1=Invoice.issued_on,
        d2=Invoice.due_on,
    ).where(Invoice.customer_id == _ID, Invoice.status.not_in(SETTLED))
    last = (
        select(Payment.id)
        .join(Invoice, Invoice.id == Payment.invoice_id)
        .where(Invoice.customer_id == _ID)
        .order_by(Payment.paid_at.desc(), Payment.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    payment = (
        _rows(
            "payment",
            parent=Invoice.policy_id,
            ident=Payment.id,
            c1=Payment.method,
            n1=Payment.amount_minor,
            m1=Payment.paid_at,
            s1=Payment.reference,
        )
        .join_from(Payment, Invoice, Invoice.id == Payment.invoice_id)
        .where(Payment.id == last)
    )
    renewals = _rows(
        "renewal",
        parent=Renewal.policy_id,
        ident=Renewal.id,
        n1=Renewal.previous_premium_minor,
        n2=Renewal.premium_minor,
        m1=Renewal.accepted_at,
        d1=Renewal.starts_on,
    ).where(Renewal.policy_id.in_(_POLICY_IDS))
    return [invoices, payment, renewals]


def _contacts() -> list[Select[Any]]:
    interactions = _rows(
        "interaction",
        ident=Interaction.id,
        c1=Interaction.channel,
        c2=Interaction.topic,
        m1=Interaction.at,
        s1=Interaction.summary,
    ).where(_newest(Interaction, Interaction.at))
    requests = _rows(
        "request",
        parent=ServiceRequest.policy_id,
        ident=ServiceRequest.id,
        c1=ServiceRequest.kind,
        c2=ServiceRequest.status,
        m1=ServiceRequest.requested_at,
        m2=ServiceRequest.closed_at,
        d1=ServiceRequest.due_on,
        s1=ServiceRequest.number,
        s2=ServiceRequest.data,
    ).where(_newest(ServiceRequest, ServiceRequest.requested_at))
    complaints = _rows(
        "complaint",
        ident=Complaint.id,
        c1=Complaint.topic,
        c2=Complaint.status,
        m1=Complaint.received_at,
        m2=Complaint.answered_at,
        d1=Complaint.answer_due_on,
        s1=Complaint.number,
        s2=Complaint.text,
    ).where(_newest(Complaint, Complaint.received_at))
    feedback = _rows("feedback", ident=Feedback.id, n1=Feedback.score, m1=Feedback.at).where(
        _newest(Feedback, Feedback.at, 1)
    )
    recommendation = (
        _rows(
            "recommendation",
            ident=Recommendation.id,
            c1=Product.line,
            c2=Product.name,
            c3=Recommendation.channel,
            c4=Recommendation.outcome,
            m1=Recommendation.offered_at,
            m2=Recommendation.answered_at,
        )
        .join_from(Recommendation, Product, Product.id == Recommendation.product_id)
        .where(_newest(Recommendation, Recommendation.offered_at, 1))
    )
    return [interactions, requests, complaints, feedback, recommendation]


def _places() -> list[Select[Any]]:
    languages = _rows("language", ident=EmployeeLanguage.id, c1=EmployeeLanguage.language).where(
        EmployeeLanguage.employee_id == _AGENT_ID
    )
    branches = _rows("branch", ident=Branch.id, c1=Branch.name, s1=Branch.address, s2=Branch.phone).where(
        or_(Branch.id == _AGENT_BRANCH, _AGENT_BRANCH.is_(None))
    )
    return [languages, branches]


def _fact(key: str) -> ColumnElement[str]:
    fact = select(BusinessInformation.value).where(BusinessInformation.key == key)
    return fact.scalar_subquery().label(key)


_AGENT = (Employee.name, Employee.title, Employee.phone, Employee.email, Employee.branch_id)
PERSON = (
    select(
        *(column for column in Customer.__table__.columns if not column.name.endswith("_index")),
        Employee.id.label("agent"),
        *(column.label(f"agent_{column.name}") for column in _AGENT),
        _fact("time_zone"),
        _fact("currency"),
    )
    .outerjoin(Employee, (Employee.id == Customer.agent_id) & Employee.active)
    .where(Customer.id == _ID, Customer.erased_at.is_(None))
)
POLICIES = (
    select(
        *(column for column in Policy.__table__.columns if not column.name.endswith("_index")),
        Plan.name.label("plan_name"),
        Product.name.label("product_name"),
        Product.line,
        Product.currency,
    )
    .join(Plan, Plan.id == Policy.plan_id)
    .join(Product, Product.id == Plan.product_id)
    .where(Policy.customer_id == _ID)
)
BELONGINGS = union_all(*_coverages(), *_claims(), *_money(), *_contacts(), *_places())


def belongings(session: Session, customer_id: int) -> Mapping[str, list[Row[Any]]]:
    """The rows of the union by kind."""
    found: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in session.execute(BELONGINGS, {"customer_id": customer_id}):
        found[row.kind].append(row)
    return found


def opened(session: Session, row: Row[Any], name: str) -> Any:
    """A sealed value of a row of the union, opened. Raises `vault.SealError` when it was altered."""
    return _opened_by[row.kind][name].process_result_value(getattr(row, name), session.get_bind().dialect)
