"""One conversation: its page, what is said in it, notes, files, and what is masked."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy.orm import Session
from starlette.datastructures import UploadFile

from crm.domain import AttachmentView, CannedReplyView
from crm.domain.staff import Permission, StaffMember
from crm.errors import NotFound
from crm.services import attachments, calls, canned_replies, conversations, notes
from crm.services.verification import VOICE
from gateway.bodies import ENVELOPE, form_in_memory
from gateway.desk import threads
from gateway.desk.access import Number, may_watch
from gateway.desk.answers import EXPECTED, refused
from gateway.desk.rendering import render
from gateway.desk.views import my_rows
from gateway.desk.work import desk_of
from gateway.errors import Refusal
from gateway.live.bus import of_conversation
from gateway.staff.guard import Guard

router = APIRouter(prefix="/desk/conversations/{conversation_id}")

Viewer = Annotated[StaffMember, Depends(Guard.page(Permission.QUEUE_VIEW))]
Talker = Annotated[StaffMember, Depends(Guard.page(Permission.CONVERSE))]
Unmasker = Annotated[StaffMember, Depends(Guard.page(Permission.UNMASK))]

_SHOWN_INLINE = ("image/jpeg", "image/png", "image/webp")


@router.get("")
async def page(request: Request, member: Viewer, conversation_id: str, whole: bool = False) -> Response:
    """The conversation; `whole` from its first message on."""

    def verb(session: Session) -> dict[str, Any] | None:
        if not may_watch(session, member, conversation_id):
            return None
        opened = threads.opened(session, member, conversation_id)
        return {
            "opened": opened,
            "call": calls.call(session, conversation_id) if opened.conversation.channel == VOICE else None,
            "thread": threads.thread(session, conversation_id, after=0 if whole else None),
            "rows": my_rows(session, member),
        }

    try:
        shown = await desk_of(request).read(member, verb)
    except NotFound:
        return render(request, "no_conversation.html", member, status_code=404, why="not_found")
    if shown is None:
        return render(request, "no_conversation.html", member, status_code=403, why="with_colleague")
    return render(request, "conversation.html", member, **shown)


@router.get("/head")
async def head(request: Request, member: Viewer, conversation_id: str) -> Response:
    """Who has it and what may be done now, as a fragment."""

    def verb(session: Session) -> threads.Opened | None:
        return threads.opened(session, member, conversation_id) if may_watch(session, member, conversation_id) else None

    try:
        opened = await desk_of(request).glance(member, verb)
    except NotFound as error:
        return refused(member, error)
    if opened is None:  # a colleague has it now: the page, which still shows it, is asked for anew
        return Response(status_code=403, headers={"HX-Redirect": f"/desk/conversations/{conversation_id}"})
    return render(request, "_conversation_head.html", member, opened=opened)


@router.get("/entries")
async def entries(request: Request, member: Viewer, conversation_id: str, after: Number, noted: Number = 0) -> Response:
    """What was said after message `after`, and written after note number `noted`, as a fragment."""

    def verb(session: Session) -> threads.Thread | None:
        if not may_watch(session, member, conversation_id):
            return None
        return threads.thread(session, conversation_id, after=after, noted=noted)

    try:
        thread = await desk_of(request).glance(member, verb)
    except NotFound as error:
        return refused(member, error)
    if thread is None:
        return Response(status_code=403)
    return render(request, "_entries.html", member, thread=thread, conversation_id=conversation_id)


@router.post("/say")
async def say(
    request: Request,
    member: Talker,
    conversation_id: str,
    message_id: Annotated[str, Form()],
    text: Annotated[str, Form()] = "",
    attachment: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """Say something to the customer. The same `message_id` again changes nothing."""
    try:
        message = await desk_of(request).takeover.say(
            member, conversation_id, text, attachments=attachment or (), message_id=message_id
        )
    except EXPECTED as error:
        return refused(member, error)
    return JSONResponse({"seq": message.seq})


@router.post("/typing")
async def typing(request: Request, member: Talker, conversation_id: str, on: Annotated[bool, Form()]) -> Response:
    """Let the customer see that an answer is being written."""
    try:
        await desk_of(request).takeover.typing(member, conversation_id, on)
    except EXPECTED as error:
        return refused(member, error)
    return Response(status_code=204)


@router.post("/notes")
async def note(
    request: Request,
    member: Viewer,
    conversation_id: str,
    text: Annotated[str, Form()],
    message_id: Annotated[str | None, Form(pattern=r"^[A-Za-z0-9_-]{8,64}$")] = None,
) -> Response:
    """Write a private note: in one's own conversation, or, as a supervisor, into a colleague's."""
    desk = desk_of(request)
    now = desk.now()

    def verb(session: Session) -> bool:
        if not _may_note(session, member, conversation_id):
            return False
        notes.add(session, conversation_id, author_id=member.account_id, text=text, now=now, note_id=message_id)
        return True

    try:
        done = await desk.write(member, verb)
    except EXPECTED as error:
        return refused(member, error)
    if not done:
        return Response(status_code=403)
    await desk.bus.publish(of_conversation(conversation_id), {"kind": "note"})
    return Response(status_code=204)


@router.post("/attachments")
async def upload(request: Request, member: Talker, conversation_id: str) -> Response:
    """Store the form's `file`, which the next words can bring along."""
    takeover = desk_of(request).takeover
    try:
        form = await form_in_memory(request.headers, request.stream(), takeover.largest_file + ENVELOPE)
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise Refusal("bad_attachment")
        view = await takeover.upload(member, conversation_id, file.filename or "", await file.read())
    except EXPECTED as error:
        return refused(member, error)
    return JSONResponse({"id": view.id, "name": view.name, "media_type": view.media_type, "size": view.size})


@router.get("/attachments/{attachment_id}")
async def attachment(request: Request, member: Viewer, conversation_id: str, attachment_id: str) -> Response:
    """A file of the conversation; pictures are shown, anything else is downloaded."""

    def verb(session: Session) -> tuple[AttachmentView, bytes] | None:
        if not may_watch(session, member, conversation_id):
            return None
        return attachments.read(session, conversation_id, attachment_id)

    try:
        found = await desk_of(request).read(member, verb)
    except NotFound as error:
        return refused(member, error)
    if found is None:
        return Response(status_code=403)
    view, content = found
    inline = view.media_type in _SHOWN_INLINE
    headers = {
        "Content-Disposition": "inline" if inline else 'attachment; filename="file.pdf"',
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "private, no-store",
    }
    return Response(content, media_type=view.media_type, headers=headers)


@router.post("/messages/{message_id}/unmask")
async def unmask(
    request: Request, member: Unmasker, conversation_id: str, message_id: str, index: Annotated[Number, Form()]
) -> Response:
    """One masked part of a message, readable."""

    def verb(session: Session) -> tuple[str | None] | None:
        if not may_watch(session, member, conversation_id):
            return None
        return (threads.revealed(session, conversation_id, message_id, index),)

    try:
        found = await desk_of(request).write(member, verb)
    except NotFound as error:
        return refused(member, error)
    return Response(status_code=403) if found is None else render(request, "_revealed.html", member, text=found[0])


@router.get("/canned")
async def canned(request: Request, member: Talker, conversation_id: str) -> Response:
    """The kept replies in the customer's language, by shortcut; their places are filled in when one is chosen."""

    def verb(session: Session) -> list[CannedReplyView]:
        language = conversations.get_conversation(session, conversation_id).language
        return canned_replies.list_replies(session, language)

    replies = await desk_of(request).read(member, verb)
    return JSONResponse(
        [{"id": each.id, "shortcut": each.shortcut, "title": each.title, "text": each.text} for each in replies]
    )


@router.post("/canned/{reply_id}")
async def choose(request: Request, member: Talker, conversation_id: str, reply_id: Number) -> Response:
    """A kept reply with its places filled in."""

    def verb(session: Session) -> str | None:
        if not may_watch(session, member, conversation_id):
            return None
        canned_replies.used(session, reply_id)
        return canned_replies.filled(session, reply_id, conversation_id, agent_name=member.name)

    try:
        text = await desk_of(request).write(member, verb)
    except NotFound as error:
        return refused(member, error)
    return Response(status_code=403) if text is None else JSONResponse({"text": text})


def _may_note(session: Session, member: StaffMember, conversation_id: str) -> bool:
    opened = threads.opened(session, member, conversation_id)
    return opened.is_mine or member.may(Permission.WHISPER)
