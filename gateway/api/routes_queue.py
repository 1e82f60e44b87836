"""Who calls, who waits, who is there, and to whom a customer goes."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from sqlalchemy.orm import Session

from crm.domain import AgentLoad, PresenceStatus, TeamView
from crm.domain.handoffs import HandoffView
from crm.domain.staff import Permission as P
from crm.domain.staff import StaffMember
from crm.errors import InvalidInput, NotEligible
from crm.services import employees, handoffs, presence, tags
from gateway.api.callers import Limit, Listed, Number, Work, caller, part
from gateway.api.models.queue import (
    Choices,
    Close,
    Colleague,
    Handoff,
    Me,
    Presence,
    PresenceWish,
    QueueItem,
    Take,
    Team,
    Transfer,
)
from gateway.api.problems import Denied, problem
from gateway.desk import routes_events
from gateway.desk.access import may_watch
from gateway.desk.views import QueueRow, my_rows, queue_page, running_rows, status_of
from vault.masking import mask_personal

router = APIRouter(prefix="/v1")

Anybody = Annotated[StaffMember, caller()]
Viewer = Annotated[StaffMember, caller(P.QUEUE_VIEW)]
Watcher = Annotated[StaffMember, caller(P.WATCH)]
Taker = Annotated[StaffMember, caller(P.TAKE)]
Transferrer = Annotated[StaffMember, caller(P.TRANSFER)]
Supervisor = Annotated[StaffMember, caller(P.TAKE_OVER)]
After = Annotated[int, Query(ge=0, le=10_000, description="`next` of the part before.")]


@router.get("/me", tags=["Account"])
async def me(member: Anybody) -> Me:
    """Who calls, and what they may do."""
    return Me.model_validate(member)


@router.get("/presence", tags=["Account"])
async def own_presence(desk: Work, member: Taker) -> Presence:
    """What the caller is at the desk."""
    return Presence(status=await desk.read(member, lambda session: status_of(session, member, desk.now())))


@router.put("/presence", tags=["Account"])
async def set_own_presence(desk: Work, member: Taker, wish: PresenceWish) -> Presence:
    """Be available, busy, away or offline; only who is available is offered customers."""
    employee_id = member.employee_id
    if employee_id is None:
        raise NotEligible("This account belongs to no employee; an administrator can say whose it is.")
    await desk.write(member, lambda session: presence.set(session, employee_id, wish.status, now=desk.now()))
    return Presence(status=wish.status)


@router.get(
    "/events",
    tags=["Events"],
    response_class=StreamingResponse,
    responses={
        200: {"description": "Server-sent events.", "content": {"text/event-stream": {"schema": {"type": "string"}}}}
    },
)
async def listen(
    request: Request,
    member: Anybody,
    conversation: Annotated[str | None, Query(pattern="^[0-9a-f]{32}$", description="One to hear of, too.")] = None,
    board: Annotated[bool, Query(description="Also what changes on the live board.")] = False,
) -> StreamingResponse:
    """What happens, as server-sent events: `queue` and `board` changed, `offer` (to the caller), and of the caller's
    conversations `message`, `typing`, `handoff`, `note`, `closed`. They carry ids and numbers: read what they name.
    `resync` and `hello` (after every connection) mean: read everything anew. Listening counts as being there."""
    return await routes_events.stream(request, member, conversation, board=board)


@router.get("/queue", tags=["Queue"])
async def waiting_customers(desk: Work, member: Viewer, after: After = 0, limit: Limit = 50) -> Listed[QueueItem]:
    """Who waits, the most urgent first, offers to the caller before all others."""
    page = await desk.glance(member, lambda session: queue_page(session, member, desk.now(), desk.moods))
    return _rows([*page.offered, *page.waiting], after, limit)


@router.get("/queue/mine", tags=["Queue"])
async def own_customers(desk: Work, member: Taker) -> Listed[QueueItem]:
    """The customers whom the caller has, the longest first."""
    rows = await desk.glance(member, lambda session: my_rows(session, member))
    return _rows(rows, 0, len(rows) or 1)


@router.get("/queue/active", tags=["Queue"])
async def served_customers(desk: Work, member: Watcher, after: After = 0, limit: Limit = 50) -> Listed[QueueItem]:
    """All customers who are with a person, the longest first."""
    return _rows(await desk.glance(member, running_rows), after, limit)


@router.get("/handoffs/{handoff_id}", tags=["Hand-offs"])
async def one_handoff(desk: Work, member: Viewer, handoff_id: Number) -> Handoff:
    """A hand-off as it stands."""

    def verb(session: Session) -> HandoffView:
        view = handoffs.get(session, handoff_id)
        if not may_watch(session, member, view.conversation_id):
            raise Denied
        return view

    return shown(await desk.read(member, verb))


@router.post("/handoffs/{handoff_id}/take", tags=["Hand-offs"])
async def take(desk: Work, member: Taker, handoff_id: Number, how: Take | None = None) -> Handoff:
    """Take a customer. Of several at once one gets them, the others learn who (409, `by`). One's own customer can be
    taken again: it changes nothing."""
    force = how is not None and how.force
    if force and not member.may(P.TAKE_OVER):
        return problem(403, "forbidden", "This needs the permission take_over.")  # type: ignore[return-value]
    return shown(await desk.takeover.take(member, handoff_id, force=force))


@router.post("/handoffs/{handoff_id}/decline", tags=["Hand-offs"])
async def decline(desk: Work, member: Taker, handoff_id: Number) -> Handoff:
    """Leave an offered customer to somebody else."""
    return shown(await desk.takeover.decline(member, handoff_id))


@router.post("/handoffs/{handoff_id}/take-over", tags=["Hand-offs"])
async def take_over(desk: Work, member: Supervisor, handoff_id: Number) -> Handoff:
    """Take a customer from the colleague who has them."""
    return shown(await desk.takeover.take_over(member, handoff_id))


@router.post("/handoffs/{handoff_id}/transfer", tags=["Hand-offs"])
async def transfer(desk: Work, member: Transferrer, handoff_id: Number, to: Transfer) -> Handoff:
    """Pass one's customer on to a colleague or a team, with a note for them."""
    view = await desk.takeover.transfer(
        member, handoff_id, to_employee=to.to_employee, to_team=to.to_team or None, note=to.note
    )
    return shown(view)


@router.post("/handoffs/{handoff_id}/give-back", tags=["Hand-offs"])
async def give_back(desk: Work, member: Taker, handoff_id: Number) -> Handoff:
    """Give one's customer back to the bot, which says where it was."""
    return shown(await desk.takeover.give_back(member, handoff_id))


@router.post("/handoffs/{handoff_id}/close", tags=["Hand-offs"])
async def close(desk: Work, member: Taker, handoff_id: Number, how: Close) -> Handoff:
    """End it, and file it under tags; what the customer says next is for the bot."""
    if how.disposition not in tags.dispositions():
        raise InvalidInput("disposition", f"A disposition is one of {', '.join(tags.dispositions())}.")
    return shown(await desk.takeover.close(member, handoff_id, disposition=how.disposition, tags=how.tags))


@router.get("/colleagues", tags=["Hand-offs"])
async def colleagues(desk: Work, member: Transferrer) -> Listed[Colleague]:
    """Who is at the desk, to pass a customer on to."""

    def verb(session: Session) -> list[AgentLoad]:
        board = presence.board(session, desk.now())
        return [load for load in board if load.status is not PresenceStatus.OFFLINE]

    return Listed[Colleague].model_validate({"items": await desk.read(member, verb)})


@router.get("/teams", tags=["Hand-offs"])
async def teams(desk: Work, member: Transferrer) -> Listed[Team]:
    """Teams to pass a customer on to."""

    def verb(session: Session) -> list[TeamView]:
        return employees.teams(session)

    return Listed[Team].model_validate({"items": await desk.read(member, verb)})


@router.get("/dispositions", tags=["Hand-offs"])
async def dispositions(_: Taker) -> Choices:
    """How a conversation can end at the desk."""
    return Choices(items=list(tags.dispositions()))


def shown(view: HandoffView) -> Handoff:
    """A hand-off without personal data in its summary."""
    return Handoff.model_validate(replace(view, summary=mask_personal(view.summary)))


def _rows(rows: list[QueueRow], after: int, limit: int) -> Listed[QueueItem]:
    cut: dict[str, Any] = part(rows, after, limit)
    items = [
        QueueItem(
            handoff=shown(row.handoff),
            name=row.name,
            is_own=row.is_own,
            can_take=row.can_take,
            mood=row.mood,
            unanswered_since=row.unanswered_since,
        )
        for row in cut["items"]
    ]
    return Listed[QueueItem](items=items, next=cut["next"])
