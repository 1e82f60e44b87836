"""How it went: a day or a week in figures, as a page and as CSV."""

from datetime import date, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from crm.domain.desk_figures import Figures
from crm.domain.staff import Permission, StaffMember
from crm.services import desk_figures, organisation
from gateway.desk.figures import FiguresPage, as_csv
from gateway.desk.rendering import render
from gateway.desk.work import desk_of
from gateway.staff.guard import Guard

router = APIRouter(prefix="/desk")

Analyst = Annotated[StaffMember, Depends(Guard.page(Permission.FIGURES))]
Span = Literal["day", "week"]
# The calendar's own ends have no week before or after them.
Day = Annotated[date | None, Query(ge=date(2000, 1, 1), le=date(2100, 1, 1))]


@router.get("/figures")
async def page(request: Request, member: Analyst, span: Span = "week", day: Day = None) -> Response:
    """Charts with their tables."""
    which, found, zone = await figures_of(request, member, span, day)
    shown = FiguresPage(found, member.language, zone, by_day=span == "week")
    step = timedelta(days=7 if span == "week" else 1)
    first, last = found.whole.start.astimezone(zone).date(), (found.whole.end.astimezone(zone)).date()
    return render(
        request, "figures.html", member,
        shown=shown, found=found, span=span, day=which, before=which - step, after=which + step,
        first=first, last=last - timedelta(days=1), today=desk_of(request).now().astimezone(zone).date(),
    )  # fmt: skip


@router.get("/figures.csv")
async def table(request: Request, member: Analyst, span: Span = "week", day: Day = None) -> Response:
    """The same as a file."""
    which, found, zone = await figures_of(request, member, span, day)
    name = f'attachment; filename="careline-{span}-{which}.csv"'
    headers = {"Content-Disposition": name, "Cache-Control": "no-store"}
    return Response(as_csv(found, zone), media_type="text/csv; charset=utf-8", headers=headers)


async def figures_of(
    request: Request, member: StaffMember, span: Span, day: date | None
) -> tuple[date, Figures, ZoneInfo]:
    """The figures around a day, today without one; the day, and the zone in which days are counted."""
    desk = desk_of(request)

    def verb(session: Session) -> tuple[date, Figures, ZoneInfo]:
        zone = organisation.business_hours(session).zone
        which = day or desk.now().astimezone(zone).date()
        return which, (desk_figures.week if span == "week" else desk_figures.day)(session, which), zone

    return await desk.read(member, verb)
