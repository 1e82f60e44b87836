"""A call at the desk: what is said in it, live, and the sound both ways for the one who has it.

One WebSocket a page. From here: binary messages are the caller's sound (signed 16-bit little-endian mono PCM, 16 kHz),
texts are JSON: `seat` (`talks`: whether sound goes both ways), `caption` (`who`, `text`, `final`), `replaced` (another
page of the same person has the sound now), `transferred` (`queue`: of the telephone system), `over`. From the page:
binary messages are the person's sound, the same way.
A call that cannot be joined is told by the code with which the socket is closed.
"""

import asyncio
import json
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from sqlalchemy.orm import Session

from crm.domain.staff import Permission, StaffMember
from crm.errors import NotFound
from crm.services import calls, handoffs
from gateway.desk.access import is_theirs, may_watch
from gateway.desk.work import desk_of
from gateway.live.bus import RESYNC, of_conversation
from gateway.staff.guard import guard_of
from gateway.voice.bridge import Bridges, CallBridge, Seat

router = APIRouter(prefix="/desk/calls")

CHANGED = 4000  # who has the conversation changed: the page comes back
FORBIDDEN = 4403
OVER = 4410
ELSEWHERE = 4421  # another gateway has the call: its captions and its sound are there
_LARGEST = 32_000  # bytes: a second of sound
_LOOK = 15.0  # seconds after which it is looked anew whether the person is still logged in


@router.websocket("/{conversation_id}/sound")
async def sound(socket: WebSocket, conversation_id: str) -> None:
    """A page of the desk that shows a call, as long as it goes on."""
    await socket.accept()
    guard, bridges = guard_of(socket), _bridges_of(socket)
    member = await guard.admit_to_socket(socket, Permission.QUEUE_VIEW)
    code = FORBIDDEN if member is None else await _refusal(socket, member, conversation_id)
    bridge = bridges.find(conversation_id)
    if member is None or code or bridge is None:
        await socket.close(code or OVER)
        return
    talks = await _has_it(socket, member, conversation_id)
    with bridge.seat(talks=talks) as seat:
        await socket.send_text(json.dumps({"kind": "seat", "talks": talks}))
        code = await _first(
            _to_page(socket, seat, bridge),
            _from_page(socket, seat),
            _until_changed(socket, member, conversation_id, talks),
            _until_logged_out(socket, member),
        )
    with suppress(RuntimeError, WebSocketDisconnect):
        await socket.close(code)


def _bridges_of(socket: WebSocket) -> Bridges:
    bridges: Bridges = socket.app.state.bridges
    return bridges


async def _refusal(socket: WebSocket, member: StaffMember, conversation_id: str) -> int:
    """The code of why a member cannot join a call; 0 when they can."""

    def verb(session: Session) -> int:
        if not may_watch(session, member, conversation_id):
            return FORBIDDEN
        call = calls.call(session, conversation_id)
        if call is None or call.ended_at is not None:
            return OVER
        return 0 if _bridges_of(socket).find(conversation_id) else ELSEWHERE

    try:
        return await desk_of(socket).glance(member, verb)
    except NotFound:
        return OVER


async def _has_it(socket: WebSocket, member: StaffMember, conversation_id: str) -> bool:
    if not member.may(Permission.CONVERSE):
        return False
    return await desk_of(socket).glance(
        member, lambda session: is_theirs(handoffs.open_in(session, conversation_id), member)
    )


async def _first(*pieces: Coroutine[Any, Any, int]) -> int:
    """The result of the piece that ends first; the others are stopped."""
    tasks = [asyncio.create_task(piece) for piece in pieces]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return done.pop().result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _to_page(socket: WebSocket, seat: Seat, bridge: CallBridge) -> int:
    """Pass on what the seat gets."""
    with suppress(RuntimeError, WebSocketDisconnect):
        async for news in seat.receive():
            if isinstance(news, bytes):
                await socket.send_bytes(news)
            else:
                await socket.send_text(json.dumps(news))
    return OVER if bridge.is_over else CHANGED


async def _from_page(socket: WebSocket, seat: Seat) -> int:
    """Take the person's sound; ends when the page has gone."""
    while (message := await socket.receive())["type"] != "websocket.disconnect":
        pcm = message.get("bytes") or b""
        if len(pcm) > _LARGEST:
            return FORBIDDEN
        seat.speak(pcm)
    return CHANGED


async def _until_changed(socket: WebSocket, member: StaffMember, conversation_id: str, talks: bool) -> int:
    """Wait until the page may do more or less than before."""
    async with desk_of(socket).bus.subscribe(of_conversation(conversation_id)) as events:
        while True:
            if await _refusal(socket, member, conversation_id):
                return CHANGED
            if await _has_it(socket, member, conversation_id) != talks:
                return CHANGED
            async for event in events:
                if event.kind in ("handoff", RESYNC):
                    break
            else:
                return CHANGED


async def _until_logged_out(socket: WebSocket, member: StaffMember) -> int:
    """Look now and then whether the person is still logged in."""
    while True:
        if not await guard_of(socket).is_still_in(socket, member):
            return FORBIDDEN
        await asyncio.sleep(_LOOK)
