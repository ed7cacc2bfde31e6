"""Media, effects, what messages say besides text, and how devices are."""

import sqlalchemy as sa
from alembic import op

from models.base import Identifier, Json, UtcDateTime

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None

TICKETED = sa.text('ticket IS NOT NULL AND external_id IS NULL')
OPEN = sa.text('done_at IS NULL')


def upgrade() -> None:
    op.create_table('media',
    sa.Column('id', Identifier, nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('mimetype', sa.String(length=128), nullable=False),
    sa.Column('token', sa.String(length=64), nullable=True),
    sa.Column('shared_until', UtcDateTime(), nullable=True),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_media')),
    sa.UniqueConstraint('sha256', name=op.f('uq_media_sha256')),
    sa.UniqueConstraint('token', name=op.f('uq_media_token'))
    )
    op.create_table('uploads',
    sa.Column('id', Identifier, nullable=False),
    sa.Column('media_id', Identifier, nullable=False),
    sa.Column('gateway', sa.String(length=32), nullable=False),
    sa.Column('device', sa.String(length=200), nullable=False),
    sa.Column('external_id', sa.String(length=255), nullable=False),
    sa.Column('expires_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['media_id'], ['media.id'], name=op.f('fk_uploads_media_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_uploads')),
    sa.UniqueConstraint('media_id', 'gateway', 'device', name=op.f('uq_uploads_media_id_gateway_device'))
    )
    op.add_column('messages', sa.Column('content', Json, nullable=True))
    op.add_column('messages', sa.Column('media_problem', sa.String(length=255), nullable=True))
    op.add_column('messages', sa.Column('ticket', sa.String(length=255), nullable=True))
    # A column with a reference is what SQLite can add, a constraint is not.
    if op.get_bind().dialect.name == 'sqlite':
        op.execute('ALTER TABLE messages ADD COLUMN media_id INTEGER CONSTRAINT fk_messages_media_id REFERENCES media (id)')
    else:
        op.add_column('messages', sa.Column('media_id', Identifier, nullable=True))
        op.create_foreign_key(op.f('fk_messages_media_id'), 'messages', 'media', ['media_id'], ['id'])
    op.create_index('ix_messages_ticketed', 'messages', ['gateway', 'device', 'attempted_at'], unique=False, postgresql_where=TICKETED, sqlite_where=TICKETED)
    for name in ('reported_at', 'webhook_at', 'forged_at', 'problem_at'):
        op.add_column('devices', sa.Column(name, UtcDateTime(), nullable=True))
    op.add_column('devices', sa.Column('problem', sa.String(length=255), nullable=True))
    op.create_table('effects',
    sa.Column('id', Identifier, nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('key', sa.String(length=200), nullable=False),
    sa.Column('gateway', sa.String(length=32), nullable=False),
    sa.Column('device', sa.String(length=200), nullable=False),
    sa.Column('address', sa.String(length=255), nullable=True),
    sa.Column('message_id', Identifier, nullable=True),
    sa.Column('event_id', Identifier, nullable=True),
    sa.Column('lane', sa.SmallInteger(), nullable=False),
    sa.Column('details', Json, nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('error', sa.Text(), nullable=True),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('due_at', UtcDateTime(), nullable=False),
    sa.Column('claimed_at', UtcDateTime(), nullable=True),
    sa.Column('done_at', UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['event_id'], ['events.id'], name=op.f('fk_effects_event_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['message_id'], ['messages.id'], name=op.f('fk_effects_message_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_effects')),
    sa.UniqueConstraint('kind', 'key', name=op.f('uq_effects_kind_key'))
    )
    op.create_index('ix_effects_open', 'effects', ['lane', 'id'], unique=False, postgresql_where=OPEN, sqlite_where=OPEN)
    op.create_index('ix_effects_message', 'effects', ['message_id'], unique=False)
    op.create_index('ix_effects_event', 'effects', ['event_id'], unique=False)


def downgrade() -> None:
    op.drop_table('effects')
    for name in ('reported_at', 'webhook_at', 'forged_at', 'problem_at', 'problem'):
        op.drop_column('devices', name)
    op.drop_index('ix_messages_ticketed', table_name='messages', postgresql_where=TICKETED, sqlite_where=TICKETED)
    # SQLite tells no name of a reference; the convention gives it back its own.
    named = {'fk': 'fk_%(table_name)s_%(column_0_name)s'}
    with op.batch_alter_table('messages', naming_convention=named) as messages:
        if op.get_bind().dialect.name == 'sqlite':
            messages.drop_constraint('fk_messages_media_id', type_='foreignkey')
        for name in ('content', 'media_problem', 'ticket', 'media_id'):
            messages.drop_column(name)
    op.drop_table('uploads')
    op.drop_table('media')
