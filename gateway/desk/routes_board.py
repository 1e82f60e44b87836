"""The supervisor's live board: who waits, who is with whom, who is there; read anew when something happens."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from crm.domain import AgentLoad, PresenceStatus, QueueEntry
from crm.domain.desk_figures import Measures
from crm.domain.staff import Permission, StaffMember
from crm.services import organisation, presence, queue
from gateway.desk.rendering import render
from gateway.desk.work import desk_of
from gateway.staff.guard import Guard

router = APIRouter(prefix="/desk")

Supervisor = Annotated[StaffMember, Depends(Guard.page(Permission.BOARD))]


@dataclass(frozen=True, slots=True)
class Board:
    """The desk at a glance; `longest` is since when the one waiting longest waits."""

    waiting: list[QueueEntry]
    active: int
    longest: datetime | None
    agents: list[AgentLoad]
    free: int
    today: Measures

    @property
    def reasons(self) -> dict[str, int]:
        """How many wait for which reason, the most first."""
        found: dict[str, int] = {}
        for entry in self.waiting:
            found[entry.handoff.reason] = found.get(entry.handoff.reason, 0) + 1
        return dict(sorted(found.items(), key=lambda item: -item[1]))


@router.get("/board")
async def page(request: Request, member: Supervisor) -> Response:
    """The page."""
    return render(request, "board.html", member, board=await board_now(request, member))


@router.get("/board/now")
async def now(request: Request, member: Supervisor) -> Response:
    """What changes on it, as a fragment."""
    return render(request, "_board.html", member, board=await board_now(request, member))


async def board_now(request: Request, member: StaffMember) -> Board:
    """The desk as it is now."""
    desk = desk_of(request)
    moment = desk.now()

    def verb(session: Session) -> Board:
        waiting = queue.waiting(session, now=moment)
        agents = [load for load in presence.board(session, moment) if load.status is not PresenceStatus.OFFLINE]
        day = moment.astimezone(organisation.business_hours(session).zone).date()
        since = [entry.handoff.waiting_since for entry in waiting if entry.handoff.waiting_since]
        free = sum(max(0, load.capacity - load.busy_with) for load in agents if load.status == "available")
        today = desk.today.measures(session, day, moment)
        return Board(waiting, queue.number_active(session), min(since, default=None), agents, free, today)

    return await desk.read(member, verb)
