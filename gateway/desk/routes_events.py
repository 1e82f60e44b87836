"""What happens now, as server-sent events: a page reads anew what an event names.

Events carry ids and numbers, and to the page of a conversation what is said in it. A browser that lost its connection
comes back by itself, gets `hello` first, and reads what it shows from the last number it has: so nothing is missed,
however long it was away.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import StreamingResponse
from sqlalchemy.orm import Session

from crm.domain.staff import Permission, StaffMember
from crm.errors import NotFound
from crm.services import presence, queue
from gateway.desk import threads
from gateway.desk.access import may_watch
from gateway.desk.rendering import fragment
from gateway.desk.work import Desk, desk_of
from gateway.live.bus import BOARD, QUEUE, RESYNC, Event, of_conversation, of_staff
from gateway.staff.guard import Guard, guard_of

router = APIRouter(prefix="/desk")

StillIn = Callable[[], Awaitable[bool]]

_HEARTBEAT = 15.0  # seconds; proxies cut what is silent for a minute
_APART, _BOARD_APART = 0.25, 1.0  # seconds between two events of the queue: all that change meanwhile are one
_RETRY = "retry: 1500\n\n"
_COMMON = {QUEUE: "queue", BOARD: "board"}
_OTHERS = "place"  # what is only for those who show the customer's side
MINE = "mine"


@router.get("/events")
async def events(
    request: Request,
    member: Annotated[StaffMember, Depends(Guard.page())],
    conversation: str | None = None,
    board: bool = False,
) -> StreamingResponse:
    """The stream of one page; `conversation` and `board` say what it shows beside the queue."""
    words = Words(request, conversation) if conversation else None
    return await stream(request, member, conversation, board=board, words=words)


class Words:
    """What is said in the conversation on a page, sent along with the events: a page that asks comes later, and costs
    more than the answer. Who reads is looked up anew with each: a session may have ended, a colleague taken over.
    """

    def __init__(self, request: Request, conversation_id: str) -> None:
        self._request = request
        self._conversation_id = conversation_id
        self._sent = 0
        self.topic = of_conversation(conversation_id)

    async def of(self, member: StaffMember, seq: int) -> str | None:
        """Markup of what was not sent yet, from message `seq` on; None when the page has to ask for it."""
        if seq <= self._sent:
            return ""
        guard = guard_of(self._request)

        def verb(session: Session) -> tuple[StaffMember, threads.Thread] | None:
            reader = guard.still(session, self._request)
            if reader is None or not may_watch(session, reader, self._conversation_id):
                return None
            return reader, threads.said(session, self._conversation_id, after=self._sent or seq - 1)

        try:
            found = await desk_of(self._request).glance(member, verb)
        except NotFound:
            return None
        if found is None:
            return None
        reader, thread = found
        self._sent = thread.last_seq
        return fragment(self._request, "_entries.html", reader, thread=thread, conversation_id=self._conversation_id)


async def stream(
    request: Request, member: StaffMember, conversation: str | None, *, board: bool, words: Words | None = None
) -> StreamingResponse:
    """What happens from now on in the queue, to the member's customers, in a conversation and on the board."""
    desk = desk_of(request)
    if not desk.streams.has_room(member.account_id):
        raise HTTPException(429, headers={"Retry-After": "60"})
    topics = [QUEUE] if member.may(Permission.QUEUE_VIEW) else []
    if member.employee_id is not None:
        topics.append(of_staff(member.employee_id))
    if board and member.may(Permission.BOARD):
        topics.append(BOARD)
    topics += await desk.glance(member, lambda session: _conversations(session, member, conversation))
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    is_in = partial(guard_of(request).is_still_in, request, member)
    telling = Telling(member, _BOARD_APART if board else _APART, words)
    lines = desk.streams.counted(member.account_id, _news(desk, is_in, telling, topics))
    return StreamingResponse(lines, media_type="text/event-stream", headers=headers)


async def _news(desk: Desk, is_in: StillIn, telling: "Telling", topics: list[str]) -> AsyncIterator[str]:
    async with desk.bus.subscribe(*topics) as news:
        yield _RETRY + _line("hello", {"now": desk.now().isoformat()})
        heart = asyncio.create_task(_heartbeat(desk, is_in, telling.member))
        try:
            async for line in telling.lines(news, heart):
                yield line
        finally:
            heart.cancel()


class Telling:
    """What one page is told.

    Args:
        apart: seconds between two events of the queue and the board; the first of a burst is told at once.
        words: sends what is said along, for pages that show a conversation.
    """

    def __init__(self, member: StaffMember, apart: float, words: Words | None = None) -> None:
        self.member = member
        self._apart = apart
        self._words = words

    async def lines(self, news: AsyncIterator[Event], heart: asyncio.Task[None]) -> AsyncIterator[str]:
        """Events as they come, those of the queue together; a comment when nothing comes. They end with the heart."""
        held: set[str] = set()
        loop, quiet_until = asyncio.get_running_loop(), 0.0
        coming = asyncio.ensure_future(anext(news, None))
        try:
            while True:
                patience = max(0.0, quiet_until - loop.time()) if held else _HEARTBEAT
                done, _ = await asyncio.wait({coming, heart}, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
                if heart in done:
                    return
                if coming in done:
                    event = coming.result()
                    if event is None:
                        return
                    coming = asyncio.ensure_future(anext(news, None))
                    if event.topic in _COMMON:
                        held |= _shared(event, self.member.employee_id)
                    elif event.kind != _OTHERS:
                        yield await self._line_of(event)
                elif not held:
                    yield ": still here\n\n"
                if held and loop.time() >= quiet_until:  # also while events come without a pause
                    yield "".join(_line(name, {}) for name in sorted(held))
                    held.clear()
                    quiet_until = loop.time() + self._apart
        finally:
            coming.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await coming

    async def _line_of(self, event: Event) -> str:
        data = _data(event)
        if self._words is not None and event.kind == "message" and event.topic == self._words.topic:
            entries = await self._words.of(self.member, int(event.data["seq"]))
            if entries is not None:
                data["entries"] = entries
        return _line(_name(event), data)


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
