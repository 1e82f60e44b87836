"""Hand-offs as a state machine: states, routing, presence.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
OPEN = sa.text("ended_at IS NULL")

# Plain ALTER TABLE throughout: rebuilding `handoffs`, as batch mode does, would fail on the rows that refer to it.
_COLUMNS = [
    sa.Column("priority", sa.Integer(), nullable=False, server_default="0"),
    sa.Column("line", sa.String(32), nullable=True),
    sa.Column("about_claim", sa.Boolean(), nullable=False, server_default=sa.false()),
    sa.Column("skills", sa.JSON(), nullable=False, server_default=sa.text("'[]'")),
    sa.Column("offered_until", MOMENT, nullable=True),
    sa.Column("waiting_since", MOMENT, nullable=True),
    sa.Column("accepted_at", MOMENT, nullable=True),
    sa.Column("active_at", MOMENT, nullable=True),
    sa.Column("ended_at", MOMENT, nullable=True),
    sa.Column("disposition", sa.String(64), nullable=True),
]
_REFERENCES = [
    ("handoffs", "team_id", "teams"),
    ("handoffs", "offered_to", "employees"),
    ("handoff_transitions", "employee_id", "employees"),
]


def upgrade() -> None:
    for column in _COLUMNS:
        op.add_column("handoffs", column.copy())
    kind = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    for table, column, target in _REFERENCES:
        # Alembic would add the reference in a second statement, which SQLite does not know.
        named = f"CONSTRAINT fk_{table}_{column} REFERENCES {target} (id)"
        op.execute(f"ALTER TABLE {table} ADD COLUMN {column} {kind} {named}")
    op.add_column("handoff_transitions", sa.Column("note", sa.LargeBinary(), nullable=True))
    _rename_states()
    op.create_index(
        "ix_handoffs_one_open", "handoffs", ["conversation_id"], unique=True, sqlite_where=OPEN, postgresql_where=OPEN
    )
    op.create_index("ix_handoffs_employee_id_state", "handoffs", ["employee_id", "state"])
    op.create_index("ix_handoffs_ended_at", "handoffs", ["ended_at"])
    op.create_index("ix_handoff_transitions_state_at", "handoff_transitions", ["state", "at"])
    op.create_table(
        "presences",
        sa.Column("employee_id", ID, autoincrement=False, nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["employee_id"], ["employees.id"], name=op.f("fk_presences_employee_id")),
        sa.PrimaryKeyConstraint("employee_id", name=op.f("pk_presences")),
    )


def _rename_states() -> None:
    """What was cancelled was abandoned. Nobody could take a customer yet, so all that is open waits."""
    for table in ("handoffs", "handoff_transitions"):
        op.execute(f"UPDATE {table} SET state = 'abandoned' WHERE state = 'cancelled'")
    op.execute("UPDATE handoffs SET reason = 'asked_for' WHERE reason = 'customer_asked'")
    op.execute("UPDATE handoffs SET state = 'requested', employee_id = NULL WHERE state = 'accepted'")
    last = "SELECT max(at) FROM handoff_transitions WHERE handoff_transitions.handoff_id = handoffs.id"
    op.execute(
        f"UPDATE handoffs SET ended_at = coalesce(({last}), requested_at) WHERE state IN ('abandoned', 'closed')"
    )
    op.execute("UPDATE handoffs SET waiting_since = requested_at WHERE state = 'requested'")


def downgrade() -> None:
    op.drop_table("presences")
    op.drop_index("ix_handoff_transitions_state_at", "handoff_transitions")
    op.drop_index("ix_handoffs_ended_at", "handoffs")
    op.drop_index("ix_handoffs_employee_id_state", "handoffs")
    op.drop_index("ix_handoffs_one_open", "handoffs")
    for table in ("handoffs", "handoff_transitions"):
        op.execute(f"UPDATE {table} SET state = 'requested' WHERE state IN ('queued', 'offered')")
        op.execute(f"UPDATE {table} SET state = 'accepted' WHERE state = 'active'")
        op.execute(f"UPDATE {table} SET state = 'closed' WHERE state = 'returned'")
        op.execute(f"UPDATE {table} SET state = 'cancelled' WHERE state IN ('abandoned', 'expired')")
    op.execute("UPDATE handoffs SET reason = 'customer_asked' WHERE reason = 'asked_for'")
    op.drop_column("handoff_transitions", "note")
    for table, column, _ in _REFERENCES:
        op.drop_column(table, column)
    for column in _COLUMNS:
        op.drop_column("handoffs", column.name)
