"""Teams, working hours and absences, product sheets, key figures, and customers of another system.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _create(name, *columns, references=(), unique=(), checks=()):
    """A table with an `id` and the names of constraints that `crm.schema.base` gives."""
    op.create_table(
        name,
        sa.Column("id", ID, nullable=False),
        *(sa.Column(column, ID, nullable=False) for column, _ in references),
        *columns,
        *(
            sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{name}_{column}"))
            for column, target in references
        ),
        *(sa.UniqueConstraint(*names, name=op.f(f"uq_{name}_{'_'.join(names)}")) for names in unique),
        *checks,
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )


def _text(name, length=64):
    return sa.Column(name, sa.String(length), nullable=False)


def _sealed(name):
    return sa.Column(name, sa.LargeBinary(), nullable=False)


def upgrade() -> None:
    # Plain ALTER TABLE: rebuilding `employees`, as batch mode does, would fail on the rows that refer to it.
    op.add_column("employees", sa.Column("time_zone", sa.String(64), nullable=True))
    op.add_column("employees", sa.Column("capacity", sa.Integer(), nullable=False, server_default="3"))
    _create(
        "working_hours",
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("starts", sa.Time(), nullable=False),
        sa.Column("ends", sa.Time(), nullable=False),
        references=(("employee_id", "employees.id"),),
        checks=(sa.CheckConstraint("starts < ends", name="ck_working_hours_forward"),),
    )
    op.create_index(op.f("ix_working_hours_employee_id"), "working_hours", ["employee_id"])
    _create(
        "absences",
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        _sealed("reason"),
        references=(("employee_id", "employees.id"),),
    )
    op.create_index(op.f("ix_absences_employee_id"), "absences", ["employee_id"])
    _create("teams", _text("code"), _text("name", 200), references=(("unit_id", "units.id"),), unique=(["code"],))
    _create(
        "team_members",
        sa.Column("leads", sa.Boolean(), nullable=False),
        references=(("team_id", "teams.id"), ("employee_id", "employees.id")),
        unique=(["team_id", "employee_id"],),
    )
    op.create_index(op.f("ix_team_members_employee_id"), "team_members", ["employee_id"])
    _create(
        "product_sheets",
        _text("language"),
        _text("title", 200),
        _text("summary", 2000),
        sa.Column("covered", sa.JSON(), nullable=False),
        sa.Column("not_covered", sa.JSON(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        references=(("product_id", "products.id"),),
        unique=(["product_id", "language"],),
    )
    _create(
        "key_figures",
        _text("code"),
        _text("period"),
        sa.Column("value", sa.Double(), nullable=False),
        _text("unit"),
        unique=(["code", "period"],),
    )
    _create(
        "external_customers",
        _sealed("reference"),
        _sealed("reference_index"),
        references=(("customer_id", "customers.id"),),
        unique=(["customer_id"], ["reference_index"]),
    )


def downgrade() -> None:
    for table in ("external_customers", "key_figures", "product_sheets", "team_members", "teams"):
        op.drop_table(table)
    op.drop_table("absences")
    op.drop_table("working_hours")
    op.drop_column("employees", "capacity")
    op.drop_column("employees", "time_zone")
