"""Steps of a hand-off, as rows: found under lock, moved from state to state, shown.

Whoever changes a hand-off holds the row of its conversation (`locked`), and `step` changes state, owner and record
together: so no conversation is without an owner, and none has two, whenever a process dies.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.domain import HandoffReason, HandoffState, HandoffView, Owner
from crm.domain.handoffs import WAITING
from crm.errors import InvalidInput, NotEligible, NotFound
from crm.reference import table
from crm.schema import Callback, Conversation, Customer, Employee, Handoff, HandoffTransition, Team
from crm.services import webhooks
from crm.services._rows import conversation_row
from crm.services._slots import book_callback


class Taken(NotEligible):
    """Somebody else has the customer. `by` is that employee's name."""

    def __init__(self, by: str) -> None:
        super().__init__(f"{by} has this customer already.")
        self.by = by


@dataclass(frozen=True, slots=True)
class Limits:
    """How long anything may take; see `crm/reference/handoffs.toml`."""

    offer: timedelta
    offer_again: timedelta
    overflow: timedelta
    expiry: timedelta
    closed: timedelta
    callback_after: timedelta
    seen: timedelta
    lost: timedelta


@cache
def limits() -> Limits:
    """The limits that hold here."""
    spans = {}
    for name, value in table("handoffs")["limits"].items():
        key, unit = name.rsplit("_", 1)
        spans[key] = timedelta(**{unit: value})
    return Limits(**spans)


def priority(reason: HandoffReason) -> int:
    """How urgent a reason is; lower comes first."""
    return int(table("handoffs")["priority"][reason])


def locked(session: Session, handoff_id: int) -> tuple[Handoff, Conversation]:
    """A hand-off and its conversation, which nobody else changes before this transaction ends.

    Raises:
        NotFound: there is no such hand-off.
    """
    conversation_id = session.scalar(select(Handoff.conversation_id).where(Handoff.id == handoff_id))
    if conversation_id is None:
        raise NotFound("There is no such hand-off.")
    conversation = conversation_row(session, conversation_id, lock=True)
    query = select(Handoff).where(Handoff.id == handoff_id).execution_options(populate_existing=True)
    return session.scalars(query).one(), conversation


def locked_free(session: Session, ids: Sequence[int]) -> list[tuple[Handoff, Conversation]]:
    """Those of the hand-offs whose conversations nobody else is changing, under lock, in the order of `ids`."""
    if not ids:
        return []
    chats = select(Conversation).join(Handoff, Handoff.conversation_id == Conversation.id).where(Handoff.id.in_(ids))
    locking = chats.with_for_update(skip_locked=True, of=Conversation).execution_options(populate_existing=True)
    free = {chat.id: chat for chat in session.scalars(locking)}
    query = select(Handoff).where(Handoff.id.in_(ids), Handoff.conversation_id.in_(free))
    rows = {row.id: row for row in session.scalars(query.execution_options(populate_existing=True))}
    return [(rows[key], free[rows[key].conversation_id]) for key in ids if key in rows]


def step(
    session: Session,
    row: Handoff,
    conversation: Conversation,
    state: HandoffState,
    *,
    now: datetime,
    employee_id: int | None = None,
    offered_until: datetime | None = None,
    by: int | None = None,
    note: str | None = None,
) -> None:
    """Move a hand-off on, with its conversation's owner and a record of it.

    Args:
        employee_id: who has it from now on, or to whom it is offered.
        by: who did it, for the record; `employee_id` unless given.

    Raises:
        NotEligible: this state cannot follow the present one.
    """
    if state not in row.state.successors:
        raise NotEligible(f"A hand-off that is {row.state} cannot become {state}.")
    if row.state.is_with_person and state.is_waiting:
        row.waiting_since = now
    row.state = state
    row.offered_to, row.offered_until = (employee_id, offered_until) if state is HandoffState.OFFERED else (None, None)
    if state.is_waiting:
        row.employee_id = None
    elif state is HandoffState.ACCEPTED:
        row.employee_id, row.accepted_at, row.active_at, row.waiting_since = employee_id, now, None, None
    elif state is HandoffState.ACTIVE:
        row.active_at = now
    else:
        row.ended_at, row.waiting_since = now, None
    conversation.owner = Owner.PERSON if state.is_with_person else Owner.BOT
    record(session, row, now=now, employee_id=by or employee_id, note=note)


def record(
    session: Session, row: Handoff, *, now: datetime, employee_id: int | None = None, note: str | None = None
) -> None:
    """Write down the state a hand-off has now, also for other systems that want to know."""
    session.add(HandoffTransition(handoff_id=row.id, state=row.state, at=now, employee_id=employee_id, note=note))
    webhooks.handoff_changed(session, row, now)


def name_of(session: Session, employee_id: int | None) -> str:
    """An employee's name."""
    row = session.get(Employee, employee_id) if employee_id is not None else None
    return row.name if row else ""


def order() -> tuple[Any, ...]:
    """Who comes first: urgent reasons, then who asked first."""
    return Handoff.priority, Handoff.requested_at, Handoff.id


def places(session: Session) -> dict[int, int]:
    """The place of everybody who waits: 1 is next among those who speak the same language."""
    query = select(Handoff.id, Conversation.language).join(Conversation, Conversation.id == Handoff.conversation_id)
    counts: Counter[str] = Counter()
    found = {}
    for handoff_id, language in session.execute(query.where(Handoff.state.in_(WAITING)).order_by(*order())):
        counts[language] += 1
        found[handoff_id] = counts[language]
    return found


def expire(session: Session, row: Handoff, conversation: Conversation, now: datetime) -> None:
    """Nobody came: give up, with a call-back where a number is known and none is booked already."""
    step(session, row, conversation, HandoffState.EXPIRED, now=now)
    customer = session.get(Customer, conversation.customer_id) if conversation.customer_id is not None else None
    booked = select(Callback.id).where(
        Callback.conversation_id == conversation.id, Callback.at_end > now, Callback.cancelled_at.is_(None)
    )
    if customer is None or not customer.phone or session.scalar(booked) is not None:
        return
    try:
        with session.begin_nested():
            book_callback(session, conversation.id, handoff_id=row.id, phone=customer.phone, now=now)
    except (InvalidInput, NotEligible):
        return  # no slot, or a number that cannot be called: the customer hears that nobody came all the same


def view(session: Session, row: Handoff, conversation: Conversation, *, position: int | None = None) -> HandoffView:
    """A hand-off as others see it; `position` where it is known already."""
    if position is None and row.state.is_waiting:
        position = places(session).get(row.id)
    return HandoffView(
        id=row.id,
        conversation_id=row.conversation_id,
        state=row.state,
        reason=row.reason,
        summary=row.summary,
        requested_at=row.requested_at,
        position=position,
        priority=row.priority,
        line=row.line,
        about_claim=row.about_claim,
        language=conversation.language,
        channel=conversation.channel,
        employee_id=row.employee_id,
        employee_name=name_of(session, row.employee_id) or None,
        customer_id=conversation.customer_id,
        team=session.scalar(select(Team.code).where(Team.id == row.team_id)) if row.team_id else None,
        offered_to=row.offered_to,
        offered_until=row.offered_until,
        waiting_since=row.waiting_since,
        accepted_at=row.accepted_at,
        active_at=row.active_at,
        ended_at=row.ended_at,
        disposition=row.disposition,
    )
