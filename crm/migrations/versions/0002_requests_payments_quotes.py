"""Service requests with numbers, payments, quotes, one-time codes, feedback.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('outbox_messages',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('customer_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.String(length=64), nullable=False),
    sa.Column('channel', sa.String(length=64), nullable=False),
    sa.Column('destination', sa.LargeBinary(), nullable=False),
    sa.Column('text', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('delivered_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['customer_id'], ['customers.id'], name=op.f('fk_outbox_messages_customer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outbox_messages'))
    )
    with op.batch_alter_table('outbox_messages', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_outbox_messages_customer_id'), ['customer_id'], unique=False)

    op.create_table('checkouts',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('customer_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('conversation_id', sa.String(length=32), nullable=True),
    sa.Column('purpose', sa.String(length=32), nullable=False),
    sa.Column('state', sa.String(length=32), nullable=False),
    sa.Column('provider', sa.String(length=64), nullable=False),
    sa.Column('reference', sa.LargeBinary(), nullable=False),
    sa.Column('reference_index', sa.LargeBinary(), nullable=False),
    sa.Column('url', sa.LargeBinary(), nullable=False),
    sa.Column('currency', sa.String(length=64), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('completed_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversations.id'], name=op.f('fk_checkouts_conversation_id')),
    sa.ForeignKeyConstraint(['customer_id'], ['customers.id'], name=op.f('fk_checkouts_customer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_checkouts')),
    sa.UniqueConstraint('reference_index', name=op.f('uq_checkouts_reference_index'))
    )
    with op.batch_alter_table('checkouts', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_checkouts_customer_id'), ['customer_id'], unique=False)

    op.create_table('feedback',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('conversation_id', sa.String(length=32), nullable=False),
    sa.Column('customer_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('score', sa.Integer(), nullable=False),
    sa.Column('comment', sa.LargeBinary(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversations.id'], name=op.f('fk_feedback_conversation_id')),
    sa.ForeignKeyConstraint(['customer_id'], ['customers.id'], name=op.f('fk_feedback_customer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_feedback')),
    sa.UniqueConstraint('conversation_id', name=op.f('uq_feedback_conversation_id'))
    )
    with op.batch_alter_table('feedback', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_feedback_customer_id'), ['customer_id'], unique=False)

    op.create_table('one_time_codes',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('conversation_id', sa.String(length=32), nullable=False),
    sa.Column('customer_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('code_index', sa.LargeBinary(), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('confirmed_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversations.id'], name=op.f('fk_one_time_codes_conversation_id')),
    sa.ForeignKeyConstraint(['customer_id'], ['customers.id'], name=op.f('fk_one_time_codes_customer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_one_time_codes'))
    )
    with op.batch_alter_table('one_time_codes', schema=None) as batch_op:
        batch_op.create_index('ix_one_time_codes_conversation_id_id', ['conversation_id', 'id'], unique=False)
        batch_op.create_index('ix_one_time_codes_customer_id_sent_at', ['customer_id', 'sent_at'], unique=False)

    op.create_table('policy_beneficiaries',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('policy_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.LargeBinary(), nullable=False),
    sa.Column('relation', sa.LargeBinary(), nullable=False),
    sa.Column('share', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['policy_id'], ['policies.id'], name=op.f('fk_policy_beneficiaries_policy_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_policy_beneficiaries'))
    )
    with op.batch_alter_table('policy_beneficiaries', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_policy_beneficiaries_policy_id'), ['policy_id'], unique=False)

    op.create_table('policy_history',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('policy_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('code', sa.String(length=64), nullable=False),
    sa.Column('details', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['policy_id'], ['policies.id'], name=op.f('fk_policy_history_policy_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_policy_history'))
    )
    with op.batch_alter_table('policy_history', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_policy_history_policy_id'), ['policy_id'], unique=False)

    op.create_table('quotes',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('customer_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('conversation_id', sa.String(length=32), nullable=True),
    sa.Column('number', sa.LargeBinary(), nullable=False),
    sa.Column('number_index', sa.LargeBinary(), nullable=False),
    sa.Column('line', sa.String(length=32), nullable=False),
    sa.Column('answers', sa.LargeBinary(), nullable=False),
    sa.Column('steps', sa.LargeBinary(), nullable=False),
    sa.Column('currency', sa.String(length=64), nullable=False),
    sa.Column('base_minor', sa.BigInteger(), nullable=False),
    sa.Column('premium_minor', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('valid_until', sa.Date(), nullable=False),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversations.id'], name=op.f('fk_quotes_conversation_id')),
    sa.ForeignKeyConstraint(['customer_id'], ['customers.id'], name=op.f('fk_quotes_customer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_quotes')),
    sa.UniqueConstraint('number_index', name=op.f('uq_quotes_number_index'))
    )
    with op.batch_alter_table('quotes', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_quotes_conversation_id'), ['conversation_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_quotes_customer_id'), ['customer_id'], unique=False)

    op.create_table('refunds',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('customer_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('policy_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('reason', sa.String(length=64), nullable=False),
    sa.Column('state', sa.String(length=32), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('requested_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('expected_on', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['customer_id'], ['customers.id'], name=op.f('fk_refunds_customer_id')),
    sa.ForeignKeyConstraint(['policy_id'], ['policies.id'], name=op.f('fk_refunds_policy_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_refunds'))
    )
    with op.batch_alter_table('refunds', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_refunds_customer_id'), ['customer_id'], unique=False)

    op.create_table('renewals',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('policy_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=False),
    sa.Column('previous_premium_minor', sa.BigInteger(), nullable=False),
    sa.Column('premium_minor', sa.BigInteger(), nullable=False),
    sa.Column('accepted_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['policy_id'], ['policies.id'], name=op.f('fk_renewals_policy_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_renewals')),
    sa.UniqueConstraint('policy_id', 'starts_on', name=op.f('uq_renewals_policy_id_starts_on'))
    )
    op.create_table('autopay_mandates',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('customer_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('policy_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('checkout_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('state', sa.String(length=32), nullable=False),
    sa.Column('day', sa.Integer(), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['checkout_id'], ['checkouts.id'], name=op.f('fk_autopay_mandates_checkout_id')),
    sa.ForeignKeyConstraint(['customer_id'], ['customers.id'], name=op.f('fk_autopay_mandates_customer_id')),
    sa.ForeignKeyConstraint(['policy_id'], ['policies.id'], name=op.f('fk_autopay_mandates_policy_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_autopay_mandates')),
    sa.UniqueConstraint('policy_id', name=op.f('uq_autopay_mandates_policy_id'))
    )
    with op.batch_alter_table('autopay_mandates', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_autopay_mandates_customer_id'), ['customer_id'], unique=False)

    op.create_table('checkout_items',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('checkout_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('invoice_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['checkout_id'], ['checkouts.id'], name=op.f('fk_checkout_items_checkout_id')),
    sa.ForeignKeyConstraint(['invoice_id'], ['invoices.id'], name=op.f('fk_checkout_items_invoice_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_checkout_items'))
    )
    with op.batch_alter_table('checkout_items', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_checkout_items_checkout_id'), ['checkout_id'], unique=False)

    with op.batch_alter_table('callbacks', schema=None) as batch_op:
        batch_op.add_column(sa.Column('cancelled_at', sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table('complaints', schema=None) as batch_op:
        batch_op.add_column(sa.Column('conversation_id', sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column('number', sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column('number_index', sa.LargeBinary(), nullable=True))
        batch_op.create_unique_constraint(batch_op.f('uq_complaints_number_index'), ['number_index'])
        batch_op.create_foreign_key(batch_op.f('fk_complaints_conversation_id'), 'conversations', ['conversation_id'], ['id'])

    with op.batch_alter_table('service_requests', schema=None) as batch_op:
        batch_op.add_column(sa.Column('conversation_id', sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column('number', sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column('number_index', sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column('data', sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column('due_on', sa.Date(), nullable=True))
        batch_op.create_unique_constraint(batch_op.f('uq_service_requests_number_index'), ['number_index'])
        batch_op.create_foreign_key(batch_op.f('fk_service_requests_conversation_id'), 'conversations', ['conversation_id'], ['id'])



def downgrade() -> None:
    with op.batch_alter_table('service_requests', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_service_requests_conversation_id'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('uq_service_requests_number_index'), type_='unique')
        batch_op.drop_column('due_on')
        batch_op.drop_column('data')
        batch_op.drop_column('number_index')
        batch_op.drop_column('number')
        batch_op.drop_column('conversation_id')

    with op.batch_alter_table('complaints', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_complaints_conversation_id'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('uq_complaints_number_index'), type_='unique')
        batch_op.drop_column('number_index')
        batch_op.drop_column('number')
        batch_op.drop_column('conversation_id')

    with op.batch_alter_table('callbacks', schema=None) as batch_op:
        batch_op.drop_column('cancelled_at')

    with op.batch_alter_table('checkout_items', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_checkout_items_checkout_id'))

    op.drop_table('checkout_items')
    with op.batch_alter_table('autopay_mandates', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_autopay_mandates_customer_id'))

    op.drop_table('autopay_mandates')
    op.drop_table('renewals')
    with op.batch_alter_table('refunds', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_refunds_customer_id'))

    op.drop_table('refunds')
    with op.batch_alter_table('quotes', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_quotes_customer_id'))
        batch_op.drop_index(batch_op.f('ix_quotes_conversation_id'))

    op.drop_table('quotes')
    with op.batch_alter_table('policy_history', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_policy_history_policy_id'))

    op.drop_table('policy_history')
    with op.batch_alter_table('policy_beneficiaries', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_policy_beneficiaries_policy_id'))

    op.drop_table('policy_beneficiaries')
    with op.batch_alter_table('one_time_codes', schema=None) as batch_op:
        batch_op.drop_index('ix_one_time_codes_customer_id_sent_at')
        batch_op.drop_index('ix_one_time_codes_conversation_id_id')

    op.drop_table('one_time_codes')
    with op.batch_alter_table('feedback', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_feedback_customer_id'))

    op.drop_table('feedback')
    with op.batch_alter_table('checkouts', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_checkouts_customer_id'))

    op.drop_table('checkouts')
    with op.batch_alter_table('outbox_messages', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_outbox_messages_customer_id'))

    op.drop_table('outbox_messages')
