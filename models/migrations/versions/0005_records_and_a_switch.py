"""Records that rules keep, and until when an admin has switched the bot off at a device."""

import sqlalchemy as sa
from alembic import op

from models.base import Identifier, UtcDateTime

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('devices', sa.Column('off_until', UtcDateTime(), nullable=True))
    op.create_table('records',
    sa.Column('id', Identifier, nullable=False),
    sa.Column('kind', sa.String(length=64), nullable=False),
    sa.Column('gateway', sa.String(length=32), nullable=False),
    sa.Column('device', sa.String(length=200), nullable=False),
    sa.Column('conversation_id', Identifier, nullable=True),
    sa.Column('event_id', Identifier, nullable=True),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('rule', sa.String(length=255), nullable=False),
    sa.Column('fields', sa.JSON(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversations.id'], name=op.f('fk_records_conversation_id')),
    sa.ForeignKeyConstraint(['event_id'], ['events.id'], name=op.f('fk_records_event_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_records')),
    sa.UniqueConstraint('event_id', 'position', name=op.f('uq_records_event_id_position'))
    )
    op.create_index('ix_records_kind', 'records', ['kind', 'id'], unique=False)
    op.create_index('ix_records_conversation', 'records', ['conversation_id'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_records_conversation', table_name='records')
    op.drop_index('ix_records_kind', table_name='records')
    op.drop_table('records')
    op.drop_column('devices', 'off_until')
