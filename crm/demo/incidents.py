"""Claims of demo customers: the young and the careless have more on the road."""

from datetime import datetime, time, timedelta, timezone

from crm import reference
from crm.bulk import Rows
from crm.demo import lists
from crm.demo.histories import CLAIM
from crm.demo.numbers import Numbers
from crm.demo.world import Held, Person, World
from crm.domain import ClaimStatus, Line

MOST_CLAIMS = 2
YOUNGEST_POLICY = timedelta(days=10)  # nothing has happened yet under a newer one
HISTORY_ROOM = 8
_RATES = {Line.AUTO: 0.12, Line.HOME: 0.06, Line.HEALTH: 0.2, Line.LIFE: 0.004, Line.TRAVEL: 0.12}
_COSTS = {Line.AUTO: 1900, Line.HOME: 2600, Line.HEALTH: 700, Line.LIFE: 60_000, Line.TRAVEL: 480}
_DECIDED = (ClaimStatus.PAID, ClaimStatus.DECLINED, ClaimStatus.CLOSED)
_PENDING = (ClaimStatus.AWAITING_DOCUMENTS, ClaimStatus.IN_REVIEW, ClaimStatus.APPROVED)


def add_claims(world: World, numbers: Numbers, rows: Rows, person: Person, held: list[Held]) -> None:
    """Draw and add the claims on the policies a customer holds."""
    first = person.id * MOST_CLAIMS
    made = 0
    young = person.trait("age_days") < 25 * 365
    factor = 2.72 ** (0.4 * float(person.trait("risk")))
    for policy in held:
        if min(policy.ends_on, world.as_of) - policy.starts_on < YOUNGEST_POLICY:
            continue
        rate = _RATES[policy.line] * factor * (1.7 if young and policy.line is Line.AUTO else 1)
        rate = 1 if policy.reason == CLAIM else rate
        if made < MOST_CLAIMS and person.u[36 + made] < rate:
            _add_claim(world, numbers, rows, person, policy, first + made, person.u[38 + 6 * made :])
            made += 1


def _add_claim(
    world: World,
    numbers: Numbers,
    rows: Rows,
    person: Person,
    policy: Held,
    claim_id: int,
    u: list[float],
) -> None:
    last_day = min(policy.ends_on, world.as_of)
    longest = 100 if policy.reason == CLAIM else 500  # whom a claim has driven away did not wait for long
    filed_on = last_day - timedelta(days=int(u[0] ** 1.5 * min((last_day - policy.starts_on).days - 1, longest)) + 1)
    days_ago = (world.as_of - filed_on).days
    incident_on = max(filed_on - timedelta(days=int(u[1] * 4)), policy.starts_on)
    filed_at = datetime.combine(filed_on, time(8 + int(u[2] * 10), int(u[1] * 60)), tzinfo=timezone.utc)
    status = _status(days_ago, u[3])
    kind, description = _incident(policy.line, u[4])
    cost = int(_COSTS[policy.line] * (0.3 + 1.4 * u[5])) * 100
    place = lists.address(int(u[2] * 2**40))["line"].split(" ", 1)[1]
    team = world.handlers[policy.line]
    rows.add(
        "claims",
        id=claim_id,
        customer_id=person.id,
        policy_id=policy.id,
        handler_id=team[claim_id % len(team)],
        number=(number := numbers.claim(claim_id)),
        number_index=number,
        kind=kind,
        status=status,
        incident_on=incident_on,
        incident_time=f"{int(u[4] * 24):02d}:{int(u[5] * 60):02d}" if u[1] < 0.6 else None,
        place=place,
        description=description.format(place=place),
        details={},
        estimate_minor=cost,
        paid_minor=int(cost * 0.9) if status is ClaimStatus.PAID else None,
        filed_at=filed_at,
    )
    _add_history(rows, claim_id, status, filed_at, timedelta(days=days_ago))
    if status in (ClaimStatus.IN_REVIEW, ClaimStatus.APPROVED):
        _add_documents(rows, claim_id, policy.line, kind, filed_at)


def _status(days_ago: int, u: float) -> ClaimStatus:
    """Within ten weeks most are still under way; later nearly all are decided, four in five of them paid."""
    if days_ago < 70 or u > 0.97:
        return _PENDING[min(int(u * 3), 2)]
    return _DECIDED[0 if u < 0.8 else 1 if u < 0.88 else 2]


def _incident(line: Line, u: float) -> tuple[str, str]:
    kinds = lists.words()["incidents"][line.value]
    kind = list(kinds)[int(u * len(kinds))]
    texts = kinds[kind]
    return kind, texts[int(u * 997) % len(texts)]


def _add_history(rows: Rows, claim_id: int, status: ClaimStatus, filed_at: datetime, age: timedelta) -> None:
    codes = ["filed", "assigned"]
    if status in (*_DECIDED, ClaimStatus.APPROVED):
        codes.append("in_review")
    codes.append(status.value)
    for place, code in enumerate(codes):
        rows.add(
            "claim_history",
            id=claim_id * HISTORY_ROOM + place,
            claim_id=claim_id,
            at=filed_at + age * (place / 5),
            code=code,
        )


def _add_documents(rows: Rows, claim_id: int, line: Line, kind: str, filed_at: datetime) -> None:
    for place, document_type in enumerate(reference.required_documents(line, kind)):
        rows.add(
            "claim_documents",
            id=claim_id * HISTORY_ROOM + place,
            claim_id=claim_id,
            document_type=document_type,
            status="received",
            received_at=filed_at + timedelta(hours=2),
        )
