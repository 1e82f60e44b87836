"""The audit as others see it: who read or changed what of a customer."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm import audit_chain
from crm.audit_trail import note, note_read, reads
from crm.domain import AuditView
from crm.schema import AuditEntry

__all__ = ["entries_about", "note", "note_read", "reads"]


def entries_about(session: Session, customer_id: int, limit: int | None = None) -> list[AuditView]:
    """The entries about a customer, the newest first, at most `limit`."""
    key = audit_chain.key_of(session.connection())
    if key is None:
        return []
    query = (
        select(AuditEntry)
        .where(AuditEntry.subject == audit_chain.subject(key, customer_id))
        .order_by(AuditEntry.at.desc(), AuditEntry.chain, AuditEntry.seq.desc())
        .limit(limit)
    )
    return [_view(row) for row in session.scalars(query)]


def _view(row: AuditEntry) -> AuditView:
    return AuditView(
        at=row.at,
        actor=row.actor,
        who=str((row.note or {}).get("who") or row.actor),
        channel=row.channel,
        verb=row.verb,
        area=row.area,
        fields=tuple(row.fields.split()),
    )
