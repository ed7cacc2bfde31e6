"""Quotas, rests, breakers, held messages, attempts, takeovers and alerts."""

import sqlalchemy as sa
from alembic import op

from models.base import Identifier, Json, UtcDateTime

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

HELD = sa.text('held IS NOT NULL')
DEAD = sa.text("status = 'dead'")
FAILED = sa.text("status = 'failed'")
OPEN = sa.text('closed_at IS NULL')
QUEUED = sa.text("status = 'queued'")
UNDER_WAY = sa.text("status IN ('claimed', 'sending', 'unknown')")
DEVICE_TIMES = ('rested_at', 'stopped_until', 'quota_resets_at', 'quota_at')
QUOTA_NUMBERS = ('quota_limit', 'quota_remaining', 'quota_reserve')


def upgrade() -> None:
    for name in DEVICE_TIMES:
        op.add_column('devices', sa.Column(name, UtcDateTime(), nullable=True))
    for name in QUOTA_NUMBERS:
        op.add_column('devices', sa.Column(name, sa.Integer(), nullable=True))
    for name in ('pauses', 'refusals', 'forgeries'):
        op.add_column('devices', sa.Column(name, sa.Integer(), server_default='0', nullable=False))
    for name in ('wrote_at', 'human_at', 'taken_until', 'handover_until'):
        op.add_column('conversations', sa.Column(name, UtcDateTime(), nullable=True))
    op.execute('UPDATE conversations SET wrote_at = last_inbound_at')
    op.add_column('effects', sa.Column('put_at', UtcDateTime(), nullable=True))
    # What rests, or has rested and was not seen to work since, is proven by its next message.
    op.execute('UPDATE devices SET pauses = 1, rested_at = CURRENT_TIMESTAMP WHERE paused_until IS NOT NULL')
    op.add_column('messages', sa.Column('put_at', UtcDateTime(), nullable=True))
    op.add_column('messages', sa.Column('automatic', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column('messages', sa.Column('held', sa.String(length=16), nullable=True))
    op.add_column('messages', sa.Column('held_at', UtcDateTime(), nullable=True))
    op.add_column('messages', sa.Column('alert_id', Identifier, nullable=True))
    op.create_index('ix_messages_held', 'messages', ['held', 'id'], unique=False, postgresql_where=HELD, sqlite_where=HELD)
    op.create_index('ix_messages_dead', 'messages', ['failed_at'], unique=False, postgresql_where=DEAD, sqlite_where=DEAD)
    op.create_index('ix_messages_under_way', 'messages', ['id'], unique=False, postgresql_where=UNDER_WAY, sqlite_where=UNDER_WAY)
    op.create_index('ix_messages_expires', 'messages', ['expires_at'], unique=False, postgresql_where=QUEUED, sqlite_where=QUEUED)
    op.create_index('ix_messages_failed', 'messages', ['failed_at'], unique=False, postgresql_where=FAILED, sqlite_where=FAILED)
    op.create_table('attempts',
    sa.Column('id', Identifier, nullable=False),
    sa.Column('message_id', Identifier, nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('ended_at', UtcDateTime(), nullable=False),
    sa.Column('outcome', sa.String(length=16), nullable=False),
    sa.Column('error', sa.String(length=255), nullable=True),
    sa.ForeignKeyConstraint(['message_id'], ['messages.id'], name=op.f('fk_attempts_message_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attempts'))
    )
    op.create_index('ix_attempts_message', 'attempts', ['message_id', 'id'], unique=False)
    op.create_table('breakers',
    sa.Column('gateway', sa.String(length=32), nullable=False),
    sa.Column('host', sa.String(length=255), nullable=False),
    sa.Column('paused_until', UtcDateTime(), nullable=True),
    sa.Column('pause_reason', sa.String(length=255), nullable=True),
    sa.Column('rested_at', UtcDateTime(), nullable=True),
    sa.Column('pauses', sa.Integer(), server_default='0', nullable=False),
    sa.PrimaryKeyConstraint('gateway', 'host', name=op.f('pk_breakers'))
    )
    op.create_table('alerts',
    sa.Column('id', Identifier, nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('gateway', sa.String(length=32), nullable=False),
    sa.Column('device', sa.String(length=200), nullable=False),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.Column('details', Json, nullable=False),
    sa.Column('opened_at', UtcDateTime(), nullable=False),
    sa.Column('seen_at', UtcDateTime(), nullable=False),
    sa.Column('told_at', UtcDateTime(), nullable=True),
    sa.Column('closed_at', UtcDateTime(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_alerts'))
    )
    op.create_index('ix_alerts_open', 'alerts', ['kind', 'gateway', 'device'], unique=True, postgresql_where=OPEN, sqlite_where=OPEN)


def downgrade() -> None:
    op.drop_table('alerts')
    op.drop_table('breakers')
    op.drop_table('attempts')
    op.drop_index('ix_messages_failed', table_name='messages', postgresql_where=FAILED, sqlite_where=FAILED)
    op.drop_index('ix_messages_dead', table_name='messages', postgresql_where=DEAD, sqlite_where=DEAD)
    op.drop_index('ix_messages_held', table_name='messages', postgresql_where=HELD, sqlite_where=HELD)
    op.drop_index('ix_messages_expires', table_name='messages', postgresql_where=QUEUED, sqlite_where=QUEUED)
    op.drop_index('ix_messages_under_way', table_name='messages', postgresql_where=UNDER_WAY, sqlite_where=UNDER_WAY)
    op.drop_column('effects', 'put_at')
    for name in ('alert_id', 'held_at', 'held', 'automatic', 'put_at'):
        op.drop_column('messages', name)
    for name in ('handover_until', 'taken_until', 'human_at', 'wrote_at'):
        op.drop_column('conversations', name)
    for name in ('forgeries', 'refusals', 'pauses', *QUOTA_NUMBERS, *DEVICE_TIMES):
        op.drop_column('devices', name)
