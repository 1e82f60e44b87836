"""Looking for conversations."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from crm.domain import HandoffReason
from crm.domain.staff import Permission, StaffMember
from crm.errors import NotFound
from crm.services import desk_search, organisation, tags
from crm.services._find import customer_id_of
from crm.services.desk_search import Found, Wanted
from gateway.desk.rendering import render
from gateway.desk.work import desk_of
from gateway.staff.guard import Guard

router = APIRouter(prefix="/desk")

Searcher = Annotated[StaffMember, Depends(Guard.page(Permission.SEARCH))]
PAGE = 25
_EMPLOYEE = re.compile(r"[0-9]{1,15}")
_FIRST, _LAST = date(2000, 1, 1), date(2100, 1, 1)


class Asked(BaseModel):
    """What the form holds; an empty field asks for nothing. Days are days where the business is, both included."""

    words: str = Field(default="", max_length=1_000)
    customer: str = Field(default="", max_length=200)
    since: str = ""
    until: str = ""
    reason: str = ""
    employee: str = ""
    tag: str = ""
    before: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was asked for yet."""
        return not any(value for name, value in self.model_dump().items() if name != "before")


@dataclass(frozen=True, slots=True)
class Results:
    """What was found; `known` is False when no customer is known by what was given, `more` when a page follows."""

    found: list[Found]
    more: bool
    known: bool


@router.get("/search")
async def page(request: Request, member: Searcher, asked: Annotated[Asked, Query()]) -> Response:
    """The form with what it found; as a fragment, the rows of the next page."""
    desk = desk_of(request)

    def verb(session: Session) -> tuple[Results | None, list[tuple[int, str]], list[str]]:
        found = None if asked.is_empty else _results(session, asked, reader_of(member))
        return found, desk_search.colleagues(session), tags.known(session)

    results, people, known = await desk.read(member, verb)
    template = "_found.html" if request.headers.get("HX-Request") else "search.html"
    return render(
        request, template, member,
        asked=asked, results=results, people=people, tags=known, reasons=[reason.value for reason in HandoffReason],
    )  # fmt: skip


def reader_of(member: StaffMember) -> int | None:
    """For whom the hits have to be readable: who may not read colleagues' conversations does not find them either.

    An account without an employee has no conversation of its own: 0 is nobody's number.
    """
    return None if member.may(Permission.WATCH) else member.employee_id or 0


def _results(session: Session, asked: Asked, reader: int | None) -> Results:
    try:
        customer_id = customer_id_of(session, asked.customer) if asked.customer.strip() else None
    except NotFound:
        return Results([], more=False, known=False)
    zone = organisation.business_hours(session).zone
    until = _midnight(asked.until, zone)
    wanted = Wanted(
        words=asked.words,
        customer_id=customer_id,
        since=_midnight(asked.since, zone),
        until=until + timedelta(days=1) if until else None,
        reason=HandoffReason(asked.reason) if asked.reason in list(HandoffReason) else None,
        employee_id=int(asked.employee) if _EMPLOYEE.fullmatch(asked.employee) else None,
        tag=asked.tag.strip() or None,
        reader=reader,
    )
    found = desk_search.find(session, wanted, before=asked.before or None, limit=PAGE + 1)
    return Results(found[:PAGE], more=len(found) > PAGE, known=True)


def _midnight(day: str, zone: ZoneInfo) -> datetime | None:
    try:
        wanted = date.fromisoformat(day)
    except ValueError:
        return None
    # A day at the calendar's ends has no day before or after it, nor the same one in every zone.
    return datetime.combine(wanted, time(), tzinfo=zone) if _FIRST <= wanted <= _LAST else None
