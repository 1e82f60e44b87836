"""Employees: what they can do, when they work, and who can take a customer now."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import Any

from sqlalchemy import Select, delete, func, select
from sqlalchemy.orm import Session, selectinload

from crm.domain import BusinessHours, Candidate, EmployeeView, HandoffState, Need, OpeningSpan, TeamView
from crm.domain.handoffs import WITH_PERSON
from crm.errors import InvalidInput, NotFound
from crm.schema import (
    Absence,
    ClosedDay,
    Customer,
    Employee,
    EmployeeLanguage,
    EmployeeSkill,
    Handoff,
    OpeningHours,
    Team,
    TeamMember,
    Unit,
    WorkingHours,
)
from crm.services import _views
from crm.services._rows import business_value
from crm.services.organisation import CARE_UNIT

HANDOFF_SKILL = "chat"  # who has it takes customers over from the bot
_LONGEST_ABSENCE = 2 * 366  # days


def available(
    session: Session, need: Need, *, now: datetime, customer_id: int | None = None, limit: int = 5
) -> list[Candidate]:
    """Who can take a customer right now: they have every skill and the language, work at this moment where they are,
    and have room for one more. The customer's own agent comes first, then the best skilled, then the least busy.
    """
    query = _qualified(need)
    own = select(Customer.agent_id).where(Customer.id == customer_id)
    own_id = session.scalar(own) if customer_id is not None else None
    taken_by = busy(session)
    hours = Hours(session)
    found = [
        (row, taken)
        for row in session.scalars(query)
        if (taken := taken_by.get(row.id, 0)) < row.capacity and hours.of(row).is_open(now)
    ]
    found.sort(key=lambda at: (at[0].id != own_id, -_level(at[0], need), at[1] / at[0].capacity, at[0].id))
    view = partial(_view, session, hours=hours)
    return [Candidate(view(row, busy_with=taken), row.id == own_id, _level(row, need)) for row, taken in found[:limit]]


def for_handoff(
    session: Session, need: Need, *, now: datetime, customer_id: int | None = None, limit: int = 5
) -> list[Candidate]:
    """Who can take a hand-off right now: as `available`, of those who take customers over from the bot."""
    skills = (HANDOFF_SKILL, *need.skills)
    wanted = Need(need.language, need.line, need.about_claim, skills)
    return available(session, wanted, now=now, customer_id=customer_id, limit=limit)


def profile(session: Session, employee_id: int) -> EmployeeView:
    """One employee. Raises `NotFound`."""
    row = _row(session, employee_id)
    return _view(session, row, busy_with=busy(session).get(row.id, 0), hours=Hours(session))


def teams(session: Session) -> list[TeamView]:
    """All teams by code, with those who still work here."""
    query = select(Team, Unit.code).join(Unit, Unit.id == Team.unit_id).order_by(Team.code)
    loaded = query.options(selectinload(Team.members).selectinload(TeamMember.employee))
    return [_team(row, unit) for row, unit in session.execute(loaded)]


def set_hours(session: Session, employee_id: int, spans: Sequence[OpeningSpan]) -> None:
    """Write down when an employee works, local to them, in place of what was written down before.

    Raises:
        NotFound: no such employee.
        InvalidInput: a span is none, or two of one day overlap.
    """
    row = _row(session, employee_id)
    ordered = sorted(spans, key=lambda span: (span.weekday, span.opens))
    for span in ordered:
        if not 0 <= span.weekday <= 6 or span.opens >= span.closes:
            raise InvalidInput("hours", "Working hours begin before they end, on a weekday from 0 to 6.")
    for one, next_one in pairwise(ordered):
        if one.weekday == next_one.weekday and next_one.opens < one.closes:
            raise InvalidInput("hours", "Two spans of one day overlap; make one of them.")
    session.execute(delete(WorkingHours).where(WorkingHours.employee_id == employee_id))
    session.add_all(
        WorkingHours(employee_id=employee_id, weekday=span.weekday, starts=span.opens, ends=span.closes)
        for span in ordered
    )
    session.flush()
    session.expire(row, ["hours"])


def record_absence(session: Session, employee_id: int, *, first_day: date, last_day: date, reason: str) -> None:
    """Write down that an employee is away on these days, both included. Raises `NotFound`, `InvalidInput`."""
    row = _row(session, employee_id)
    if not timedelta() <= last_day - first_day <= timedelta(days=_LONGEST_ABSENCE):
        raise InvalidInput("last_day", "An absence ends on or after its first day, within two years.")
    session.add(Absence(employee_id=employee_id, first_day=first_day, last_day=last_day, reason=reason))
    session.flush()
    session.expire(row, ["absences"])


def _qualified(need: Need) -> Select[Employee]:
    query = select(Employee).where(Employee.active, Employee.capacity > 0).order_by(Employee.id)
    for skill in need.all_skills:
        query = query.where(Employee.id.in_(select(EmployeeSkill.employee_id).where(EmployeeSkill.skill == skill)))
    if need.language is not None:
        speaking = select(EmployeeLanguage.employee_id).where(EmployeeLanguage.language == need.language)
        query = query.where(Employee.id.in_(speaking))
    return query.options(
        selectinload(Employee.skills),
        selectinload(Employee.languages),
        selectinload(Employee.hours),
        selectinload(Employee.absences),
    )


def _level(row: Employee, need: Need) -> int:
    """The lowest level in what is asked for: a chain is as strong as its weakest link."""
    return min((skill.level for skill in row.skills if skill.skill in need.all_skills), default=0)


def busy(session: Session) -> dict[int, int]:
    """How many customers each employee has, with those who are just being offered to them; for other services."""
    has = select(Handoff.employee_id, func.count()).where(Handoff.state.in_(WITH_PERSON)).group_by(Handoff.employee_id)
    offered = select(Handoff.offered_to, func.count()).where(Handoff.state == HandoffState.OFFERED)
    counts: Counter[int] = Counter()
    for query in (has, offered.group_by(Handoff.offered_to)):
        for employee_id, count in session.execute(query):
            counts[employee_id or 0] += count
    return counts


class Hours:
    """When employees work, with what is the same for all of them read once; for other services."""

    def __init__(self, session: Session) -> None:
        self._zone = business_value(session, "time_zone", "UTC")
        self._closed = frozenset(session.scalars(select(ClosedDay.day)))
        rows = session.execute(select(OpeningHours, Unit.code).join(Unit, Unit.id == OpeningHours.unit_id))
        self._units: dict[int, list[OpeningSpan]] = {}
        self._care: list[OpeningSpan] = []
        for row, code in rows:
            span = OpeningSpan(row.weekday, row.opens, row.closes)
            self._units.setdefault(row.unit_id or 0, []).append(span)
            if code == CARE_UNIT:
                self._care.append(span)

    def of(self, row: Employee) -> BusinessHours:
        """An employee's own hours, else their unit's, else those of customer care."""
        own = [OpeningSpan(span.weekday, span.starts, span.ends) for span in row.hours]
        return self.made_of(row.unit_id, row.time_zone, own, row.absences)

    def made_of(
        self, unit_id: int, time_zone: str | None, own: Sequence[OpeningSpan], absences: Iterable[Any]
    ) -> BusinessHours:
        """The same from its parts, for who reads many at once; `absences` have `first_day` and `last_day`."""
        spans = own or self._units.get(unit_id) or self._care
        return BusinessHours(time_zone or self._zone, tuple(spans), self._closed | _away(absences))


def _away(absences: Iterable[Any]) -> frozenset[date]:
    return frozenset(
        absence.first_day + timedelta(days=step)
        for absence in absences
        for step in range((absence.last_day - absence.first_day).days + 1)
    )


def _view(session: Session, row: Employee, *, busy_with: int, hours: Hours) -> EmployeeView:
    member = select(Team.code, TeamMember.leads).join(TeamMember, TeamMember.team_id == Team.id)
    in_teams = session.execute(member.where(TeamMember.employee_id == row.id).order_by(Team.code)).all()
    unit = session.scalar(select(Unit.code).where(Unit.id == row.unit_id))
    return EmployeeView(
        id=row.id,
        person=_views.handler(row),
        unit=unit or "",
        branch_id=row.branch_id,
        teams=tuple(code for code, _ in in_teams),
        leads=tuple(code for code, leads in in_teams if leads),
        skills={skill.skill: skill.level for skill in sorted(row.skills, key=lambda skill: skill.skill)},
        languages=tuple(sorted(language.language for language in row.languages)),
        hours=hours.of(row),
        capacity=row.capacity,
        busy_with=busy_with,
    )


def _team(row: Team, unit: str) -> TeamView:
    here = [member for member in row.members if member.employee.active]
    return TeamView(
        code=row.code,
        name=row.name,
        unit=unit,
        leads=tuple(_views.handler(member.employee) for member in here if member.leads),
        members=tuple(_views.handler(member.employee) for member in here),
    )


def _row(session: Session, employee_id: int) -> Employee:
    row = session.get(Employee, employee_id)
    if row is None:
        raise NotFound("There is no such employee.")
    return row
