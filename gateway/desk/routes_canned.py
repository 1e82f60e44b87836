"""The replies that are kept ready: listed, changed, added, deleted."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from crm.domain.staff import Permission, StaffMember
from crm.services import canned_replies
from gateway.desk.access import Number
from gateway.desk.answers import EXPECTED, go, refused
from gateway.desk.rendering import TEXTS, render
from gateway.desk.work import desk_of
from gateway.staff.guard import Guard

router = APIRouter(prefix="/desk/canned")

Editor = Annotated[StaffMember, Depends(Guard.page(Permission.CANNED_EDIT))]
Words = Annotated[str, Form()]


@router.get("")
async def page(request: Request, member: Editor) -> Response:
    """All of them, by language."""
    replies = await desk_of(request).read(member, canned_replies.list_replies)
    return render(request, "canned.html", member, replies=replies, languages=sorted(TEXTS.languages))


@router.post("")
async def add(
    request: Request, member: Editor, shortcut: Words, language: Words, title: Words, text: Words
) -> Response:
    """Keep a new one."""
    now = desk_of(request).now()

    def verb(session: Session) -> None:
        canned_replies.save(
            session, shortcut=shortcut, language=language, title=title, text=text, by=member.account_id, now=now
        )

    return await _done(request, member, verb)


@router.post("/{reply_id}")
async def change(
    request: Request, member: Editor, reply_id: Number, shortcut: Words, language: Words, title: Words, text: Words
) -> Response:
    """Change one."""
    now = desk_of(request).now()

    def verb(session: Session) -> None:
        canned_replies.save(
            session, shortcut=shortcut, language=language, title=title, text=text,
            by=member.account_id, now=now, reply_id=reply_id,
        )  # fmt: skip

    return await _done(request, member, verb)


@router.post("/{reply_id}/delete")
async def delete(request: Request, member: Editor, reply_id: Number) -> Response:
    """Keep one no longer."""
    return await _done(request, member, lambda session: canned_replies.delete(session, reply_id))


async def _done(request: Request, member: StaffMember, verb: Callable[[Session], None]) -> Response:
    try:
        await desk_of(request).write(member, verb)
    except EXPECTED as error:
        return refused(member, error)
    return go(request, "/desk/canned")
