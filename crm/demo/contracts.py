"""The policies of a demo customer: when each began, its renewals and premiums, and how it ended."""

from datetime import date, datetime, time, timedelta, timezone

from crm.bulk import Rows
from crm.demo import histories, lists
from crm.demo.numbers import Numbers
from crm.demo.population import LINES
from crm.demo.world import Held, Offered, Person, World
from crm.domain import Line, PolicyStatus

FIRST_ID = 10  # the personas' ids lie below
RENEWALS_ROOM = 32
_DAY = timedelta(days=1)


def add_policies(world: World, numbers: Numbers, rows: Rows, person: Person, draw: int) -> list[Held]:
    """Add the policies of the lines a customer holds or held."""
    holds = person.trait("holds").tolist()
    return [
        _add_policy(world, numbers, rows, person, line, place, draw) for place, line in enumerate(LINES) if holds[place]
    ]


def _add_policy(world: World, numbers: Numbers, rows: Rows, person: Person, line: Line, place: int, draw: int) -> Held:
    u = person.u[5 + 6 * place : 11 + 6 * place]
    policy_id = FIRST_ID + (person.id - FIRST_ID) * len(LINES) + place
    wealth, risk = float(person.trait("wealth")), float(person.trait("risk"))
    plans = world.plans[line]
    plan = plans[min(int(max(u[0] + 0.18 * wealth, 0) * len(plans)), len(plans) - 1)]
    held = _held(world, person, policy_id, line, place)
    years = _years(held, world.as_of)
    young = person.trait("age_days") < 25 * 365
    rises = person.history.rises[person.at, place].tolist()
    factor = 0.75 + 0.5 * u[3] + 0.08 * risk + (0.5 if young and line is Line.AUTO else 0)
    premium = int(plan.premium_minor * max(factor + rises[len(years)], 0.5) / 100) * 100
    rows.add(
        "policies",
        id=policy_id,
        customer_id=person.id,
        plan_id=plan.id,
        number=(number := numbers.policy(policy_id)),
        number_index=number,
        status=held.status,
        starts_on=held.starts_on,
        ends_on=held.ends_on,
        premium_minor=premium,
        insured=_insured(line, draw + place, wealth, u[4]),
    )
    _add_renewals(rows, held, years, premium, rises)
    if held.reason:
        _add_end(rows, held)
    if u[4] < 0.1:
        _agree_otherwise(rows, policy_id, plan)
    _add_invoice(world, rows, person, held, premium, u)
    return held


def _held(world: World, person: Person, policy_id: int, line: Line, place: int) -> Held:
    history, at = person.history, (person.at, place)
    starts_on = world.as_of - timedelta(days=int(history.age_days[at]))
    reason = int(history.reason[at])
    if reason < 0:
        years = 1
        while _anniversary(starts_on, years) <= world.as_of:
            years += 1
        return Held(policy_id, line, PolicyStatus.ACTIVE, starts_on, _anniversary(starts_on, years) - _DAY)
    last = _anniversary(starts_on, int(history.years[at])) - _DAY + timedelta(days=int(history.extra_days[at]))
    ends_on = min(last, world.as_of - _DAY)
    return Held(policy_id, line, histories.status_of(reason), starts_on, ends_on, histories.REASONS[reason])


def _anniversary(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return day.replace(year=day.year + years, day=28)


def _years(held: Held, as_of: date) -> list[date]:
    """The first days of its years but the first, as far as it has come; at most what is looked back on."""
    found: list[date] = []
    while len(found) < histories.YEARS - 1:
        first = _anniversary(held.starts_on, len(found) + 1)
        if first > min(held.ends_on, as_of):
            break
        found.append(first)
    return found


def _add_renewals(rows: Rows, held: Held, years: list[date], premium: int, rises: list[float]) -> None:
    """Back from today's premium: each year's is the one before and its rise."""
    for number in range(len(years), 0, -1):
        before = int(premium / (1 + rises[number]) / 100) * 100
        rows.add(
            "renewals",
            id=held.id * RENEWALS_ROOM + number,
            policy_id=held.id,
            starts_on=years[number - 1],
            ends_on=_anniversary(held.starts_on, number + 1) - _DAY,
            previous_premium_minor=before,
            premium_minor=premium,
            accepted_at=_morning(years[number - 1] - timedelta(days=5 + held.id % 25)),
        )
        premium = before


def _add_end(rows: Rows, held: Held) -> None:
    rows.add(
        "policy_history",
        id=held.id,
        policy_id=held.id,
        at=_morning(held.ends_on),
        code=held.status.value,
        details={"reason": held.reason},
    )


def _morning(day: date) -> datetime:
    return datetime.combine(day, time(5), tzinfo=timezone.utc)


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


def _add_invoice(world: World, rows: Rows, person: Person, held: Held, premium: int, u: list[float]) -> None:
    """The newest quarterly instalment; who has less, and who is careless, pays late."""
    last_day = min(held.ends_on, world.as_of)
    issued_on = max(last_day - timedelta(days=int(u[3] * 90)), held.starts_on)
    due_on = issued_on + timedelta(days=21)
    late = u[5] < 0.09 - 0.04 * float(person.trait("wealth")) + 0.02 * float(person.trait("risk"))
    waits = due_on > world.as_of and u[1] > 0.6
    paid = not late and not waits and held.status is not PolicyStatus.LAPSED
    state = "paid" if paid else "open" if due_on > world.as_of else "overdue"
    rows.add(
        "invoices",
        id=held.id,
        customer_id=person.id,
        policy_id=held.id,
        issued_on=issued_on,
        due_on=due_on,
        amount_minor=premium // 4,
        status=state,
    )
    if paid:
        rows.add(
            "payments",
            id=held.id,
            invoice_id=held.id,
            paid_at=_morning(min(issued_on + timedelta(days=int(u[0] * 20)), world.as_of)),
            amount_minor=premium // 4,
            method=("autopay", "card", "transfer")[int(u[2] * 3)],
            reference=f"R{held.id:08d}",
        )
