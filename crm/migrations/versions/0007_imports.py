"""Imports: external ids and jobs.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "imported_rows",
        sa.Column("id", big, nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("entity", sa.String(length=64), nullable=False),
        sa.Column("external_id", sa.LargeBinary(), nullable=False),
        sa.Column("external_index", sa.LargeBinary(), nullable=False),
        sa.Column("row_id", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", big, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_imported_rows_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imported_rows")),
    )
    op.create_index(op.f("ix_imported_rows_customer_id"), "imported_rows", ["customer_id"])
    op.create_index("ix_imported_rows_row_id", "imported_rows", ["row_id", "entity"])
    op.create_index(
        "uq_imported_rows_external_index", "imported_rows", ["external_index", "entity", "source"], unique=True
    )
    counts = ("rows_done", "created", "updated", "unchanged", "rejected", "rejects_bytes")
    op.create_table(
        "import_jobs",
        sa.Column("id", big, nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("entity", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in counts),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_jobs")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_import_jobs_fingerprint")),
    )


def downgrade() -> None:
    op.drop_table("import_jobs")
    op.drop_table("imported_rows")
