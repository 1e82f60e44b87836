"""Which customer is offered to whom, and what happens to those for whom nobody comes."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, Result, select, text
from sqlalchemy.orm import Session

from crm.domain import BusinessHours, HandoffState, HandoffView, Need, OpeningSpan, PresenceStatus
from crm.domain.handoffs import WITH_PERSON
from crm.reference import table
from crm.schema import (
    Absence,
    Conversation,
    Customer,
    Employee,
    EmployeeLanguage,
    EmployeeSkill,
    Handoff,
    HandoffTransition,
    Presence,
    TeamMember,
    WorkingHours,
)
from crm.services import presence
from crm.services._handoff_steps import expire, limits, locked_free, order, places, step, view
from crm.services.employees import HANDOFF_SKILL, Hours, busy
from crm.services.organisation import business_hours

_LOCK = 7_345_022  # any number, the same in every process: only one of them routes at a time
_MOST_CHANGES = 40  # in one pass, so that it stays short; the next one goes on
_MOST_GIVEN_UP = 10  # a call-back may be booked for each
_PAGE = 100  # waiting customers read at a time
_DAY = timedelta(days=1)
_UNOFFERED = (HandoffState.REQUESTED, HandoffState.QUEUED)


@dataclass(slots=True)
class Agent:
    """An employee as the routing sees them. `room` is how many more customers they can take."""

    id: int
    levels: dict[str, int]
    languages: frozenset[str]
    teams: frozenset[int]
    capacity: int
    room: int
    is_there: bool  # at the desk, available or busy
    is_free: bool  # to be offered customers: available, and on duty

    def speaks(self, need: Need) -> bool:
        """Whether they take customers over from the bot, in this language."""
        return HANDOFF_SKILL in self.levels and need.language in self.languages

    def fits(self, need: Need, team_id: int | None) -> bool:
        """Whether they have all that is asked for."""
        return (
            self.speaks(need)
            and all(skill in self.levels for skill in need.all_skills)
            and (team_id is None or team_id in self.teams)
        )

    def level(self, need: Need) -> int:
        """Their lowest level in what is asked for; 0 for who lacks some of it."""
        return min((self.levels.get(skill, 0) for skill in need.all_skills), default=0)


def dispatch(session: Session, *, now: datetime) -> list[HandoffView]:
    """One pass over all hand-offs; returns those that changed.

    Offers that ran out are taken back, customers of employees who are gone wait again, those for whom nobody came are
    given up with a call-back booked where a number is known, and whoever waits is offered to the best employee who is
    free: urgent reasons first, then who asked first.

    Several processes may call it: one of them works, the others return at once. What somebody else is just changing is
    left for the next pass.
    """
    if not _is_alone(session):
        return []
    desk = _Desk(session, now)
    changed: dict[int, tuple[Handoff, Conversation]] = {}
    for work in (_end_offers, _take_from_lost, _give_up, _offer):
        room = _MOST_CHANGES - len(changed)
        if room > 0:
            changed |= {row.id: (row, chat) for row, chat in work(desk, room)}
    session.flush()
    where = places(session) if changed else {}
    return [view(session, row, chat, position=where.get(row.id)) for row, chat in changed.values()]


def agents(session: Session, now: datetime, ids: Collection[int] | None = None) -> list[Agent]:
    """Employees at the desk, or those of `ids` wherever they are."""
    query = (
        select(Employee.id, Employee.unit_id, Employee.time_zone, Employee.capacity, Presence)
        .outerjoin(Presence, Presence.employee_id == Employee.id)
        .where(Employee.active)
        .order_by(Employee.id)
    )
    query = query.where(Presence.status != PresenceStatus.OFFLINE) if ids is None else query.where(Employee.id.in_(ids))
    rows = session.execute(query).all()
    known = _Known(session, now, [row.id for row in rows]) if rows else None
    return [known.agent(row) for row in rows] if known else []


class _Known:
    """What is known of employees, read for all of them at once and without their rows: it is read every second."""

    def __init__(self, session: Session, now: datetime, ids: Sequence[int]) -> None:
        self._now = now
        self._loads = busy(session)
        self._hours = Hours(session)
        self._levels = _by_employee(
            session, select(EmployeeSkill.employee_id, EmployeeSkill.skill, EmployeeSkill.level), ids
        )
        self._languages = _by_employee(session, select(EmployeeLanguage.employee_id, EmployeeLanguage.language), ids)
        self._teams = _by_employee(session, select(TeamMember.employee_id, TeamMember.team_id), ids)
        spans = select(WorkingHours.employee_id, WorkingHours.weekday, WorkingHours.starts, WorkingHours.ends)
        self._spans = _by_employee(session, spans, ids)
        ahead = Absence.last_day >= now.date() - _DAY  # it may still be yesterday where they are
        absences = select(Absence.employee_id, Absence.first_day, Absence.last_day).where(ahead)
        self._absences = _by_employee(session, absences, ids)

    def agent(self, row: Any) -> Agent:
        """One of them; `row` has the columns of an employee and their presence."""
        status = PresenceStatus.OFFLINE if row.Presence is None else presence.status_of(row.Presence, self._now)
        own = [OpeningSpan(*span[1:]) for span in self._spans[row.id]]
        hours = self._hours.made_of(row.unit_id, row.time_zone, own, self._absences[row.id])
        return Agent(
            id=row.id,
            levels={skill: level for _, skill, level in self._levels[row.id]},
            languages=frozenset(language for _, language in self._languages[row.id]),
            teams=frozenset(team for _, team in self._teams[row.id]),
            capacity=row.capacity,
            room=max(row.capacity - self._loads.get(row.id, 0), 0),
            is_there=status in (PresenceStatus.AVAILABLE, PresenceStatus.BUSY),
            is_free=status is PresenceStatus.AVAILABLE and _is_on_duty(hours, row.Presence.since, self._now),
        )


def _by_employee(session: Session, query: Any, ids: Sequence[int]) -> defaultdict[int, list[Any]]:
    """Rows by the employee they are about, who is their first column."""
    found: defaultdict[int, list[Any]] = defaultdict(list)
    for row in session.execute(query.where(query.selected_columns[0].in_(ids))):
        found[row[0]].append(row)
    return found


def need_of(row: Any, language: str) -> Need:
    """What the matter of a hand-off asks of the employee; `row` is one, or has its columns."""
    return Need(language, row.line, row.about_claim, tuple(row.skills))


def is_open_to_all(row: Any, now: datetime) -> bool:
    """Whether anybody who speaks the language will do: it is urgent, or has waited too long for the right one."""
    at_once = row.reason in table("handoffs")["open_to_all_at_once"]
    return at_once or (row.waiting_since is not None and now - row.waiting_since >= limits().overflow)


def _is_on_duty(hours: BusinessHours, since: datetime, now: datetime) -> bool:
    """Whether somebody works now, or said after their last shift that they are there all the same."""
    if hours.is_open(now):
        return True
    next_shift = hours.next_opening(since)
    return next_shift is None or next_shift > now


def _is_alone(session: Session) -> bool:
    """Whether no other process routes now. SQLite has one writer at a time anyway."""
    if session.get_bind().dialect.name != "postgresql":
        return True
    return bool(session.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _LOCK}))


class _Desk:
    """What one pass looks at, read when it is needed first."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.session = session
        self.now = now

    @cached_property
    def available(self) -> dict[int, int]:
        """The capacity of those who say that they are available, and whose pages are heard of."""
        query = (
            select(Employee.id, Employee.capacity)
            .join(Presence, Presence.employee_id == Employee.id)
            .where(
                Employee.active,
                Presence.status == PresenceStatus.AVAILABLE,
                Presence.seen_at > self.now - limits().seen,
            )
        )
        return {employee_id: capacity for employee_id, capacity in self.session.execute(query)}

    def free(self, ids: Collection[int]) -> list[Agent]:
        """Those of them who are on duty."""
        return [agent for agent in agents(self.session, self.now, ids) if agent.is_free] if ids else []

    def with_room(self) -> list[Agent]:
        """Those who can take one more, of whom nobody else counts the customers until this transaction ends."""
        loads = busy(self.session)
        ids = [key for key, capacity in self.available.items() if loads.get(key, 0) < capacity]
        locking = select(Presence.employee_id).where(Presence.employee_id.in_(ids)).with_for_update(skip_locked=True)
        held = self.session.scalars(locking).all() if ids else []
        return [agent for agent in self.free(held) if agent.room > 0]

    @cached_property
    def patience(self) -> timedelta:
        """How long customers wait before they are given up: not for long when nobody is there and all is closed."""
        usual, closed = limits().expiry, limits().closed
        is_open = business_hours(self.session).is_open(self.now) or self.free(self.available)
        return usual if is_open else closed


Changed = Iterable[tuple[Handoff, Conversation]]


def _end_offers(desk: _Desk, most: int) -> Changed:
    ran_out = (Handoff.state == HandoffState.OFFERED) & (Handoff.offered_until <= desk.now)
    for row, chat in _found(desk, ran_out, most):
        if row.state is HandoffState.OFFERED and row.offered_until is not None and row.offered_until <= desk.now:
            step(desk.session, row, chat, HandoffState.QUEUED, now=desk.now)
            yield row, chat


def _take_from_lost(desk: _Desk, most: int) -> Changed:
    gone = presence.lost(desk.session, desk.now)
    theirs = Handoff.state.in_(WITH_PERSON) & Handoff.employee_id.in_(gone)
    for row, chat in _found(desk, theirs, most) if gone else ():
        if row.state in WITH_PERSON and row.employee_id in gone:
            step(desk.session, row, chat, HandoffState.QUEUED, now=desk.now)
            yield row, chat


def _give_up(desk: _Desk, most: int) -> Changed:
    soonest = desk.now - min(limits().closed, limits().expiry)
    unmet = Handoff.state.in_(_UNOFFERED)
    if desk.session.scalar(select(Handoff.id).where(unmet, Handoff.waiting_since <= soonest).limit(1)) is None:
        return
    late = desk.now - desk.patience
    for row, chat in _found(desk, unmet & (Handoff.waiting_since <= late), min(most, _MOST_GIVEN_UP)):
        if row.state in _UNOFFERED:
            expire(desk.session, row, chat, desk.now)
            yield row, chat


def _offer(desk: _Desk, most: int) -> Changed:
    fresh = select(Handoff.id).where(Handoff.state == HandoffState.REQUESTED).order_by(*order()).limit(most)
    chosen = _chosen(desk, most)
    new = [key for key in desk.session.scalars(fresh) if key not in chosen]
    until = desk.now + limits().offer
    for row, chat in locked_free(desk.session, [*chosen, *new][:most]):
        if row.state not in _UNOFFERED:
            continue  # somebody was quicker
        if row.id in chosen:
            step(
                desk.session, row, chat, HandoffState.OFFERED, now=desk.now, employee_id=chosen[row.id],
                offered_until=until,
            )  # fmt: skip
            yield row, chat
        elif row.state is HandoffState.REQUESTED:
            step(desk.session, row, chat, HandoffState.QUEUED, now=desk.now)
            yield row, chat


def _found(desk: _Desk, condition: ColumnElement[bool], most: int) -> list[tuple[Handoff, Conversation]]:
    """Hand-offs under lock; what was so before the lock has to be looked at again."""
    ids = desk.session.scalars(select(Handoff.id).where(condition).order_by(Handoff.id).limit(most)).all()
    return locked_free(desk.session, ids)


def _waiting(session: Session) -> Result[Any]:
    """All who wait and are offered to nobody, the most urgent first, without their words; read as far as needed."""
    query = (
        select(
            Handoff.id, Handoff.state, Handoff.reason, Handoff.line, Handoff.about_claim, Handoff.skills,
            Handoff.team_id, Handoff.waiting_since, Conversation.language, Customer.agent_id,
        )
        .join(Conversation, Conversation.id == Handoff.conversation_id)
        .outerjoin(Customer, Customer.id == Conversation.customer_id)
        .where(Handoff.state.in_(_UNOFFERED))
    )  # fmt: skip
    return session.execute(query.order_by(*order()).execution_options(yield_per=_PAGE))


def _chosen(desk: _Desk, most: int) -> dict[int, int]:
    """The employee for each customer who gets one, in the order in which they wait."""
    if desk.session.scalar(select(Handoff.id).where(Handoff.state.in_(_UNOFFERED)).limit(1)) is None:
        return {}
    free = desk.with_room()
    if not free:
        return {}
    choice, room = _Choice(desk, free), sum(agent.room for agent in free)
    chosen: dict[int, int] = {}
    with _waiting(desk.session) as rows:
        for row in rows:
            best = choice.best(row)
            if best is not None:
                chosen[row.id] = best.id
                best.room -= 1
            if len(chosen) == min(room, most):
                break
    return chosen


class _Choice:
    """Chooses employees for customers, from those who have room."""

    def __init__(self, desk: _Desk, free: list[Agent]) -> None:
        self._now = desk.now
        self._free = free
        self._lately = _offered_since(desk.session, desk.now - limits().offer_again)
        self._fitting: dict[tuple[Need, int | None], list[Agent]] = {}

    def best(self, row: Any) -> Agent | None:
        """Their own agent, then the best skilled, then the least busy, of those who did not just let it pass."""
        need = need_of(row, row.language)
        to_all = is_open_to_all(row, self._now)
        key = (Need(need.language) if to_all else need, None if to_all else row.team_id)
        if key not in self._fitting:
            self._fitting[key] = [agent for agent in self._free if agent.fits(*key)]
        had = self._lately.get(row.id, ())
        fit = (agent for agent in self._fitting[key] if agent.room > 0 and agent.id not in had)

        def rank(agent: Agent) -> tuple[bool, int, float, int]:
            return agent.id != row.agent_id, -agent.level(need), -agent.room / agent.capacity, agent.id

        return min(fit, key=rank, default=None)


def _offered_since(session: Session, since: datetime) -> dict[int, set[int]]:
    """To whom each customer was offered lately."""
    query = select(HandoffTransition.handoff_id, HandoffTransition.employee_id).where(
        HandoffTransition.state == HandoffState.OFFERED,
        HandoffTransition.at > since,
        HandoffTransition.employee_id.is_not(None),
    )
    found: defaultdict[int, set[int]] = defaultdict(set)
    for handoff_id, employee_id in session.execute(query):
        found[handoff_id].add(employee_id or 0)
    return found
