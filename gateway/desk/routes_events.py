"""What happens now, as server-sent events: a page reads anew what an event names.

Events carry ids and numbers only. A browser that lost its connection comes back by itself, gets `hello` first, and
reads what it shows from the last number it has: so nothing is missed, however long it was away.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import StreamingResponse
from sqlalchemy.orm import Session

from crm.domain.staff import Permission, StaffMember
from crm.errors import NotFound
from crm.services import presence, queue
from gateway.desk.access import may_watch
from gateway.desk.work import Desk, desk_of
from gateway.live.bus import BOARD, QUEUE, RESYNC, Event, of_conversation, of_staff
from gateway.staff.guard import Guard, guard_of

router = APIRouter(prefix="/desk")

StillIn = Callable[[], Awaitable[bool]]

_HEARTBEAT = 15.0  # seconds; proxies cut what is silent for a minute
_TOGETHER = 0.15  # seconds in which changes of the queue become one event: a hundred desks read it anew
_RETRY = "retry: 1500\n\n"
_COMMON = {QUEUE: "queue", BOARD: "board"}
MINE = "mine"


@router.get("/events")
async def events(
    request: Request,
    member: Annotated[StaffMember, Depends(Guard.page())],
    conversation: str | None = None,
    board: bool = False,
) -> StreamingResponse:
    """The stream of one page; `conversation` and `board` say what it shows beside the queue."""
    return await stream(request, member, conversation, board=board)


async def stream(request: Request, member: StaffMember, conversation: str | None, *, board: bool) -> StreamingResponse:
    """What happens from now on in the queue, to the member's customers, in a conversation and on the board."""
    desk = desk_of(request)
    topics = [QUEUE] if member.may(Permission.QUEUE_VIEW) else []
    if member.employee_id is not None:
        topics.append(of_staff(member.employee_id))
    if board and member.may(Permission.BOARD):
        topics.append(BOARD)
    topics += await desk.glance(member, lambda session: _conversations(session, member, conversation))
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    is_in = partial(guard_of(request).is_still_in, request, member)
    return StreamingResponse(_news(desk, is_in, member, topics), media_type="text/event-stream", headers=headers)


async def _news(desk: Desk, is_in: StillIn, member: StaffMember, topics: list[str]) -> AsyncIterator[str]:
    async with desk.bus.subscribe(*topics) as news:
        yield _RETRY + _line("hello", {"now": desk.now().isoformat()})
        heart = asyncio.create_task(_heartbeat(desk, is_in, member))
        try:
            async for line in _lines(news, heart, member.employee_id):
                yield line
        finally:
            heart.cancel()


async def _lines(
    news: AsyncIterator[Event], heart: asyncio.Task[None], employee_id: int | None = None
) -> AsyncIterator[str]:
    """Events as they come, those of the queue and the board within a moment as one; a comment when nothing comes.
    They end when the heart stops."""
    held: set[str] = set()
    loop, due = asyncio.get_running_loop(), 0.0
    coming = asyncio.ensure_future(anext(news, None))
    try:
        while True:
            patience = max(0.0, due - loop.time()) if held else _HEARTBEAT
            done, _ = await asyncio.wait({coming, heart}, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
            if heart in done:
                return
            if not done or (held and loop.time() >= due):  # also while events come without a pause
                yield "".join(_line(name, {}) for name in sorted(held)) or ": still here\n\n"
                held.clear()
            if coming not in done:
                continue
            event = coming.result()
            if event is None:
                return
            coming = asyncio.ensure_future(anext(news, None))
            if event.topic in _COMMON:
                due = due if held else loop.time() + _TOGETHER
                held |= _shared(event, employee_id)
            else:
                yield _line(_name(event), _data(event))
    finally:
        coming.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await coming


def _shared(event: Event, employee_id: int | None) -> set[str]:
    """What a change of the queue or the board is to this member: `mine` if it is their own customer's."""
    own = event.topic == QUEUE and employee_id is not None and event.data.get("employee") == employee_id
    return {_COMMON[event.topic], MINE} if own else {_COMMON[event.topic]}


def _conversations(session: Session, member: StaffMember, shown: str | None) -> list[str]:
    """The topics of the conversation on the page and of the member's own, so that no customer is overlooked."""
    own = queue.mine(session, member.employee_id) if member.employee_id is not None else []
    found = {view.conversation_id for view in own}
    if shown is not None and may_watch(session, member, shown):
        found.add(shown)
    return [of_conversation(each) for each in sorted(found)]


def _data(event: Event) -> dict[str, Any]:
    data = {key: value for key, value in event.data.items() if key != "from"}
    kind, _, conversation = event.topic.partition(":")
    return {**data, "conversation": conversation} if kind == "conversation" else data


def _name(event: Event) -> str:
    if event.topic.startswith("staff:"):
        return "offer"
    return event.kind or RESYNC


def _line(name: str, data: dict[str, Any]) -> str:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"


async def _heartbeat(desk: Desk, is_in: StillIn, member: StaffMember) -> None:
    """While the page is open its reader counts as there; until they are logged out, or their token ends."""
    employee_id = member.employee_id if member.may(Permission.TAKE) else None
    while await is_in():
        if employee_id is not None:
            with contextlib.suppress(NotFound):
                await desk.write(member, lambda session: presence.seen(session, employee_id, now=desk.now()))
        await asyncio.sleep(_HEARTBEAT)
