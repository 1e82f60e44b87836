"""Who is at the desk: what employees say about themselves, and whether their pages are still heard of."""

from datetime import datetime
from typing import Any

from sqlalchemy import case, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from crm.domain import AgentLoad, PresenceStatus
from crm.errors import NotFound
from crm.schema import Employee, Presence
from crm.services._handoff_steps import limits
from crm.services.employees import busy


def set(session: Session, employee_id: int, status: PresenceStatus, *, now: datetime) -> None:
    """Write down what an employee says about themselves. Raises `NotFound`."""
    _write(session, employee_id, now, said=PresenceStatus(status))


def seen(session: Session, employee_id: int, *, now: datetime) -> None:
    """Their page was heard of. Raises `NotFound`."""
    _write(session, employee_id, now)


def acts(session: Session, employee_id: int, *, now: datetime) -> None:
    """They do something, so they are there, if only busy when they had said they were offline. Raises `NotFound`."""
    _write(session, employee_id, now, acting=True)


def hold(session: Session, employee_id: int) -> None:
    """Let nobody else give this employee a customer before this transaction ends; for other services."""
    session.execute(select(Presence.employee_id).where(Presence.employee_id == employee_id).with_for_update())


def status_of(row: Presence, now: datetime) -> PresenceStatus:
    """What holds now: whose page is not heard of any more is offline, whatever they said last."""
    return row.status if now - row.seen_at < limits().seen else PresenceStatus.OFFLINE


def lost(session: Session, now: datetime) -> list[int]:
    """Employees who have been gone for so long that their customers should wait for somebody else."""
    gone = now - limits().lost
    left = (Presence.status == PresenceStatus.OFFLINE) & (Presence.since <= gone)
    query = select(Presence.employee_id).join(Employee, Employee.id == Presence.employee_id)
    return list(session.scalars(query.where(or_(left, Presence.seen_at <= gone, Employee.active.is_(False)))))


def board(session: Session, now: datetime) -> list[AgentLoad]:
    """Everybody who was ever at the desk and still works here, those who are there first, then by name."""
    loads = busy(session)
    query = select(Presence, Employee).join(Employee, Employee.id == Presence.employee_id).where(Employee.active)
    found = [
        AgentLoad(
            row.employee_id, who.name, status_of(row, now), loads.get(row.employee_id, 0), who.capacity, row.since
        )
        for row, who in session.execute(query)
    ]
    return sorted(found, key=lambda load: (load.status is PresenceStatus.OFFLINE, load.name, load.employee_id))


def _write(
    session: Session, employee_id: int, now: datetime, said: PresenceStatus | None = None, acting: bool = False
) -> None:
    """One statement, which also locks the row: whoever counts an employee's customers next has to wait."""
    if session.get(Employee, employee_id) is None:
        raise NotFound("There is no such employee.")
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    kept: dict[str, Any] = {"seen_at": now}
    if said is not None:
        kept |= {"status": said, "since": now}
    elif acting:
        was_offline = Presence.status == PresenceStatus.OFFLINE
        kept |= {
            "status": case((was_offline, PresenceStatus.BUSY), else_=Presence.status),
            "since": case((was_offline, now), else_=Presence.since),
        }
    first = {"employee_id": employee_id, "status": said or PresenceStatus.BUSY, "since": now, "seen_at": now}
    session.execute(insert(Presence).values(**first).on_conflict_do_update(index_elements=["employee_id"], set_=kept))
