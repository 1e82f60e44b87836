"""The queue as employees and waiting customers see it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil
from statistics import median
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.audit_trail import note
from crm.domain import HandoffState, HandoffView, Need, Outlook, QueueEntry
from crm.domain.handoffs import WAITING, WITH_PERSON
from crm.errors import NotFound
from crm.reference import table
from crm.schema import Conversation, Customer, Employee, Handoff, HandoffTransition
from crm.services import _views, routing
from crm.services._handoff_steps import limits, order, places, view
from crm.services.organisation import business_hours
from crm.services.routing import Agent

_ESTIMATE = table("handoffs")["estimate"]
_MINUTE = timedelta(minutes=1)


def waiting(session: Session, *, employee_id: int | None = None, now: datetime, limit: int = 200) -> list[QueueEntry]:
    """Who waits, the most urgent first; with `employee_id`, as that employee sees it."""
    query = _open().where(Handoff.state.in_(WAITING)).order_by(*order()).limit(limit)
    agent = next(iter(routing.agents(session, now, [employee_id])), None) if employee_id is not None else None
    where = places(session)
    note(session, "read", "handoffs")  # once for the list: who opens a conversation is entered with its customer
    found = []
    for position, (row, chat, customer) in enumerate(session.execute(query), 1):
        found.append(
            QueueEntry(
                handoff=view(session, row, chat, position=where.get(row.id)),
                customer_name=_views.full_name(customer) if customer else None,
                waited=now - (row.waiting_since or now),
                position=position,
                is_own=customer is not None and customer.agent_id is not None and customer.agent_id == employee_id,
                can_take=agent is not None and _can_take(agent, row, chat, now),
            )
        )
    return found


def mine(session: Session, employee_id: int) -> list[HandoffView]:
    """The customers an employee has, the longest first."""
    return _views_of(session, Handoff.state.in_(WITH_PERSON) & (Handoff.employee_id == employee_id))


def active(session: Session) -> list[HandoffView]:
    """All customers who are with a person, the longest first."""
    note(session, "read", "handoffs")
    return _views_of(session, Handoff.state.in_(WITH_PERSON))


def number_active(session: Session) -> int:
    """How many customers are with a person."""
    return session.scalar(select(func.count()).where(Handoff.state.in_(WITH_PERSON))) or 0


def outlook(session: Session, handoff_id: int, now: datetime) -> Outlook:
    """What a customer who waits may be told. Raises `NotFound`."""
    found = outlooks(session, now, [handoff_id])
    if not found:
        raise NotFound("There is no such hand-off.")
    return found[handoff_id]


def outlooks(session: Session, now: datetime, ids: Sequence[int] | None = None) -> dict[int, Outlook]:
    """The same for many at once, by hand-off: of all who wait, or of `ids`."""
    query = select(Handoff.id, Handoff.waiting_since, Conversation.language).join(
        Conversation, Conversation.id == Handoff.conversation_id
    )
    query = query.where(Handoff.state.in_(WAITING) if ids is None else Handoff.id.in_(ids))
    prospects = _Prospects(session, now)
    return {row.id: prospects.of(row.id, row.waiting_since, row.language) for row in session.execute(query)}


def is_anybody_there(session: Session, language: str, now: datetime) -> bool:
    """Whether somebody is free to be offered customers who speak this language, with room or without."""
    return any(agent.is_free and agent.speaks(Need(language)) for agent in routing.agents(session, now))


class _Prospects:
    """What the waits depend on, read once."""

    def __init__(self, session: Session, now: datetime) -> None:
        self._now = now
        self._present = [agent for agent in routing.agents(session, now) if agent.is_there or agent.is_free]
        self._there: dict[str, list[Agent]] = {}  # by language
        self._open = business_hours(session).is_open(now)
        self._places = places(session)
        since = now - timedelta(minutes=_ESTIMATE["window_minutes"])
        self._waits, self._talks = _waits(session, since), _talks(session, since)

    def of(self, handoff_id: int, since: datetime | None, language: str) -> Outlook:
        """What a customer may be told who waits `since` then and speaks this language."""
        if language not in self._there:
            self._there[language] = [agent for agent in self._present if agent.speaks(Need(language))]
        there = self._there[language]
        position = self._places.get(handoff_id)
        has_waited_long = since is not None and self._now - since >= limits().callback_after
        return Outlook(
            position=position,
            minutes=None if position is None else self._minutes(position, there),
            open_now=bool(there) or self._open,
            callback_offered=position is not None and (not there or has_waited_long),
            all_busy=bool(there) and not any(agent.is_free and agent.room for agent in there),
        )

    def _minutes(self, position: int, there: list[Agent]) -> int | None:
        """How long it will take, from what the last hour was like.

        While somebody has room, as long as it took those lately taken; else until enough of those who are being
        served are done, at the pace at which that went lately.
        """
        room = sum(agent.room for agent in there if agent.is_free)
        capacity = sum(agent.capacity for agent in there)
        has_room = position <= room
        lately = self._waits if has_room else self._talks
        if not capacity or len(lately) < _ESTIMATE["least_known"]:
            return None
        minutes = max(1, ceil(median(lately) * (1 if has_room else (position - room) / capacity)))
        return minutes if minutes <= _ESTIMATE["longest_minutes"] else None


def _open() -> Any:
    return (
        select(Handoff, Conversation, Customer)
        .join(Conversation, Conversation.id == Handoff.conversation_id)
        .outerjoin(Customer, Customer.id == Conversation.customer_id)
    )


def _views_of(session: Session, condition: Any) -> list[HandoffView]:
    query = _open().where(condition).order_by(Handoff.accepted_at, Handoff.id)
    rows = session.execute(query).all()
    theirs = {row.employee_id for row, _, _ in rows}
    _held = session.scalars(select(Employee).where(Employee.id.in_(theirs))).all()  # so `view` finds them at hand
    return [view(session, row, chat) for row, chat, _ in rows]


def _can_take(agent: Agent, row: Handoff, chat: Conversation, now: datetime) -> bool:
    need = routing.need_of(row, chat.language)
    if row.state is HandoffState.OFFERED and row.offered_until is not None and row.offered_until > now:
        return row.offered_to == agent.id
    fits = agent.fits(need, row.team_id) or (agent.speaks(need) and routing.is_open_to_all(row, now))
    return fits and agent.room > 0


def _waits(session: Session, since: datetime) -> list[float]:
    """How many minutes those waited who were taken lately."""
    query = (
        select(HandoffTransition.at, Handoff.requested_at)
        .join(Handoff, Handoff.id == HandoffTransition.handoff_id)
        .where(HandoffTransition.state == HandoffState.ACCEPTED, HandoffTransition.at > since)
    )
    return [(at - asked) / _MINUTE for at, asked in session.execute(query)]


def _talks(session: Session, since: datetime) -> list[float]:
    """How many minutes those were with a person who were done lately."""
    query = select(Handoff.accepted_at, Handoff.ended_at).where(
        Handoff.ended_at > since, Handoff.accepted_at.is_not(None)
    )
    return [(ended - accepted) / _MINUTE for accepted, ended in session.execute(query) if accepted and ended]
