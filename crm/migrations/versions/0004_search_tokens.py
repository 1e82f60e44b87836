"""Search over keyed tokens.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "message_tokens",
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.Column("message_id", big, nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_message_tokens_message_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token", "message_id", name=op.f("pk_message_tokens")),
    )
    op.create_index(op.f("ix_message_tokens_message_id"), "message_tokens", ["message_id"])


def downgrade() -> None:
    op.drop_table("message_tokens")
