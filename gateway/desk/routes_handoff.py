"""How a conversation goes on or ends: passed on, given back to the bot, closed."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from crm.domain import AgentLoad, PresenceStatus, TeamView
from crm.domain.staff import Permission, StaffMember
from crm.errors import InvalidInput
from crm.services import employees, handoffs, presence, tags
from gateway.desk.access import Number, is_theirs
from gateway.desk.answers import EXPECTED, go, refused
from gateway.desk.rendering import render
from gateway.desk.work import desk_of
from gateway.staff.guard import Guard

router = APIRouter(prefix="/desk/handoffs/{handoff_id}")

Taker = Annotated[StaffMember, Depends(Guard.page(Permission.TAKE))]
Transferrer = Annotated[StaffMember, Depends(Guard.page(Permission.TRANSFER))]


@router.get("/transfer")
async def transfer_form(request: Request, member: Transferrer, handoff_id: Number) -> Response:
    """Who could take over: colleagues who are there, the least busy first, and teams."""
    desk = desk_of(request)

    def verb(session: Session) -> tuple[list[AgentLoad], list[TeamView]]:
        return presence.board(session, desk.now()), employees.teams(session)

    board, teams = await desk.read(member, verb)
    there = [load for load in board if load.employee_id != member.employee_id and _is_there(load)]
    colleagues = sorted(there, key=lambda load: (load.status != PresenceStatus.AVAILABLE, load.busy_with, load.name))
    return render(request, "_transfer.html", member, handoff_id=handoff_id, colleagues=colleagues, teams=teams)


@router.post("/transfer")
async def transfer(
    request: Request,
    member: Transferrer,
    handoff_id: Number,
    to: Annotated[str, Form()],
    note: Annotated[str, Form()] = "",
) -> Response:
    """Pass a customer on; `to` is `employee:ID` or `team:CODE`."""
    kind, _, which = to.partition(":")
    try:
        if kind == "team":
            await desk_of(request).takeover.transfer(member, handoff_id, to_team=which, note=note)
        else:
            await desk_of(request).takeover.transfer(member, handoff_id, to_employee=_number(which), note=note)
    except EXPECTED as error:
        return refused(member, error)
    return go(request, "/desk")


@router.post("/give-back")
async def give_back(request: Request, member: Taker, handoff_id: Number) -> Response:
    """Let the bot go on."""
    try:
        await desk_of(request).takeover.give_back(member, handoff_id)
    except EXPECTED as error:
        return refused(member, error)
    return go(request, "/desk")


@router.get("/close")
async def close_form(request: Request, member: Taker, handoff_id: Number) -> Response:
    """How it ended, and under which words it is filed."""

    def verb(session: Session) -> tuple[list[str], list[str]] | None:
        view = handoffs.get(session, handoff_id)
        return (tags.of(session, view.conversation_id), tags.known(session)) if is_theirs(view, member) else None

    found = await desk_of(request).read(member, verb)
    if found is None:
        return Response(status_code=403)
    set_already, known = found
    return render(
        request, "_close.html", member,
        handoff_id=handoff_id, tags=set_already, known=known, dispositions=tags.dispositions(),
    )  # fmt: skip


@router.post("/close")
async def close(
    request: Request,
    member: Taker,
    handoff_id: Number,
    disposition: Annotated[str, Form()],
    tag: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """End it. `tag` may come several times; each may hold several words, set apart by commas."""
    words = [word.strip() for each in tag or [] for word in each.replace("，", ",").split(",") if word.strip()]
    try:
        if disposition not in tags.dispositions():
            raise InvalidInput("disposition", "Choose one of the dispositions.")
        await desk_of(request).takeover.close(member, handoff_id, disposition=disposition, tags=words)
    except EXPECTED as error:
        return refused(member, error)
    return go(request, "/desk")


def _is_there(load: AgentLoad) -> bool:
    return load.status is not PresenceStatus.OFFLINE


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise InvalidInput("to", "Choose a colleague or a team.")
    return int(text)
