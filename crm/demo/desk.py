"""The demo insurer's colleague whom the desk's first account belongs to: whoever tries the desk can take anybody."""

from datetime import time

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.demo import lists
from crm.schema import (
    BusinessInformation,
    Employee,
    EmployeeLanguage,
    EmployeeSkill,
    Team,
    TeamMember,
    Unit,
    WorkingHours,
)
from crm.services.organisation import CARE_UNIT, DEMO_KEY

_BEST = 5
_DAYS = range(7)
_LAST_MOMENT = time(23, 59, 59)


def add_employee(session: Session) -> Employee | None:
    """Somebody who can do everything, speaks every language and is always at work; None in a store without a demo."""
    if session.get(BusinessInformation, DEMO_KEY) is None:
        return None
    words = lists.words("organisation")["desk"]
    unit = session.scalars(select(Unit).where(Unit.code == CARE_UNIT)).one()
    row = Employee(
        unit_id=unit.id,
        name=words["name"],
        title=words["title"],
        email=words["email"],
        phone=words["phone"],
        active=True,
        capacity=words["capacity"],
    )
    skills = session.scalars(select(EmployeeSkill.skill).distinct().order_by(EmployeeSkill.skill))
    row.skills = [EmployeeSkill(skill=skill, level=_BEST) for skill in skills]
    row.languages = [EmployeeLanguage(language=language) for language in words["languages"]]
    row.hours = [WorkingHours(weekday=day, starts=time(0), ends=_LAST_MOMENT) for day in _DAYS]
    session.add(row)
    session.flush()
    team = session.scalars(select(Team).where(Team.unit_id == unit.id).order_by(Team.id)).first()
    if team is not None:
        session.add(TeamMember(team_id=team.id, employee_id=row.id, leads=True))
    session.flush()
    return row
