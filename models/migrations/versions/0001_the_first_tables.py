"""The first tables."""

import sqlalchemy as sa
from alembic import op

from models.base import Identifier, Json, UtcDateTime

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('conversations',
    sa.Column('id', Identifier, nullable=False),
    sa.Column('gateway', sa.String(length=32), nullable=False),
    sa.Column('device', sa.String(length=200), nullable=False),
    sa.Column('address', sa.String(length=255), nullable=False),
    sa.Column('lane', sa.SmallInteger(), nullable=False),
    sa.Column('chat', sa.String(length=16), nullable=False),
    sa.Column('name', sa.String(length=255), nullable=True),
    sa.Column('phone', sa.String(length=32), nullable=True),
    sa.Column('state', Json, nullable=False),
    sa.Column('opted_out_at', UtcDateTime(), nullable=True),
    sa.Column('last_inbound_at', UtcDateTime(), nullable=True),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_conversations')),
    sa.UniqueConstraint('gateway', 'device', 'address', name=op.f('uq_conversations_gateway_device_address'))
    )
    op.create_table('devices',
    sa.Column('id', Identifier, nullable=False),
    sa.Column('gateway', sa.String(length=32), nullable=False),
    sa.Column('device', sa.String(length=200), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=True),
    sa.Column('reason', sa.String(length=255), nullable=True),
    sa.Column('phone', sa.String(length=32), nullable=True),
    sa.Column('name', sa.String(length=255), nullable=True),
    sa.Column('changed_at', UtcDateTime(), nullable=True),
    sa.Column('paused_until', UtcDateTime(), nullable=True),
    sa.Column('memory', Json, nullable=True),
    sa.Column('pause_reason', sa.String(length=255), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_devices')),
    sa.UniqueConstraint('gateway', 'device', name=op.f('uq_devices_gateway_device'))
    )
    op.create_table('events',
    sa.Column('id', Identifier, nullable=False),
    sa.Column('gateway', sa.String(length=32), nullable=False),
    sa.Column('device', sa.String(length=200), nullable=False),
    sa.Column('key', sa.String(length=200), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('address', sa.String(length=255), nullable=True),
    sa.Column('lane', sa.SmallInteger(), nullable=False),
    sa.Column('payload', sa.LargeBinary(), nullable=False),
    sa.Column('occurred_at', UtcDateTime(), nullable=True),
    sa.Column('received_at', UtcDateTime(), nullable=False),
    sa.Column('due_at', UtcDateTime(), nullable=False),
    sa.Column('processed_at', UtcDateTime(), nullable=True),
    sa.Column('error', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_events')),
    sa.UniqueConstraint('gateway', 'device', 'key', name=op.f('uq_events_gateway_device_key'))
    )
    op.create_index('ix_events_failed', 'events', ['id'], unique=False, postgresql_where=sa.text('processed_at IS NULL AND error IS NOT NULL'), sqlite_where=sa.text('processed_at IS NULL AND error IS NOT NULL'))
    op.create_index('ix_events_open', 'events', ['lane', 'received_at', 'id'], unique=False, postgresql_where=sa.text('processed_at IS NULL AND error IS NULL'), sqlite_where=sa.text('processed_at IS NULL AND error IS NULL'))

    op.create_table('lanes',
    sa.Column('lane', sa.SmallInteger(), autoincrement=False, nullable=False),
    sa.Column('processed_events', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('lane', name=op.f('pk_lanes'))
    )
    op.create_table('messages',
    sa.Column('id', Identifier, nullable=False),
    sa.Column('event_id', Identifier, nullable=True),
    sa.Column('position', sa.SmallInteger(), nullable=False),
    sa.Column('conversation_id', Identifier, nullable=False),
    sa.Column('gateway', sa.String(length=32), nullable=False),
    sa.Column('device', sa.String(length=200), nullable=False),
    sa.Column('lane', sa.SmallInteger(), nullable=False),
    sa.Column('direction', sa.String(length=3), nullable=False),
    sa.Column('author', sa.String(length=16), nullable=True),
    sa.Column('external_id', sa.String(length=255), nullable=True),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('details', Json, nullable=True),
    sa.Column('status', sa.String(length=16), nullable=False),
    sa.Column('rule', sa.String(length=255), nullable=True),
    sa.Column('explanation', Json, nullable=True),
    sa.Column('idempotency_key', sa.String(length=64), nullable=True),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('error', sa.Text(), nullable=True),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('due_at', UtcDateTime(), nullable=True),
    sa.Column('expires_at', UtcDateTime(), nullable=True),
    sa.Column('claimed_at', UtcDateTime(), nullable=True),
    sa.Column('attempted_at', UtcDateTime(), nullable=True),
    sa.Column('sent_at', UtcDateTime(), nullable=True),
    sa.Column('delivered_at', UtcDateTime(), nullable=True),
    sa.Column('read_at', UtcDateTime(), nullable=True),
    sa.Column('played_at', UtcDateTime(), nullable=True),
    sa.Column('failed_at', UtcDateTime(), nullable=True),
    sa.CheckConstraint("direction IN ('in', 'out')", name=op.f('ck_messages_direction')),
    sa.CheckConstraint("status IN ('received', 'queued', 'claimed', 'sending', 'sent', 'delivered', 'read', 'played', 'failed', 'unknown', 'dead', 'cancelled')", name=op.f('ck_messages_status')),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversations.id'], name=op.f('fk_messages_conversation_id')),
    sa.ForeignKeyConstraint(['event_id'], ['events.id'], name=op.f('fk_messages_event_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_messages')),
    sa.UniqueConstraint('conversation_id', 'direction', 'external_id', name=op.f('uq_messages_conversation_id_direction_external_id')),
    sa.UniqueConstraint('event_id', 'position', 'direction', name=op.f('uq_messages_event_id_position_direction'))
    )
    op.create_index('ix_messages_external', 'messages', ['external_id', 'gateway', 'device'], unique=False)
    op.create_index('ix_messages_history', 'messages', ['conversation_id', 'id'], unique=False)
    op.create_index('ix_messages_queued', 'messages', ['lane', 'id'], unique=False, postgresql_where=sa.text("status = 'queued'"), sqlite_where=sa.text("status = 'queued'"))
    op.create_index('ix_messages_unsettled', 'messages', ['conversation_id', 'id'], unique=False, postgresql_where=sa.text("status IN ('queued', 'claimed', 'sending', 'unknown')"), sqlite_where=sa.text("status IN ('queued', 'claimed', 'sending', 'unknown')"))



def downgrade() -> None:
    op.drop_index('ix_messages_unsettled', table_name='messages', postgresql_where=sa.text("status IN ('queued', 'claimed', 'sending', 'unknown')"), sqlite_where=sa.text("status IN ('queued', 'claimed', 'sending', 'unknown')"))
    op.drop_index('ix_messages_queued', table_name='messages', postgresql_where=sa.text("status = 'queued'"), sqlite_where=sa.text("status = 'queued'"))
    op.drop_index('ix_messages_history', table_name='messages')
    op.drop_index('ix_messages_external', table_name='messages')

    op.drop_table('messages')
    op.drop_table('lanes')
    op.drop_index('ix_events_open', table_name='events', postgresql_where=sa.text('processed_at IS NULL AND error IS NULL'), sqlite_where=sa.text('processed_at IS NULL AND error IS NULL'))
    op.drop_index('ix_events_failed', table_name='events', postgresql_where=sa.text('processed_at IS NULL AND error IS NOT NULL'), sqlite_where=sa.text('processed_at IS NULL AND error IS NOT NULL'))

    op.drop_table('events')
    op.drop_table('devices')
    op.drop_table('conversations')
