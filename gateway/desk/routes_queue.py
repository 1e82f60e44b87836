"""Who waits: the queue page, taking and declining, and the member's own presence."""

from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from crm.domain.handoffs import HandoffView, PresenceStatus
from crm.domain.staff import Permission, StaffMember
from crm.errors import NotEligible, NotFound
from crm.services import customer_names, handoffs, presence
from gateway.desk.access import Number
from gateway.desk.answers import EXPECTED, refused, to_conversation
from gateway.desk.rendering import NAV, render
from gateway.desk.views import QueuePage, discreet, my_rows, offers_to, queue_page, status_of
from gateway.desk.work import desk_of
from gateway.staff.guard import Guard

router = APIRouter(prefix="/desk")

Anybody = Annotated[StaffMember, Depends(Guard.page())]
Viewer = Annotated[StaffMember, Depends(Guard.page(Permission.QUEUE_VIEW))]
Taker = Annotated[StaffMember, Depends(Guard.page(Permission.TAKE))]
Supervisor = Annotated[StaffMember, Depends(Guard.page(Permission.TAKE_OVER))]


@router.get("")
async def home(request: Request, member: Anybody) -> Response:
    """The queue; whoever may not see it begins where they may."""
    if not member.may(Permission.QUEUE_VIEW):
        first = next((item.href for item in NAV if member.may(item.permission)), "/desk/account")
        return RedirectResponse(first, status_code=303)
    return render(request, "queue.html", member, page=await _page(request, member))


@router.get("/queue")
async def whole_queue(request: Request, member: Viewer) -> Response:
    """What changes on the queue page, as a fragment."""
    return render(request, "_queue.html", member, page=await _page(request, member))


@router.get("/offers")
async def offers(request: Request, member: Taker) -> Response:
    """What is offered to the member now, as a fragment for pages other than the queue."""
    desk = desk_of(request)
    offered = await desk.glance(member, lambda session: offers_to(session, member, desk.now()))
    return render(request, "_offers.html", member, offered=offered)


@router.get("/mine")
async def mine(request: Request, member: Taker, current: str = "") -> Response:
    """The member's own conversations, as a fragment; `current` is the one on the page."""
    rows = await desk_of(request).glance(member, lambda session: my_rows(session, member))
    return render(request, "_mine.html", member, rows=rows, current=current)


@router.post("/handoffs/{handoff_id}/take")
async def take(
    request: Request,
    member: Taker,
    handoff_id: Number,
    force: Annotated[bool, Form()] = False,
    here: Annotated[bool, Form()] = False,
) -> Response:
    """Take a customer; who comes too late is told who was faster, in the queue's row or (`here`) in words."""
    forced = force and member.may(Permission.TAKE_OVER)
    try:
        view = await desk_of(request).takeover.take(member, handoff_id, force=forced)
    except EXPECTED as error:
        if here:
            return refused(member, error)
        return await _too_late(request, member, handoff_id, getattr(error, "by", None))
    return to_conversation(request, view)


@router.post("/handoffs/{handoff_id}/decline")
async def decline(request: Request, member: Taker, handoff_id: Number) -> Response:
    """Leave an offered customer to somebody else."""
    with suppress(NotEligible, NotFound):  # it ran out meanwhile: it is gone from the page either way
        await desk_of(request).takeover.decline(member, handoff_id)
    return Response(status_code=200)


@router.post("/handoffs/{handoff_id}/take-over")
async def take_over(request: Request, member: Supervisor, handoff_id: Number) -> Response:
    """Take a customer from a colleague."""
    try:
        view = await desk_of(request).takeover.take_over(member, handoff_id)
    except EXPECTED as error:
        return refused(member, error)
    return to_conversation(request, view)


@router.get("/presence")
async def own_presence(request: Request, member: Taker) -> Response:
    """The switch in the bar."""
    desk = desk_of(request)
    status = await desk.read(member, lambda session: status_of(session, member, desk.now()))
    return render(request, "_presence.html", member, status=status)


@router.post("/presence")
async def set_presence(request: Request, member: Taker, status: Annotated[PresenceStatus, Form()]) -> Response:
    """Be available, busy or away."""
    desk = desk_of(request)
    employee_id = member.employee_id
    if employee_id is not None:
        await desk.write(member, lambda session: presence.set(session, employee_id, status, now=desk.now()))
    return render(request, "_presence.html", member, status=status)


async def _page(request: Request, member: StaffMember) -> QueuePage:
    desk = desk_of(request)
    now = desk.now()
    return await desk.glance(member, lambda session: queue_page(session, member, now, desk.moods))


async def _too_late(request: Request, member: StaffMember, handoff_id: int, by: str | None) -> Response:
    """The row of a customer who could not be taken, with the reason in it."""

    def verb(session: Session) -> tuple[HandoffView, str | None]:
        view = handoffs.get(session, handoff_id)
        return view, customer_names.names_of(session, [view.customer_id]).get(view.customer_id or 0)

    try:
        view, name = await desk_of(request).read(member, verb)
    except NotFound:
        view, name = None, None
    why = ("taken_by" if by else "no_longer") if view is None or not view.state.is_waiting else "not_now"
    return render(
        request, "_taken_row.html", member, row=None, handoff_id=handoff_id, name=discreet(name), by=by, why=why
    )
