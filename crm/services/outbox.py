"""Messages to customers, kept until somebody delivers them; the operator reads them, the log never does."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm import texts
from crm.audit_trail import note_read
from crm.domain import CodeMessage, OutboxEntry
from crm.schema import OutboxMessage
from crm.services._rows import business_value

ONE_TIME_CODE = "one_time_code"


class Outbox:
    """The default delivery of one-time codes: a sealed row in the outbox (`python -m crm outbox`)."""

    def deliver(self, session: Session, message: CodeMessage) -> None:
        """Write the message down."""
        company = business_value(session, "name", "Careline")
        words = texts.text(message.language, "codes.text", company=company, code=message.code, minutes=message.minutes)
        put(
            session,
            message.customer_id,
            kind=ONE_TIME_CODE,
            channel=message.channel,
            destination=message.destination,
            text=words,
            now=message.at,
        )


def put(
    session: Session, customer_id: int, *, kind: str, channel: str, destination: str, text: str, now: datetime
) -> None:
    """Add a message. `channel` is `sms` or `email`."""
    session.add(
        OutboxMessage(
            customer_id=customer_id,
            kind=kind,
            channel=channel,
            destination=destination,
            text=text,
            created_at=now,
        )
    )
    session.flush()


def newest(session: Session, limit: int = 10) -> list[OutboxEntry]:
    """The newest messages, the newest first."""
    rows = session.scalars(select(OutboxMessage).order_by(OutboxMessage.id.desc()).limit(max(limit, 0))).all()
    for row in rows:
        note_read(session, "outbox_messages", customer_id=row.customer_id)
    return [OutboxEntry(row.id, row.kind, row.channel, row.destination, row.text, row.created_at) for row in rows]
