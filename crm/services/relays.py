"""Hand-offs that another product's people answer: which there are, who works on one, how far it was carried.

A gateway claims a relay, carries what there is to carry, writes down after every step how far it came, and lets go.
One that dies is followed by another, which knows from `attempts` that the last step may have been done already.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from crm.domain import HandoffView, MessageView, PresenceStatus
from crm.errors import NotEligible
from crm.schema import Conversation, Employee, Handoff, HandoffRelay, RelayAgent, Unit
from crm.services import conversations, handoffs, presence
from crm.services._rows import insert_or_none
from crm.services.organisation import CARE_UNIT

LEASE = timedelta(minutes=2)  # longer than one claim is worked on
_CAPACITY = 1_000  # the other product decides how much its people can take


class Lost(NotEligible):
    """Another gateway has the relay meanwhile, or it is gone."""

    def __init__(self) -> None:
        super().__init__("Another gateway carries this conversation now.")


@dataclass(frozen=True, slots=True)
class Relay:
    """A hand-off on its way between here and there, as it stood when it was claimed.

    Attributes:
        remote_id: its conversation over there; None until there is one.
        noted: whether they have what was said before.
        carried_seq: our last message that is there.
        heard_id: their last message that is here.
        attempts: 1, unless earlier ones did not come to their end.
        claim: proves the claim.
    """

    handoff_id: int
    conversation_id: str
    contact_id: int | None
    remote_id: int | None
    noted: bool
    carried_seq: int
    heard_id: int
    attempts: int
    claim: datetime


def adopt(session: Session, target: str, now: datetime) -> int:
    """Begin to carry every hand-off that is not over; returns how many are new."""
    known = select(HandoffRelay.handoff_id)
    query = select(Handoff.id, Conversation.last_seq).join(Conversation, Conversation.id == Handoff.conversation_id)
    fresh = session.execute(query.where(Handoff.ended_at.is_(None), Handoff.id.not_in(known))).all()
    for handoff_id, last_seq in fresh:
        row = HandoffRelay(handoff_id=handoff_id, target=target, carried_seq=last_seq, look_at=now, noted=False)
        insert_or_none(session, row)
    return len(fresh)


def is_due(session: Session, target: str, now: datetime) -> bool:
    """Whether there is anything to carry, or to begin to."""
    known = select(HandoffRelay.handoff_id)
    fresh = select(Handoff.id).where(Handoff.ended_at.is_(None), Handoff.id.not_in(known)).limit(1)
    return session.scalar(fresh) is not None or session.scalar(_due(target, now).limit(1)) is not None


def claim(session: Session, target: str, now: datetime, *, look_again: timedelta, limit: int = 20) -> list[Relay]:
    """What there is to do, for the caller alone until `LEASE` is over; each comes up again after `look_again`."""
    ids = list(session.scalars(_due(target, now).order_by(HandoffRelay.look_at).limit(limit)))
    query = select(HandoffRelay).where(HandoffRelay.handoff_id.in_(ids), _unclaimed(now))
    claimed = []
    for row in session.scalars(query.with_for_update(skip_locked=True).execution_options(populate_existing=True)):
        row.attempts += 1
        row.claimed_until, row.look_at = now + LEASE, now + look_again
        conversation_id = session.scalars(select(Handoff.conversation_id).where(Handoff.id == row.handoff_id)).one()
        claimed.append(
            Relay(
                row.handoff_id, conversation_id, row.contact_id, row.remote_id, row.noted, row.carried_seq,
                row.heard_id, row.attempts, row.claimed_until,
            )
        )  # fmt: skip
    session.flush()
    return claimed


def save(session: Session, relay: Relay, **values: Any) -> None:
    """Write down how far it came. Raises `Lost`."""
    owned = update(HandoffRelay).where(
        HandoffRelay.handoff_id == relay.handoff_id, HandoffRelay.claimed_until == relay.claim
    )
    if session.execute(owned.values(values)).rowcount == 0:  # type: ignore[attr-defined]
        raise Lost


def let_go(session: Session, relay: Relay, *, retry_at: datetime | None, done: bool, now: datetime) -> None:
    """End a claim: with everything carried, with `done` for good, or to be tried again at `retry_at`."""
    values: dict[str, Any] = {"claimed_until": None, "retry_at": retry_at}
    if retry_at is None:
        values["attempts"] = 0
    if done:
        values["done_at"] = now
    save(session, relay, **values)


def poke(session: Session, target: str, remote_id: int, now: datetime) -> bool:
    """Something happened over there: look soon. False when it is none of ours, or over."""
    query = update(HandoffRelay).where(
        HandoffRelay.target == target, HandoffRelay.remote_id == remote_id, HandoffRelay.done_at.is_(None)
    )
    return bool(session.execute(query.values(look_at=now)).rowcount)  # type: ignore[attr-defined]


def unsaid(session: Session, relay: Relay) -> tuple[HandoffView, list[MessageView]]:
    """The hand-off as it stands, and what was said here since the last that was carried.

    What is said after its end is for the bot.
    """
    view = handoffs.get(session, relay.handoff_id)
    said = conversations.following(session, relay.conversation_id, relay.carried_seq)
    return view, [each for each in said if view.ended_at is None or each.created_at <= view.ended_at]


def employee_for(session: Session, target: str, remote_id: int, name: str, now: datetime) -> int:
    """The employee who stands for an agent of the other product, under the name they have there."""
    query = select(Employee).join(RelayAgent, RelayAgent.employee_id == Employee.id)
    found = session.scalars(query.where(RelayAgent.target == target, RelayAgent.remote_id == remote_id)).one_or_none()
    if found is None:
        found = Employee(
            unit_id=_unit(session), name=name, title=target, email="", phone="", active=True, capacity=_CAPACITY
        )
        session.add(found)
        session.flush()
        session.add(RelayAgent(target=target, remote_id=remote_id, employee_id=found.id))
        session.flush()
        # Busy: they are there, and our own routing offers them nobody.
        presence.set(session, found.id, PresenceStatus.BUSY, now=now)
    elif found.name != name:
        found.name = name
    return found.id


def keep_present(session: Session, handoff_id: int, now: datetime) -> None:
    """The other product answers, so whoever has this customer there counts as being at the desk."""
    query = select(RelayAgent.employee_id).join(Handoff, Handoff.employee_id == RelayAgent.employee_id)
    for employee_id in session.scalars(query.where(Handoff.id == handoff_id, Handoff.ended_at.is_(None))):
        presence.set(session, employee_id, PresenceStatus.BUSY, now=now)


def state_of(session: Session, handoff_id: int) -> Mapping[str, Any]:
    """How far a hand-off was carried, for operators and tests."""
    row = session.get_one(HandoffRelay, handoff_id)
    return {name: getattr(row, name) for name in ("remote_id", "carried_seq", "heard_id", "attempts", "done_at")}


def _due(target: str, now: datetime) -> Any:
    """Relays on which there is work: something was said, the hand-off ended, or it is time to look over there."""
    query = select(HandoffRelay.handoff_id).join(Handoff, Handoff.id == HandoffRelay.handoff_id)
    query = query.join(Conversation, Conversation.id == Handoff.conversation_id)
    work = or_(
        HandoffRelay.look_at <= now,
        HandoffRelay.remote_id.is_(None),
        Conversation.last_seq > HandoffRelay.carried_seq,
        Handoff.ended_at.is_not(None),
    )
    waiting = or_(HandoffRelay.retry_at.is_(None), HandoffRelay.retry_at <= now)
    return query.where(HandoffRelay.target == target, HandoffRelay.done_at.is_(None), _unclaimed(now), waiting, work)


def _unclaimed(now: datetime) -> Any:
    return or_(HandoffRelay.claimed_until.is_(None), HandoffRelay.claimed_until <= now)


def _unit(session: Session) -> int:
    found = session.scalars(select(Unit.id).where(Unit.code == CARE_UNIT)).one_or_none()
    if found is None:
        unit = Unit(code=CARE_UNIT, name="Customer care", callbacks_per_slot=0)
        session.add(unit)
        session.flush()
        found = unit.id
    return found
