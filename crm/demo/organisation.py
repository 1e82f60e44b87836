"""The demo insurer's units, branches, opening hours and employees."""

from datetime import date, time
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from crm.demo import lists
from crm.schema import (
    Branch,
    BusinessInformation,
    ClosedDay,
    Employee,
    EmployeeLanguage,
    EmployeeSkill,
    OpeningHours,
    Unit,
)
from crm.services.organisation import CARE_UNIT

_YEARS_OF_CLOSED_DAYS = 4


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
    rng = np.random.default_rng([seed, 2])
    for team in content["teams"]:
        for _ in range(team["size"]):
            _add_employee(session, team, units[team["unit"]], branches, rng.integers(0, 2**40, 6).tolist())
    session.flush()


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


def _add_employee(session: Session, team: dict[str, Any], unit: Unit, branches: list[Branch], draws: list[int]) -> None:
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
