"""Who is working on a conversation's turn.

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "gateway_processes",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("place", sa.String(64), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("beat", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gateway_processes")),
    )
    op.create_table(
        "turn_leases",
        sa.Column("conversation_id", sa.String(32), nullable=False),
        sa.Column("gateway_id", sa.String(32), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_turn_leases_conversation_id")),
        sa.ForeignKeyConstraint(["gateway_id"], ["gateway_processes.id"], name=op.f("fk_turn_leases_gateway_id")),
        sa.PrimaryKeyConstraint("conversation_id", name=op.f("pk_turn_leases")),
    )
    op.create_index(op.f("ix_turn_leases_gateway_id"), "turn_leases", ["gateway_id"])
    received = sa.text("status = 'received'")
    op.create_index(
        "ix_messages_received", "messages", ["conversation_id"], sqlite_where=received, postgresql_where=received
    )


def downgrade() -> None:
    op.drop_index("ix_messages_received", "messages")
    op.drop_table("turn_leases")
    op.drop_table("gateway_processes")
