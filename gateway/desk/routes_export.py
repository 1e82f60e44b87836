"""A conversation taken out of the desk as a file. Every one is entered in the audit."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from crm import transcript_export
from crm.audit_trail import note
from crm.domain.staff import Permission, StaffMember
from crm.errors import NotFound
from crm.services import notes, organisation, summaries, transcripts
from crm.transcript_export import MEDIA_TYPES, Copy
from gateway.desk.access import may_watch
from gateway.desk.answers import refused
from gateway.desk.work import desk_of
from gateway.staff.guard import Guard

router = APIRouter(prefix="/desk/conversations/{conversation_id}")

Exporter = Annotated[StaffMember, Depends(Guard.page(Permission.EXPORT))]


@router.get("/export.{kind}")
async def export(
    request: Request, member: Exporter, conversation_id: str, kind: Literal["txt", "json", "pdf"], plain: bool = False
) -> Response:
    """The conversation as a file; `plain` with personal data, for who may unmask."""
    desk = desk_of(request)
    if plain and not member.may(Permission.UNMASK):
        return Response(status_code=403)

    def verb(session: Session) -> bytes | None:
        if not may_watch(session, member, conversation_id):
            return None
        return make(session, member.language, conversation_id, kind, masked=not plain, now=desk.now())

    try:
        content = await desk.read(member, verb)
    except NotFound as error:
        return refused(member, error)
    if content is None:
        return Response(status_code=403)
    name = f'attachment; filename="conversation-{conversation_id[:8]}.{kind}"'
    headers = {"Content-Disposition": name, "Cache-Control": "no-store"}
    return Response(content, media_type=MEDIA_TYPES[kind], headers=headers)


def make(session: Session, language: str, conversation_id: str, kind: str, *, masked: bool, now: datetime) -> bytes:
    """The file, with the entry in the audit. Raises `NotFound`."""
    found = transcripts.transcript(session, conversation_id, masked=masked)
    if masked:
        found = replace(found, notes=tuple(notes.list_notes(session, conversation_id, masked=True)))
    copy = Copy(
        transcript=found,
        summary=summaries.summary(session, conversation_id, language=language, now=now, masked=masked),
        language=language,
        zone=organisation.business_hours(session).zone,
        made_at=now,
    )
    note(session, "export", "messages", customer_id=found.customer_id)
    return transcript_export.export(copy, kind)
