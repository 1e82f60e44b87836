"""Staff accounts and their sessions.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _moment(name, *, nullable=False):
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _sealed(name, *, nullable=False):
    return sa.Column(name, sa.LargeBinary(), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "staff_accounts",
        sa.Column("id", ID, nullable=False),
        sa.Column("employee_id", ID, nullable=True),
        _sealed("username"),
        _sealed("username_index"),
        _sealed("name"),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("language", sa.String(64), nullable=False),
        sa.Column("theme", sa.String(32), nullable=False),
        _sealed("password_hash", nullable=True),
        sa.Column("must_change_password", sa.Boolean(), nullable=False),
        _moment("password_changed_at", nullable=True),
        _sealed("totp_secret", nullable=True),
        _sealed("totp_pending", nullable=True),
        sa.Column("totp_last_step", sa.BigInteger(), nullable=True),
        _sealed("identity", nullable=True),
        _sealed("identity_index", nullable=True),
        _moment("created_at"),
        _moment("last_login_at", nullable=True),
        _moment("disabled_at", nullable=True),
        sa.ForeignKeyConstraint(["employee_id"], ["employees.id"], name=op.f("fk_staff_accounts_employee_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_accounts")),
        sa.UniqueConstraint("username_index", name=op.f("uq_staff_accounts_username_index")),
        sa.UniqueConstraint("identity_index", name=op.f("uq_staff_accounts_identity_index")),
    )
    op.create_index(op.f("ix_staff_accounts_employee_id"), "staff_accounts", ["employee_id"])
    op.create_table(
        "staff_recovery_codes",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        _sealed("code_index"),
        _moment("used_at", nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["staff_accounts.id"], name=op.f("fk_staff_recovery_codes_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_recovery_codes")),
        sa.UniqueConstraint("account_id", "code_index", name=op.f("uq_staff_recovery_codes_account_id_code_index")),
    )
    op.create_table(
        "staff_sessions",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("account_id", ID, nullable=False),
        _sealed("token_index"),
        sa.Column("method", sa.String(64), nullable=False),
        _sealed("address"),
        _sealed("browser"),
        _moment("created_at"),
        _moment("last_seen_at"),
        _moment("expires_at"),
        sa.ForeignKeyConstraint(["account_id"], ["staff_accounts.id"], name=op.f("fk_staff_sessions_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_sessions")),
        sa.UniqueConstraint("token_index", name=op.f("uq_staff_sessions_token_index")),
    )
    op.create_index(op.f("ix_staff_sessions_account_id"), "staff_sessions", ["account_id"])


def downgrade() -> None:
    for table in ("staff_sessions", "staff_recovery_codes", "staff_accounts"):
        op.drop_table(table)
