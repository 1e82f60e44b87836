"""Files customers send; the content is sealed in the database."""

import secrets
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.audit_trail import reads
from crm.domain import AttachmentView
from crm.errors import NotFound
from crm.schema import Attachment
from crm.services import _views
from crm.services._rows import conversation_row


def add(
    session: Session, conversation_id: str, *, name: str, media_type: str, content: bytes, now: datetime
) -> AttachmentView:
    """Keep a file. Its type and size have been checked by the caller. Raises `NotFound`."""
    conversation_row(session, conversation_id)
    row = Attachment(
        id=secrets.token_hex(16),
        conversation_id=conversation_id,
        name=name,
        media_type=media_type,
        size=len(content),
        content=content,
        created_at=now,
    )
    session.add(row)
    session.flush()
    return _views.attachment(row)


@reads("attachments")
def read(session: Session, conversation_id: str, attachment_id: str) -> tuple[AttachmentView, bytes]:
    """A file and its content. Raises `NotFound`, also for a file of another conversation."""
    query = select(Attachment).where(Attachment.id == attachment_id, Attachment.conversation_id == conversation_id)
    row = session.scalars(query).one_or_none()
    if row is None:
        raise NotFound("There is no such file in this conversation.")
    return _views.attachment(row), row.content


def of_message(session: Session, conversation_id: str, message_id: str) -> list[AttachmentView]:
    """The files sent with a message."""
    query = (
        select(Attachment)
        .where(Attachment.conversation_id == conversation_id, Attachment.message_id == message_id)
        .order_by(Attachment.created_at, Attachment.id)
    )
    return [_views.attachment(row) for row in session.scalars(query)]
