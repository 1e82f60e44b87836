"""Search, the live board, and figures."""

from datetime import date, datetime, timezone
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from crm.domain import HandoffReason
from crm.domain.staff import Permission as P
from crm.domain.staff import StaffMember
from crm.errors import NotFound
from crm.services import desk_search
from crm.services._find import customer_id_of
from crm.services.desk_search import Found as Hit
from crm.services.desk_search import Wanted
from gateway.api.callers import Moment, Work, caller
from gateway.api.models.desk import Board, Figures, Found, FoundPage
from gateway.api.models.queue import Span
from gateway.desk import routes_board, routes_figures
from gateway.desk.routes_search import reader_of

router = APIRouter(prefix="/v1")

Searcher = Annotated[StaffMember, caller(P.SEARCH)]
Supervisor = Annotated[StaffMember, caller(P.BOARD)]
Analyst = Annotated[StaffMember, caller(P.FIGURES)]
Short = Annotated[str, Query(max_length=200)]
Day = Annotated[date | None, Query(ge=date(2000, 1, 1), le=date(2100, 1, 1), description="A day in the span; today.")]


@router.get("/search", tags=["Search"])
async def search(
    desk: Work,
    member: Searcher,
    words: Short = "",
    customer: Annotated[str, Query(max_length=200, description="Policy number, phone, e-mail or number.")] = "",
    since: Moment | None = None,
    until: Moment | None = None,
    reason: HandoffReason | None = None,
    employee: Annotated[int | None, Query(ge=1, le=2**53 - 1)] = None,
    tag: Short = "",
    before: Annotated[str | None, Query(pattern="^[0-9a-f]{32}$", description="`next` of the part before.")] = None,
    limit: Annotated[int, Query(ge=1, le=desk_search.MOST - 1)] = 25,
) -> FoundPage:
    """Conversations for which everything holds that is given: words in one message, the customer, active since,
    begun before `until`, a reason, a colleague, a tag. Masked."""

    def verb(session: Session) -> list[Hit]:
        try:
            whose = customer_id_of(session, customer) if customer.strip() else None
        except NotFound:
            return []
        wanted = Wanted(
            words, whose, _utc(since), _utc(until), reason, employee, tag.strip() or None, reader_of(member)
        )
        return desk_search.find(session, wanted, before=before, limit=limit + 1)

    found = await desk.read(member, verb)
    more = found[limit - 1].conversation_id if len(found) > limit else None
    return FoundPage(items=[Found.model_validate(each) for each in found[:limit]], next=more)


@router.get("/board", tags=["Board and figures"])
async def board(request: Request, member: Supervisor) -> Board:
    """The desk at a glance; `board` among the events tells when to look again."""
    found = await routes_board.board_now(request, member)
    return Board.model_validate(
        {
            **{name: getattr(found, name) for name in ("reasons", "active", "longest", "free", "agents", "today")},
            "waiting": len(found.waiting),
        }
    )


@router.get("/figures", tags=["Board and figures"])
async def figures(request: Request, member: Analyst, span: Span = "week", day: Day = None) -> Figures:
    """A day or a week in figures."""
    which, found, _ = await routes_figures.figures_of(request, member, span, day)
    named = ("whole", "parts", "agents", "unanswered")
    return Figures.model_validate({**{name: getattr(found, name) for name in named}, "day": which})


@router.get(
    "/figures.csv",
    tags=["Board and figures"],
    response_class=Response,
    responses={200: {"description": "A line for each part.", "content": {"text/csv": {"schema": {"type": "string"}}}}},
)
async def figures_table(request: Request, member: Analyst, span: Span = "week", day: Day = None) -> Response:
    """The same as CSV: a line for each part and one for the whole."""
    return await routes_figures.table(request, member, span, day)


def _utc(moment: datetime | None) -> datetime | None:
    """Without a zone a moment is taken as UTC."""
    if moment is None or moment.tzinfo is not None:
        return moment
    return moment.replace(tzinfo=timezone.utc)
