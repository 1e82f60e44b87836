"""Two demo customers everybody can log in as: one with an open claim, one without."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.demo.numbers import Numbers
from crm.demo.world import World
from crm.domain import ClaimStatus, Line, PolicyStatus
from crm.errors import NotFound
from crm.schema import Claim, ClaimDocument, ClaimHistory, Customer, Invoice, Payment, Policy
from crm.services import _views, claims, policies

_PEOPLE = (
    {
        "id": 1,
        "given_name": "Margaret",
        "family_name": "Ellison",
        "birth_date": date(1979, 4, 18),
        "email": "margaret.ellison@example.com",
        "gender": "female",
        "marital_status": "married",
        "education": "bachelor",
        "income_minor": 5_840_000,
        "address": {"line": "18 Heron Lane", "city": "Alderwick", "postcode": "AW3 8HL", "country": "US"},
    },
    {
        "id": 2,
        "given_name": "Daniel",
        "family_name": "Okafor",
        "birth_date": date(1988, 9, 2),
        "email": "daniel.okafor@example.com",
        "gender": "male",
        "marital_status": "single",
        "education": "master",
        "income_minor": 4_710_000,
        "address": {"line": "5 Weavers Court", "city": "Fernbridge", "postcode": "FB1 5WC", "country": "US"},
    },
)
_INSURED: dict[int, dict[Line, dict[str, str]]] = {
    1: {
        Line.AUTO: {"vehicle": "Volvo V60", "plate": "KT47 QHM"},
        Line.HOME: {"dwelling": "semi-detached house", **_PEOPLE[0]["address"]},  # type: ignore[dict-item]
        Line.TRAVEL: {"region": "Europe"},
    },
    2: {
        Line.AUTO: {"vehicle": "Toyota Corolla", "plate": "WD82 LNE"},
        Line.HOME: {"dwelling": "flat", **_PEOPLE[1]["address"]},  # type: ignore[dict-item]
    },
}


@dataclass(frozen=True, slots=True)
class DemoLogin:
    """What somebody who tries the demo needs to be recognised."""

    policy_number: str
    birth_date: date
    name: str
    has_open_claim: bool


def add(session: Session, world: World, numbers: Numbers) -> None:
    """Add both, with ids 1 and 2; their policies are active at `world.as_of`."""
    policy_id = 0
    for person in _PEOPLE:
        customer = _add_customer(session, world, numbers, person)
        for line, insured in _INSURED[customer.id].items():
            policy_id += 1
            _add_policy(session, world, numbers, policy_id, customer, line, insured)
    _add_open_claim(session, world, numbers)
    _add_paid_claim(session, world, numbers, _first_auto(session, 2))


def demo_logins(session: Session) -> list[DemoLogin]:
    """Both demo customers, the one with an open claim first; empty when the store is not a demo."""
    logins = [_login(session, customer_id) for customer_id in (1, 2)]
    return sorted((login for login in logins if login), key=lambda login: not login.has_open_claim)


def _login(session: Session, customer_id: int) -> DemoLogin | None:
    customer = session.get(Customer, customer_id)
    person = _PEOPLE[customer_id - 1]
    if customer is None or customer.email != person["email"]:
        return None
    try:
        number = next(p.number for p in policies.list_policies(session, customer_id) if p.line is Line.AUTO)
    except StopIteration:
        raise NotFound("The demo customer has lost the auto policy; make a new demo store.") from None
    has_open_claim = any(claim.is_open for claim in claims.list_claims(session, customer_id))
    return DemoLogin(number, customer.birth_date, _views.full_name(customer), has_open_claim)


def _add_customer(session: Session, world: World, numbers: Numbers, person: dict) -> Customer:
    created = world.now - timedelta(days=1400)
    row = Customer(
        **person,
        phone=numbers.phone(person["id"]),
        language="en",
        marketing_consent=True,
        consent_at=created,
        created_at=created,
        agent_id=world.agents[person["id"] % len(world.agents)],
    )
    session.add(row)
    session.flush()
    return row


def _add_policy(
    session: Session,
    world: World,
    numbers: Numbers,
    policy_id: int,
    customer: Customer,
    line: Line,
    insured: dict[str, str],
) -> None:
    plan = world.plans[line][-1]
    starts_on = world.as_of - timedelta(days=120 + policy_id)
    session.add(
        Policy(
            id=policy_id,
            customer_id=customer.id,
            plan_id=plan.id,
            number=numbers.policy(policy_id),
            status=PolicyStatus.ACTIVE,
            starts_on=starts_on,
            ends_on=starts_on + timedelta(days=364),
            premium_minor=plan.premium_minor,
            insured=insured,
        )
    )
    session.flush()
    _add_invoice(session, world, policy_id, customer.id, plan.premium_minor // 4)


def _add_invoice(session: Session, world: World, policy_id: int, customer_id: int, amount: int) -> None:
    issued_on = world.as_of - timedelta(days=25)
    session.add(
        Invoice(
            id=policy_id,
            customer_id=customer_id,
            policy_id=policy_id,
            issued_on=issued_on,
            due_on=issued_on + timedelta(days=21),
            amount_minor=amount,
            status="paid",
        )
    )
    session.flush()
    session.add(
        Payment(
            id=policy_id,
            invoice_id=policy_id,
            paid_at=world.now - timedelta(days=12),
            amount_minor=amount,
            method="card",
        )
    )


def _add_open_claim(session: Session, world: World, numbers: Numbers) -> None:
    filed_at = world.now - timedelta(days=6)
    claim = _add_claim(session, world, numbers, _first_auto(session, 1), 1, filed_at, ClaimStatus.AWAITING_DOCUMENTS)
    session.add(ClaimDocument(claim_id=claim.id, document_type="photos", status="received", received_at=filed_at))
    _add_history(session, claim, filed_at, "filed", "assigned", "awaiting_documents")


def _add_paid_claim(session: Session, world: World, numbers: Numbers, policy: Policy) -> None:
    filed_at = world.now - timedelta(days=80)
    claim = _add_claim(session, world, numbers, policy, 2, filed_at, ClaimStatus.PAID)
    claim.paid_minor = 86_000
    _add_history(session, claim, filed_at, "filed", "assigned", "in_review", "paid")


def _add_claim(
    session: Session,
    world: World,
    numbers: Numbers,
    policy: Policy,
    claim_id: int,
    filed_at: datetime,
    status: ClaimStatus,
) -> Claim:
    row = Claim(
        id=claim_id,
        customer_id=policy.customer_id,
        policy_id=policy.id,
        handler_id=world.handlers[Line.AUTO][claim_id],
        number=numbers.claim(claim_id),
        kind="collision",
        status=status,
        incident_on=(filed_at - timedelta(days=1)).date(),
        incident_time="17:40",
        place="Station Road, Alderwick",
        description="Another driver ran into the rear bumper while I waited at the lights.",
        details={},
        estimate_minor=112_000,
        filed_at=filed_at,
    )
    session.add(row)
    session.flush()
    return row


def _add_history(session: Session, claim: Claim, filed_at: datetime, *codes: str) -> None:
    for place, code in enumerate(codes):
        session.add(ClaimHistory(claim_id=claim.id, at=filed_at + timedelta(hours=9 * place), code=code))
        session.flush()


def _first_auto(session: Session, customer_id: int) -> Policy:
    rows = session.scalars(select(Policy).where(Policy.customer_id == customer_id).order_by(Policy.id))
    return next(row for row in rows if row.plan.product.line is Line.AUTO)
