"""The demo insurer's units, branches, teams, opening hours, employees and product sheets."""

from datetime import date, time, timedelta
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.demo import lists
from crm.schema import (
    Absence,
    Branch,
    BusinessInformation,
    ClosedDay,
    Employee,
    EmployeeLanguage,
    EmployeeSkill,
    KeyFigure,
    OpeningHours,
    Product,
    ProductSheet,
    Team,
    TeamMember,
    Unit,
    WorkingHours,
)
from crm.services.organisation import CARE_UNIT

_YEARS_OF_CLOSED_DAYS = 4
_LEADS = 2  # of every team


def build(session: Session, seed: int, as_of: date) -> None:
    """Add everything of `organisation.toml`; the people's names depend on the seed."""
    content = lists.words("organisation")
    session.add_all(BusinessInformation(key=key, value=value) for key, value in content["business"].items())
    for ahead in range(_YEARS_OF_CLOSED_DAYS):
        for month, day, name in content["hours"]["closed"]:
            session.add(ClosedDay(day=date(as_of.year + ahead, month, day), name=name))
    units = _add_units(session, content["units"])
    branches = [_add_branch(session, content, branch) for branch in content["branches"]]
    for place in (("unit_id", units[CARE_UNIT].id), *(("branch_id", branch.id) for branch in branches)):
        _add_hours(session, content["hours"]["spans"], *place)
    rng, around = np.random.default_rng([seed, 2]), np.random.default_rng([seed, 3])
    for content_of_team in content["teams"]:
        team = _add_team(session, content_of_team, units)
        for nth in range(content_of_team["size"]):
            row = _add_employee(
                session, content_of_team, units[content_of_team["unit"]], branches, rng.integers(0, 2**40, 6).tolist()
            )
            draws = around.integers(0, 2**40, 4).tolist()
            _let_work(session, row, team, content, content_of_team, nth, draws, as_of)
    _add_sheets(session, content["sheets"], as_of)
    _add_key_figures(session, content["key_figures"], as_of)
    session.flush()


def _add_team(session: Session, team: dict[str, Any], units: dict[str, Unit]) -> Team:
    row = Team(unit_id=units[team["unit"]].id, code=team["code"], name=team["name"])
    session.add(row)
    session.flush()
    return row


def _let_work(
    session: Session,
    row: Employee,
    team: Team,
    content: dict[str, Any],
    of_team: dict[str, Any],
    place: int,
    draws: list[int],
    as_of: date,
) -> None:
    """Shift, further skills, membership (the first ones of a team lead it) and perhaps an absence."""
    shift = content["shifts"][of_team["shifts"][place % len(of_team["shifts"])]]
    for weekday, starts, ends in shift:
        session.add(
            WorkingHours(
                employee_id=row.id,
                weekday=weekday,
                starts=time.fromisoformat(starts),
                ends=time.fromisoformat(ends),
            )
        )
    row.capacity = of_team["capacity"]
    if draws[0] % 2:
        row.skills += [EmployeeSkill(skill=skill, level=1 + draws[1] % 4) for skill in of_team.get("also", ())]
    leads = place < _LEADS
    session.add(TeamMember(team_id=team.id, employee_id=row.id, leads=leads))
    if leads:
        _let_lead(row, of_team.get("leads", {}))
    absences = content["absences"]
    if draws[2] % absences["of"] == 0:
        reason, days = absences["reasons"][draws[3] % len(absences["reasons"])]
        first = as_of + timedelta(days=draws[3] % 28 - 7)
        last = first + timedelta(days=days - 1)
        session.add(Absence(employee_id=row.id, first_day=first, last_day=last, reason=reason))


def _let_lead(row: Employee, more: dict[str, Any]) -> None:
    """What those who lead a team can do beside what its members can."""
    row.capacity = more.get("capacity", row.capacity)
    skills, languages = {skill.skill for skill in row.skills}, {language.language for language in row.languages}
    row.skills += [EmployeeSkill(skill=skill, level=3) for skill in more.get("skills", ()) if skill not in skills]
    row.languages += [
        EmployeeLanguage(language=language) for language in more.get("languages", ()) if language not in languages
    ]


def _add_sheets(session: Session, content: dict[str, Any], as_of: date) -> None:
    for product in session.scalars(select(Product).order_by(Product.id)):
        for language, (title, summary, covered, not_covered) in content[product.line.value].items():
            session.add(
                ProductSheet(
                    product_id=product.id,
                    language=language,
                    title=title,
                    summary=summary,
                    covered=covered,
                    not_covered=not_covered,
                    valid_from=date(as_of.year, 1, 1),
                )
            )


def _add_key_figures(session: Session, content: dict[str, Any], as_of: date) -> None:
    for code, (unit, *values) in content.items():
        for ago, value in enumerate(values, 1):
            session.add(KeyFigure(code=code, period=str(as_of.year - ago), value=value, unit=unit))


def _add_units(session: Session, content: dict[str, Any]) -> dict[str, Unit]:
    units: dict[str, Unit] = {}
    for code, unit in content.items():
        parent = units.get(unit.get("parent", ""))
        row = Unit(
            code=code,
            name=unit["name"],
            parent_id=parent.id if parent else None,
            callbacks_per_slot=unit.get("callbacks_per_slot", 0),
        )
        session.add(row)
        session.flush()
        units[code] = row
    return units


def _add_branch(session: Session, content: dict[str, Any], branch: dict[str, str]) -> Branch:
    row = Branch(
        name=branch["name"],
        address={
            "line": branch["line"],
            "city": branch["name"],
            "postcode": branch["postcode"],
            "country": "US",
        },
        phone=branch["phone"],
        time_zone=content["business"]["time_zone"],
    )
    session.add(row)
    session.flush()
    return row


def _add_hours(session: Session, spans: list[tuple[int, str, str]], owner: str, owner_id: int) -> None:
    for weekday, opens, closes in spans:
        session.add(
            OpeningHours(
                **{owner: owner_id},
                weekday=weekday,
                opens=time.fromisoformat(opens),
                closes=time.fromisoformat(closes),
            )
        )


def _add_employee(
    session: Session, team: dict[str, Any], unit: Unit, branches: list[Branch], draws: list[int]
) -> Employee:
    chinese = draws[3] % 5 == 0
    name = lists.person_name(draws[0] % 2, chinese, draws[1], draws[2])
    written = f"{name.family}{name.given}" if chinese else f"{name.given} {name.family}"
    row = Employee(
        unit_id=unit.id,
        branch_id=branches[draws[4] % len(branches)].id,
        name=written,
        title=team["title"],
        email=f"{name.spelled}@careline.example",
        phone=f"+1555010{draws[5] % 8000 + 1000}",
        active=True,
    )
    row.skills = [
        EmployeeSkill(skill=skill, level=1 + (draws[5] + place) % 5) for place, skill in enumerate(team["skills"])
    ]
    row.languages = [EmployeeLanguage(language=language) for language in ("en", "zh")[: 2 if chinese else 1]]
    session.add(row)
    session.flush()  # one by one, so that ids follow the draws
    return row
