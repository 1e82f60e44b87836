"""Who read or changed what of whom: entries in hash chains, which hold no personal value."""

from typing import Any

from sqlalchemy import Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm.schema.base import Base, Id, Label, Minor, Moment
from crm.schema.types import Sealed, SealedJson


class AuditKey(Base):
    """The key of the chains and pseudonyms: made with the first entry, sealed, and the same for ever.

    It is not derived from the master key, so that entries stay verifiable when that is replaced.
    """

    __tablename__ = "audit_keys"

    id: Mapped[Id]
    secret: Mapped[bytes] = mapped_column(Sealed())
    created_at: Mapped[Moment]


class AuditEntry(Base):
    """One thing that was read or changed. All columns but `id` and `note` are part of the chain.

    `subject` is the keyed pseudonym of the customer, `actor_index` that of a colleague. `note` names the colleague
    for those who may read it; it is sealed to its place in the chain.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (
        UniqueConstraint("chain", "seq"),
        Index("ix_audit_entries_subject_at", "subject", "at"),
        Index("ix_audit_entries_at", "at"),
    )

    id: Mapped[Id]
    chain: Mapped[int]
    seq: Mapped[Minor]
    at: Mapped[Moment]
    actor: Mapped[Label]
    actor_index: Mapped[bytes | None] = mapped_column(LargeBinary(16))
    channel: Mapped[Label]
    verb: Mapped[Label]
    area: Mapped[Label]
    fields: Mapped[str] = mapped_column(String(1000))
    subject: Mapped[bytes | None] = mapped_column(LargeBinary(16))
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    note: Mapped[dict[str, Any] | None] = mapped_column(SealedJson())


class AuditHead(Base):
    """Where a chain begins and ends, signed: without it, nobody would miss the last entries."""

    __tablename__ = "audit_heads"

    chain: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    base_seq: Mapped[Minor]
    base_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    last_seq: Mapped[Minor]
    last_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    mac: Mapped[bytes] = mapped_column(LargeBinary(32))
