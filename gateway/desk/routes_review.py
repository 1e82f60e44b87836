"""The bot's mistakes: marked in a conversation, reviewed in a list; and what the knowledge has for the last message."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from crm import reference
from crm.domain import Entry, MarkState, MarkView, MessageView, Reading, Sender
from crm.domain.staff import Permission, StaffMember
from crm.services import conversations, readings, review, transcripts
from gateway.desk.access import Number, may_watch
from gateway.desk.answers import EXPECTED, refused
from gateway.desk.intents import check, intents
from gateway.desk.rendering import render
from gateway.desk.suggestions import Suggestion
from gateway.desk.work import desk_of
from gateway.staff.guard import Guard

router = APIRouter(prefix="/desk")

Talker = Annotated[StaffMember, Depends(Guard.page(Permission.CONVERSE))]
Reviewer = Annotated[StaffMember, Depends(Guard.page(Permission.REVIEW))]
_RECENT = 12  # messages in which the customer's last ones are looked for


@router.get("/conversations/{conversation_id}/suggestions")
async def suggestions(request: Request, member: Talker, conversation_id: str) -> Response:
    """What the knowledge has for the customer's last message, as a fragment."""
    desk = desk_of(request)

    def verb(session: Session) -> list[Suggestion] | None:
        if not may_watch(session, member, conversation_id):
            return None
        talk = conversations.get_conversation(session, conversation_id)
        recent = conversations.history(session, conversation_id, limit=_RECENT)
        made_of = readings.of(session, conversation_id)
        said = [each.text for each in recent if _may_ask(each, made_of.get(each.id))]
        return desk.suggestions.for_messages(said, talk.language)

    try:
        found = await desk.read(member, verb)
    except EXPECTED as error:
        return refused(member, error)
    return Response(status_code=403) if found is None else render(request, "_suggestions.html", member, found=found)


@router.get("/conversations/{conversation_id}/messages/{message_id}/mark")
async def mark_form(request: Request, member: Talker, conversation_id: str, message_id: str) -> Response:
    """The choice of what was meant, as a fragment."""
    desk = desk_of(request)

    def verb(session: Session) -> Entry | None:
        return _entry(session, conversation_id, message_id) if may_watch(session, member, conversation_id) else None

    entry = await desk.read(member, verb)
    if entry is None:
        return Response(status_code=404)
    return render(
        request,
        "_mark_form.html",
        member,
        conversation_id=conversation_id,
        entry=entry,
        intents=intents(member.language),
    )


@router.post("/conversations/{conversation_id}/messages/{message_id}/mark")
async def mark(
    request: Request,
    member: Talker,
    conversation_id: str,
    message_id: str,
    right_intent: Annotated[str, Form()],
    comment: Annotated[str, Form()] = "",
) -> Response:
    """Say what a message really was."""
    desk = desk_of(request)
    now = desk.now()

    def verb(session: Session) -> Entry | None:
        if not may_watch(session, member, conversation_id):
            return None
        check(right_intent)
        review.mark(
            session, conversation_id, message_id,
            right_intent=right_intent, by=member.account_id, now=now, comment=comment,
        )  # fmt: skip
        return _entry(session, conversation_id, message_id)

    return await _marked(request, member, conversation_id, verb)


@router.post("/conversations/{conversation_id}/messages/{message_id}/unmark")
async def unmark(request: Request, member: Talker, conversation_id: str, message_id: str) -> Response:
    """Take a mark back."""

    def verb(session: Session) -> Entry | None:
        found = review.of(session, conversation_id).get(message_id)
        if found is None or not may_watch(session, member, conversation_id):
            return None
        review.take_back(session, found.id)
        return _entry(session, conversation_id, message_id)

    return await _marked(request, member, conversation_id, verb)


@router.get("/review")
async def page(request: Request, member: Reviewer) -> Response:
    """The marks that wait for somebody to look at them, and those that were accepted."""

    def verb(session: Session) -> tuple[list[MarkView], list[MarkView]]:
        return review.marks(session), review.marks(session, MarkState.ACCEPTED)

    waiting, accepted = await desk_of(request).read(member, verb)
    return render(request, "review.html", member, waiting=waiting, accepted=accepted, intents=intents(member.language))


@router.post("/review/{mark_id}")
async def settle(
    request: Request,
    member: Reviewer,
    mark_id: Number,
    verdict: Annotated[MarkState, Form()],
    right_intent: Annotated[str, Form()] = "",
) -> Response:
    """Accept a mark, maybe with another intent, or reject it."""
    desk = desk_of(request)
    now = desk.now()

    def verb(session: Session) -> MarkView:
        accepted = verdict is MarkState.ACCEPTED
        if accepted and right_intent:
            check(right_intent)
            review.change(session, mark_id, right_intent=right_intent)
        return review.settle(session, mark_id, accepted=accepted, now=now)

    try:
        done = await desk.write(member, verb)
    except EXPECTED as error:
        return refused(member, error)
    return render(request, "_settled.html", member, mark=done, intents=intents(member.language))


async def _marked(
    request: Request, member: StaffMember, conversation_id: str, verb: Callable[[Session], Entry | None]
) -> Response:
    try:
        entry = await desk_of(request).write(member, verb)
    except EXPECTED as error:
        return refused(member, error)
    if entry is None:
        return Response(status_code=404)
    return render(request, "_mark.html", member, conversation_id=conversation_id, entry=entry)


def _may_ask(message: MessageView, reading: Reading | None) -> bool:
    """Whether the customer's words may hold a question; a wish for a person, a yes or a greeting has no answer."""
    if message.sender is not Sender.CUSTOMER or not message.text or message.command:
        return False
    return reading is None or reading.intent not in reference.table("desk")["quiet_intents"]


def _entry(session: Session, conversation_id: str, message_id: str) -> Entry | None:
    found = transcripts.shown(session, conversation_id, masked=True)
    return next((entry for entry in found if entry.message.id == message_id), None)
