"""One conversation: what is said, written and filed in it."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from crm.domain import Entry, MessageView, NoteView
from crm.domain import Summary as SummaryView
from crm.domain.staff import Permission as P
from crm.domain.staff import StaffMember
from crm.services import attachments, conversations, notes, summaries, tags, transcripts
from crm.transcript_export import MEDIA_TYPES
from gateway.api.callers import ConversationId, Limit, Listed, MessageId, Work, caller, changed, looked_at
from gateway.api.models.conversations import (
    Conversation,
    File,
    Message,
    Note,
    NoteWish,
    Summary,
    TagWish,
    Typing,
    Unmasked,
    Utterance,
)
from gateway.api.models.queue import Choices
from gateway.api.problems import Denied
from gateway.api.routes_queue import shown
from gateway.desk import routes_export, threads
from gateway.live.bus import of_conversation

router = APIRouter(prefix="/v1/conversations/{conversation_id}", tags=["Conversations"])

Viewer = Annotated[StaffMember, caller(P.QUEUE_VIEW)]
Talker = Annotated[StaffMember, caller(P.CONVERSE)]
Unmasker = Annotated[StaffMember, caller(P.UNMASK)]
Exporter = Annotated[StaffMember, caller(P.EXPORT)]
Seq = Annotated[int, Query(ge=0, le=2**31 - 1, description="Messages after this `seq`; `next` of the part before.")]
FileName = Annotated[str, Query(min_length=1, max_length=200, description="What the file is called.")]
_BYTES = {"schema": {"type": "string", "format": "binary"}}
_FILE = {"required": True, "content": {"application/octet-stream": _BYTES}}


@router.get("")
async def conversation(desk: Work, member: Viewer, conversation_id: ConversationId) -> Conversation:
    """How it stands, and who has it."""

    def verb(session: Session) -> Conversation:
        opened = threads.opened(session, member, conversation_id)
        view = opened.conversation
        return Conversation(
            id=view.id,
            channel=view.channel,
            language=view.language,
            owner=view.owner,
            last_seq=view.last_seq,
            created_at=view.created_at,
            last_active_at=view.last_active_at,
            name=opened.name,
            handoff=shown(opened.handoff) if opened.handoff else None,
            is_mine=opened.is_mine,
            tags=tags.of(session, conversation_id),
        )

    return await looked_at(desk, member, conversation_id, verb)


@router.get("/messages")
async def messages(
    desk: Work, member: Viewer, conversation_id: ConversationId, after: Seq = 0, limit: Limit = 50
) -> Listed[Message]:
    """What was said, the oldest first, with what the bot made of it; masked."""

    def verb(session: Session) -> tuple[list[Entry], int]:
        last = conversations.get_conversation(session, conversation_id).last_seq
        up_to = after + limit
        return transcripts.shown(session, conversation_id, masked=True, after_seq=after, up_to=up_to), last

    found, last = await looked_at(desk, member, conversation_id, verb)
    end = after + limit
    return Listed[Message](items=[Message.of(entry) for entry in found], next=end if last > end else None)


@router.post("/messages", status_code=201)
async def say(desk: Work, member: Talker, conversation_id: ConversationId, words: Utterance) -> Message:
    """Say something to the customer, who has to be the caller's."""
    message = await desk.takeover.say(
        member, conversation_id, words.text, attachments=words.attachments, message_id=words.message_id
    )
    return Message.model_validate(message)


@router.post("/messages/{message_id}/unmask")
async def unmask_message(
    desk: Work, member: Unmasker, conversation_id: ConversationId, message_id: MessageId
) -> Unmasked:
    """A message with everything readable; entered in the audit."""

    def verb(session: Session) -> MessageView:
        return transcripts.unmask(session, conversation_id, message_id)

    return Unmasked(text=(await changed(desk, member, conversation_id, verb)).text)


@router.post("/typing", status_code=204)
async def typing(desk: Work, member: Talker, conversation_id: ConversationId, how: Typing) -> None:
    """Let the customer see that an answer is being written."""

    def verb(session: Session) -> bool:
        return threads.opened(session, member, conversation_id).is_mine

    if not await looked_at(desk, member, conversation_id, verb):
        raise Denied
    await desk.takeover.typing(member, conversation_id, how.on)


@router.post("/attachments", status_code=201, openapi_extra={"requestBody": _FILE})
async def upload(request: Request, desk: Work, member: Talker, conversation_id: ConversationId, name: FileName) -> File:
    """Store a file that the next words can bring along: JPEG, PNG, WebP or PDF, at most 10 MB. The body is the file
    itself."""
    view = await desk.takeover.upload(member, conversation_id, name, await request.body())
    return File.model_validate(view)


@router.get(
    "/attachments/{attachment_id}",
    response_class=Response,
    responses={200: {"description": "The file.", "content": {"*/*": _BYTES}}},
)
async def download(desk: Work, member: Viewer, conversation_id: ConversationId, attachment_id: MessageId) -> Response:
    """A file of the conversation."""
    view, content = await looked_at(
        desk, member, conversation_id, lambda session: attachments.read(session, conversation_id, attachment_id)
    )
    headers = {"Content-Disposition": "attachment", "Cache-Control": "private, no-store"}
    return Response(content, media_type=view.media_type, headers=headers)


@router.get("/summary")
async def summary(desk: Work, member: Viewer, conversation_id: ConversationId) -> Summary:
    """At most five lines for whoever takes over."""

    def verb(session: Session) -> SummaryView:
        return summaries.summary(session, conversation_id, language=member.language, now=desk.now())

    return Summary.model_validate(await looked_at(desk, member, conversation_id, verb))


@router.get("/notes")
async def list_notes(desk: Work, member: Viewer, conversation_id: ConversationId) -> Listed[Note]:
    """Private notes of colleagues, the oldest first."""

    def verb(session: Session) -> list[NoteView]:
        conversations.get_conversation(session, conversation_id)
        return notes.list_notes(session, conversation_id)

    return Listed[Note].model_validate({"items": await looked_at(desk, member, conversation_id, verb)})


@router.post("/notes", status_code=201)
async def add_note(desk: Work, member: Talker, conversation_id: ConversationId, wish: NoteWish) -> Note:
    """Write a private note: into one's own conversation or, with the permission whisper, into any."""

    def verb(session: Session) -> NoteView:
        if not (threads.opened(session, member, conversation_id).is_mine or member.may(P.WHISPER)):
            raise Denied
        return notes.add(
            session, conversation_id, author_id=member.account_id, text=wish.text, now=desk.now(),
            note_id=wish.message_id,
        )  # fmt: skip

    made = await desk.write(member, verb)
    await desk.bus.publish(of_conversation(conversation_id), {"kind": "note"})
    return Note.model_validate(made)


@router.get("/tags")
async def tags_of(desk: Work, member: Viewer, conversation_id: ConversationId) -> Choices:
    """The words under which it is filed."""

    def verb(session: Session) -> list[str]:
        conversations.get_conversation(session, conversation_id)
        return tags.of(session, conversation_id)

    return Choices(items=await looked_at(desk, member, conversation_id, verb))


@router.post("/tags")
async def add_tag(desk: Work, member: Talker, conversation_id: ConversationId, wish: TagWish) -> Choices:
    """File it under a word; answers with all of them."""

    def verb(session: Session) -> list[str]:
        return tags.add(session, conversation_id, wish.tag, by=member.account_id, now=desk.now())

    return Choices(items=await changed(desk, member, conversation_id, verb))


@router.delete("/tags/{tag}")
async def remove_tag(desk: Work, member: Talker, conversation_id: ConversationId, tag: str) -> Choices:
    """Take a word away; answers with those that are left."""

    def verb(session: Session) -> list[str]:
        return tags.remove(session, conversation_id, tag)

    return Choices(items=await changed(desk, member, conversation_id, verb))


@router.get(
    "/export.{kind}",
    response_class=Response,
    responses={200: {"description": "The file.", "content": {each: _BYTES for each in MEDIA_TYPES.values()}}},
)
async def export(
    desk: Work,
    member: Exporter,
    conversation_id: ConversationId,
    kind: Literal["txt", "json", "pdf"],
    plain: Annotated[bool, Query(description="With personal data; needs the permission unmask.")] = False,
) -> Response:
    """The conversation as a file; entered in the audit."""
    if plain and not member.may(P.UNMASK):
        raise Denied

    def verb(session: Session) -> bytes:
        return routes_export.make(session, member.language, conversation_id, kind, masked=not plain, now=desk.now())

    content = await looked_at(desk, member, conversation_id, verb)
    name = f'attachment; filename="conversation-{conversation_id[:8]}.{kind}"'
    headers = {"Content-Disposition": name, "Cache-Control": "no-store"}
    return Response(content, media_type=MEDIA_TYPES[kind], headers=headers)
