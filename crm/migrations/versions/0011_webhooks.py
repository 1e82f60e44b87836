"""Access tokens of the API, webhooks and their deliveries.

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _create_tokens()
    _create_webhooks()
    _create_deliveries()
    _create_relays()


def _create_tokens():
    op.create_table(
        "api_tokens",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("made_by", ID, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("token_index", sa.LargeBinary(), nullable=False),
        sa.Column("hint", sa.String(64), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("last_used_at", MOMENT, nullable=True),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["staff_accounts.id"], name=op.f("fk_api_tokens_account_id")),
        sa.ForeignKeyConstraint(["made_by"], ["staff_accounts.id"], name=op.f("fk_api_tokens_made_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("token_index", name=op.f("uq_api_tokens_token_index")),
    )
    op.create_index(op.f("ix_api_tokens_account_id"), "api_tokens", ["account_id"])


def _create_webhooks():
    op.create_table(
        "webhooks",
        sa.Column("id", ID, nullable=False),
        sa.Column("url", sa.LargeBinary(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("made_by", ID, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["made_by"], ["staff_accounts.id"], name=op.f("fk_webhooks_made_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
    )


def _create_deliveries():
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", ID, nullable=False),
        sa.Column("webhook_id", ID, nullable=False),
        sa.Column("message_id", sa.String(64), nullable=False),
        sa.Column("event", sa.String(64), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("give_up_at", MOMENT, nullable=False),
        sa.Column("settled_at", MOMENT, nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", sa.String(64), nullable=True),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhooks.id"], name=op.f("fk_webhook_deliveries_webhook_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_deliveries")),
    )
    op.create_index(op.f("ix_webhook_deliveries_webhook_id"), "webhook_deliveries", ["webhook_id"])
    op.create_index("ix_webhook_deliveries_state_due_at", "webhook_deliveries", ["state", "due_at"])


def _create_relays():
    op.create_table(
        "handoff_relays",
        sa.Column("handoff_id", ID, nullable=False),
        sa.Column("target", sa.String(64), nullable=False),
        sa.Column("contact_id", ID, nullable=True),
        sa.Column("remote_id", ID, nullable=True),
        sa.Column("noted", sa.Boolean(), nullable=False),
        sa.Column("carried_seq", sa.Integer(), nullable=False),
        sa.Column("heard_id", ID, nullable=False),
        sa.Column("claimed_until", MOMENT, nullable=True),
        sa.Column("look_at", MOMENT, nullable=False),
        sa.Column("retry_at", MOMENT, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["handoff_id"], ["handoffs.id"], name=op.f("fk_handoff_relays_handoff_id")),
        sa.PrimaryKeyConstraint("handoff_id", name=op.f("pk_handoff_relays")),
    )
    op.create_index("ix_handoff_relays_target_remote_id", "handoff_relays", ["target", "remote_id"])
    op.create_index(op.f("ix_handoff_relays_done_at"), "handoff_relays", ["done_at"])
    op.create_table(
        "relay_agents",
        sa.Column("id", ID, nullable=False),
        sa.Column("target", sa.String(64), nullable=False),
        sa.Column("remote_id", ID, nullable=False),
        sa.Column("employee_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["employee_id"], ["employees.id"], name=op.f("fk_relay_agents_employee_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relay_agents")),
    )
    op.create_index("uq_relay_agents_target_remote_id", "relay_agents", ["target", "remote_id"], unique=True)


def downgrade() -> None:
    for table in ("relay_agents", "handoff_relays", "webhook_deliveries", "webhooks"):
        op.drop_table(table)
    op.drop_table("api_tokens")
