"""A chunk of demo customers with all that belongs to them."""

from datetime import datetime, time, timedelta, timezone

import numpy as np

from crm.bulk import Rows
from crm.demo import lists
from crm.demo.contacts import add_contacts
from crm.demo.incidents import add_claims
from crm.demo.numbers import Numbers
from crm.demo.population import LINES, draw
from crm.demo.world import Held, Offered, Person, World
from crm.domain import Education, Gender, Line, MaritalStatus, PolicyStatus

FIRST_ID = 10  # the personas' ids lie below
_GENDERS, _MARITAL, _EDUCATION = tuple(Gender), tuple(MaritalStatus), tuple(Education)
_STATUSES = (PolicyStatus.ACTIVE, PolicyStatus.LAPSED, PolicyStatus.CANCELLED, PolicyStatus.EXPIRED)


def make_chunk(world: World, numbers: Numbers, rows: Rows, first: int, size: int) -> None:
    """Add customers number `first` to `first + size - 1`; the same chunk of a seed is always the same."""
    rng = np.random.default_rng([world.seed, 1, first])
    people = draw(rng, size)
    draws = rng.integers(0, 2**40, (size, 6)).tolist()
    uniform = rng.random((size, 60)).tolist()
    for at in range(size):
        person = Person(FIRST_ID + first + at, at, people, uniform[at])
        _add_customer(world, numbers, rows, person, draws[at])
        held = _add_policies(world, numbers, rows, person, draws[at])
        add_claims(world, numbers, rows, person, held)
        add_contacts(world, rows, person)


def _add_customer(world: World, numbers: Numbers, rows: Rows, person: Person, draws: list[int]) -> None:
    gender = int(person.trait("gender"))
    name = lists.person_name(gender, bool(person.trait("chinese")), draws[0], draws[1])
    domains = lists.words()["domains"]
    email = f"{name.spelled}{person.id}@{domains[draws[2] % len(domains)]}"
    phone = numbers.phone(person.id)
    created = world.now - timedelta(days=int(person.trait("tenure_days")))
    income_known, education_known = person.u[0] > 0.04, person.u[1] > 0.03
    rows.add(
        "customers",
        id=person.id,
        given_name=name.given,
        family_name=name.family,
        birth_date=world.as_of - timedelta(days=int(person.trait("age_days"))),
        email=email,
        email_index=email,
        phone=phone,
        phone_index=phone,
        address=lists.address(draws[3]),
        gender=_GENDERS[gender].value,
        marital_status=_MARITAL[person.trait("marital")].value,
        education=_EDUCATION[person.trait("education")].value if education_known else None,
        income_minor=int(person.trait("income_minor")) if income_known else None,
        language="zh" if person.trait("chinese") and person.u[2] < 0.6 else "en",
        marketing_consent=bool(person.trait("consent")),
        consent_at=created,
        agent_id=world.agents[draws[4] % len(world.agents)] if person.u[3] < 0.6 else None,
        created_at=created,
    )


def _add_policies(world: World, numbers: Numbers, rows: Rows, person: Person, draws: list[int]) -> list[Held]:
    holds = person.trait("holds").tolist()
    return [
        _add_policy(world, numbers, rows, person, line, place, draws[5])
        for place, line in enumerate(LINES)
        if holds[place]
    ]


def _add_policy(world: World, numbers: Numbers, rows: Rows, person: Person, line: Line, place: int, draw: int) -> Held:
    u = person.u[5 + 6 * place : 11 + 6 * place]
    policy_id = FIRST_ID + (person.id - FIRST_ID) * len(LINES) + place
    wealth, risk = float(person.trait("wealth")), float(person.trait("risk"))
    plans = world.plans[line]
    plan = plans[min(int(max(u[0] + 0.18 * wealth, 0) * len(plans)), len(plans) - 1)]
    status = _status(u[1] - 0.03 * wealth)
    starts_on = world.as_of - timedelta(days=int(u[2] * 360))
    if status is not PolicyStatus.ACTIVE:
        starts_on -= timedelta(days=370)
    young = person.trait("age_days") < 25 * 365
    factor = 0.75 + 0.5 * u[3] + 0.08 * risk + (0.5 if young and line is Line.AUTO else 0)
    premium = int(plan.premium_minor * max(factor, 0.5) / 100) * 100
    rows.add(
        "policies",
        id=policy_id,
        customer_id=person.id,
        plan_id=plan.id,
        number=(number := numbers.policy(policy_id)),
        number_index=number,
        status=status,
        starts_on=starts_on,
        ends_on=starts_on + timedelta(days=364),
        premium_minor=premium,
        insured=_insured(line, draw + place, wealth, u[4]),
    )
    if u[4] < 0.1:
        _agree_otherwise(rows, policy_id, plan)
    _add_invoice(world, rows, person, policy_id, status, premium, u)
    return Held(policy_id, line, status, starts_on)


def _status(u: float) -> PolicyStatus:
    for status, limit in zip(_STATUSES[1:], (0.05, 0.09, 0.14), strict=True):
        if u < limit:
            return status
    return PolicyStatus.ACTIVE


def _insured(line: Line, draw: int, wealth: float, u: float) -> dict[str, str]:
    """What is insured; the wealthier, the further down the lists."""
    words = lists.words()
    if line is Line.AUTO:
        return {"vehicle": _by_wealth(words["vehicles"], wealth, u), "plate": lists.plate(draw)}
    if line is Line.HOME:
        return {"dwelling": _by_wealth(words["dwellings"], wealth, u), **lists.address(draw)}
    if line is Line.TRAVEL:
        return {"region": words["regions"][draw % len(words["regions"])]}
    return {"persons": str(1 + draw % 4) if line is Line.HEALTH else "1"}


def _by_wealth(choices: list[str], wealth: float, u: float) -> str:
    place = (0.4 + 0.15 * wealth + 0.5 * (u - 0.5)) * len(choices)
    return choices[min(max(int(place), 0), len(choices) - 1)]


def _agree_otherwise(rows: Rows, policy_id: int, plan: Offered) -> None:
    code, name, limit, deductible = plan.first_coverage
    rows.add(
        "policy_coverages",
        id=policy_id,
        policy_id=policy_id,
        code=code,
        name=name,
        limit_minor=limit * 2 if limit else None,
        deductible_minor=deductible,
        included=True,
    )


def _add_invoice(
    world: World,
    rows: Rows,
    person: Person,
    policy_id: int,
    status: PolicyStatus,
    premium: int,
    u: list[float],
) -> None:
    """The newest quarterly instalment; who has less, and who is careless, pays late."""
    issued_on = world.as_of - timedelta(days=int(u[3] * 90) + (0 if status is PolicyStatus.ACTIVE else 280))
    due_on = issued_on + timedelta(days=21)
    late = u[5] < 0.09 - 0.04 * float(person.trait("wealth")) + 0.02 * float(person.trait("risk"))
    waits = due_on > world.as_of and u[1] > 0.6
    paid = not late and not waits and status is not PolicyStatus.LAPSED
    state = "paid" if paid else "open" if due_on > world.as_of else "overdue"
    rows.add(
        "invoices",
        id=policy_id,
        customer_id=person.id,
        policy_id=policy_id,
        issued_on=issued_on,
        due_on=due_on,
        amount_minor=premium // 4,
        status=state,
    )
    if paid:
        paid_on = min(issued_on + timedelta(days=int(u[0] * 20)), world.as_of)
        rows.add(
            "payments",
            id=policy_id,
            invoice_id=policy_id,
            paid_at=datetime.combine(paid_on, time(5), tzinfo=timezone.utc),
            amount_minor=premium // 4,
            method=("autopay", "card", "transfer")[int(u[2] * 3)],
            reference=f"R{policy_id:08d}",
        )
