"""What passed between the insurer and its demo customers; what they said to an offer follows their propensity."""

from datetime import timedelta

from crm.bulk import Rows
from crm.demo import lists
from crm.demo.population import LINES
from crm.demo.world import Person, World


def add_contacts(world: World, rows: Rows, person: Person) -> None:
    """Add interactions, recommendations, service requests and complaints."""
    u = person.u[50:]
    engagement = float(person.trait("engagement"))
    if u[0] < 0.35 + 0.12 * engagement:
        _add_interaction(world, rows, person, u)
    if person.trait("consent") and u[3] < 0.35:
        _add_recommendation(world, rows, person, u)
    if u[5] < 0.05:
        _add_request(world, rows, person, u)
    if u[6] < 0.012 + 0.008 * float(person.trait("risk")):
        _add_complaint(world, rows, person, u)


def _add_interaction(world: World, rows: Rows, person: Person, u: list[float]) -> None:
    contacts = lists.words()["contacts"]
    channel = int(u[1] * 3 + (person.trait("age_days") > 60 * 365))  # chat for the young, a branch for the old
    rows.add(
        "interactions",
        id=person.id,
        customer_id=person.id,
        channel=contacts["channels"][channel],
        topic=contacts["topics"][int(u[2] * len(contacts["topics"]))],
        at=world.now - timedelta(days=u[7] * 365),
    )


def _add_recommendation(world: World, rows: Rows, person: Person, u: list[float]) -> None:
    """An offer of one line: who holds the line had accepted; others declined or did not answer."""
    place = int(u[4] * len(LINES))
    line = LINES[place]
    offered_at = world.now - timedelta(days=30 + u[7] * 300)
    accepted = bool(person.trait("holds")[place])
    outcome = "accepted" if accepted else "declined" if u[8] < 0.6 else None
    rows.add(
        "recommendations",
        id=person.id,
        customer_id=person.id,
        product_id=world.plans[line][0].product_id,
        channel=("chat", "email", "agent")[int(u[9] * 3)],
        offered_at=offered_at,
        outcome=outcome,
        answered_at=offered_at + timedelta(days=2) if outcome else None,
    )


def _add_request(world: World, rows: Rows, person: Person, u: list[float]) -> None:
    kinds = lists.words()["contacts"]["requests"]
    kind = kinds[int(u[8] * len(kinds))]
    requested_at = world.now - timedelta(days=u[7] * 200)
    rows.add(
        "service_requests",
        id=person.id,
        customer_id=person.id,
        kind=kind,
        status="open" if u[7] < 0.08 else "done",
        details=kind.replace("_", " "),
        requested_at=requested_at,
        closed_at=None if u[7] < 0.08 else requested_at + timedelta(days=3),
    )


def _add_complaint(world: World, rows: Rows, person: Person, u: list[float]) -> None:
    contacts = lists.words()["contacts"]
    received_at = world.now - timedelta(days=u[7] * 300)
    is_open = u[7] < 0.04
    rows.add(
        "complaints",
        id=person.id,
        customer_id=person.id,
        topic=contacts["complaint_topics"][int(u[8] * len(contacts["complaint_topics"]))],
        status="open" if is_open else "answered",
        text=contacts["complaint_texts"][int(u[9] * len(contacts["complaint_texts"]))],
        received_at=received_at,
        answer_due_on=(received_at + timedelta(days=14)).date(),
        answered_at=None if is_open else received_at + timedelta(days=9),
    )
