"""Calls, and when their words were spoken.

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    for name, kind in (("spoken_from", sa.Integer()), ("spoken_to", sa.Integer()), ("confidence", sa.Double())):
        op.add_column("messages", sa.Column(name, kind, nullable=True))
    op.create_table(
        "calls",
        sa.Column("conversation_id", sa.String(32), nullable=False),
        sa.Column("transport", sa.String(64), nullable=False),
        sa.Column("caller", sa.LargeBinary(), nullable=True),
        sa.Column("rate", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(64), nullable=False),
        sa.Column("consent", sa.Boolean(), nullable=True),
        sa.Column("started_at", _MOMENT, nullable=False),
        sa.Column("ended_at", _MOMENT, nullable=True),
        sa.Column("why", sa.String(64), nullable=True),
        sa.Column("facts", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_calls_conversation_id")),
        sa.PrimaryKeyConstraint("conversation_id", name=op.f("pk_calls")),
    )
    op.create_table(
        "call_audio",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("conversation_id", sa.String(32), nullable=False),
        sa.Column("message_id", _BIG, nullable=False),
        sa.Column("sound", sa.LargeBinary(), nullable=False),
        sa.Column("heard", sa.LargeBinary(), nullable=False),
        sa.Column("expected", sa.LargeBinary(), nullable=True),
        sa.Column("at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_call_audio_conversation_id")),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_call_audio_message_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_audio")),
        sa.UniqueConstraint("message_id", name=op.f("uq_call_audio_message_id")),
    )
    op.create_index(op.f("ix_call_audio_conversation_id"), "call_audio", ["conversation_id"])


def downgrade() -> None:
    op.drop_table("call_audio")
    op.drop_table("calls")
    for name in ("spoken_from", "spoken_to", "confidence"):
        op.drop_column("messages", name)
