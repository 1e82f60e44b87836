"""Imports: what came from other systems under which id, and how far each import is."""

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from crm.schema.base import Base, Id, Label, Minor, Moment, Text, reference
from crm.schema.types import Blind, Sealed


class ImportedRow(Base):
    """A row of ours that came from another system.

    Attributes:
        source: the other system's name; ids of two systems never meet.
        entity: what the row is, such as `customer`.
        row_id: its id in the table of that entity.
        customer_id: whose it is, so that erasing a customer finds all of theirs.
        digest: of the row as it was imported last, so that an unchanged one is recognised; sealed, because a
            digest of a few known values gives them away.
    """

    __tablename__ = "imported_rows"
    __table_args__ = (
        Index("uq_imported_rows_external_index", "external_index", "entity", "source", unique=True),
        Index("ix_imported_rows_row_id", "row_id", "entity"),
    )

    id: Mapped[Id]
    source: Mapped[Label]
    entity: Mapped[Label]
    external_id: Mapped[Text]
    external_index: Mapped[str] = mapped_column(Blind(str.strip))
    row_id: Mapped[Minor]
    customer_id: Mapped[int] = reference("customers.id", index=True)
    digest: Mapped[bytes] = mapped_column(Sealed())


class ImportJob(Base):
    """One file on its way in. A job is found again by its file's and its mapping's content.

    Attributes:
        rows_done: rows of the file that are in the store, unchanged, or rejected.
        rejects_bytes: how long the file of rejected rows was when the last batch was committed.
    """

    __tablename__ = "import_jobs"

    id: Mapped[Id]
    fingerprint: Mapped[str] = mapped_column(Blind(str), unique=True)
    entity: Mapped[Label]
    source: Mapped[Label]
    rows_done: Mapped[Minor]
    created: Mapped[Minor]
    updated: Mapped[Minor]
    unchanged: Mapped[Minor]
    rejected: Mapped[Minor]
    rejects_bytes: Mapped[Minor]
    started_at: Mapped[Moment]
    finished_at: Mapped[Moment | None]
