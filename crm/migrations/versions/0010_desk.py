"""Work at the desk: what the bot understood, notes, tags, replies kept ready, marked mistakes.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
LABEL = sa.String(64)


def _create(name, *columns, message=False, unique=()):
    """A table of things that belong to a conversation, and with `message` to one of its messages."""
    references = [sa.Column("conversation_id", sa.String(32), nullable=False)]
    keys = [
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f(f"fk_{name}_conversation_id"))
    ]
    if message:
        references.append(sa.Column("message_id", ID, nullable=False))
        keys.append(
            sa.ForeignKeyConstraint(
                ["message_id"], ["messages.id"], name=op.f(f"fk_{name}_message_id"), ondelete="CASCADE"
            )
        )
    op.create_table(
        name,
        sa.Column("id", ID, nullable=False),
        *references,
        *columns,
        *keys,
        sa.UniqueConstraint(*unique, name=op.f(f"uq_{name}_{'_'.join(unique)}")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )


def _needed(name, kind):
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    _create(
        "message_readings",
        sa.Column("intent", LABEL, nullable=True),
        sa.Column("confidence", sa.Double(), nullable=True),
        _needed("ranking", sa.JSON()),
        _needed("actions", sa.JSON()),
        _needed("at", MOMENT),
        message=True,
        unique=("message_id",),
    )
    op.create_index(op.f("ix_message_readings_conversation_id"), "message_readings", ["conversation_id"])
    op.create_index("ix_message_readings_at_intent", "message_readings", ["at", "intent"])
    _create(
        "conversation_notes",
        _needed("note_id", LABEL),
        _needed("written_by", ID),
        _needed("text", sa.LargeBinary()),
        _needed("at", MOMENT),
        unique=("conversation_id", "note_id"),
    )
    _create(
        "conversation_tags",
        _needed("tag", LABEL),
        _needed("set_by", ID),
        _needed("at", MOMENT),
        unique=("conversation_id", "tag"),
    )
    op.create_index(op.f("ix_conversation_tags_tag"), "conversation_tags", ["tag"])
    _create_replies()
    _create(
        "intent_marks",
        sa.Column("taken_for", LABEL, nullable=True),
        _needed("right_intent", LABEL),
        sa.Column("comment", sa.LargeBinary(), nullable=True),
        _needed("state", sa.String(32)),
        _needed("marked_by", ID),
        _needed("marked_at", MOMENT),
        sa.Column("settled_at", MOMENT, nullable=True),
        message=True,
        unique=("message_id",),
    )
    op.create_index(op.f("ix_intent_marks_conversation_id"), "intent_marks", ["conversation_id"])
    op.create_index("ix_intent_marks_state_id", "intent_marks", ["state", "id"])


def _create_replies():
    op.create_table(
        "canned_replies",
        sa.Column("id", ID, nullable=False),
        _needed("shortcut", LABEL),
        _needed("language", LABEL),
        _needed("title", sa.String(200)),
        _needed("text", sa.String(2000)),
        sa.Column("uses", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("changed_by", ID, nullable=True),
        _needed("changed_at", MOMENT),
        sa.UniqueConstraint("shortcut", "language", name=op.f("uq_canned_replies_shortcut_language")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_canned_replies")),
    )


def downgrade() -> None:
    for table in ("intent_marks", "canned_replies", "conversation_tags", "conversation_notes", "message_readings"):
        op.drop_table(table)
