"""Large payloads lie in parts beside their events."""

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None

IN_PARTS = sa.text('body_id IS NOT NULL')


def upgrade() -> None:
    op.create_table('event_parts',
    sa.Column('body_id', sa.String(length=32), nullable=False),
    sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('body_id', 'number', name=op.f('pk_event_parts'))
    )
    if op.get_bind().dialect.name == 'postgresql':
        # Base64 and files do not get smaller: PostgreSQL need not try.
        op.execute('ALTER TABLE event_parts ALTER COLUMN content SET STORAGE EXTERNAL')
    op.add_column('events', sa.Column('body_id', sa.String(length=32), nullable=True))
    op.create_index('ix_events_body', 'events', ['body_id'], unique=False, postgresql_where=IN_PARTS, sqlite_where=IN_PARTS)


def downgrade() -> None:
    op.drop_index('ix_events_body', table_name='events', postgresql_where=IN_PARTS, sqlite_where=IN_PARTS)
    op.drop_column('events', 'body_id')
    op.drop_table('event_parts')
