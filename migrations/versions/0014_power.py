"""posts that a roster proposes, tokens with name, scope and last day, accounts that end with tenure"""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

ID = sa.Uuid(as_uuid=False)
INSTANT = sa.DateTime(timezone=True)
revision = '0014'
down_revision = '0013'

# Columns are added without rebuilding a table: on SQLite that would drop its triggers.
ADDED = (
    ('accounts', sa.Column('closes_on', sa.Date(), nullable=True,
                           comment='first day on which its person belongs nowhere; opens nothing from then on')),
    ('persons', sa.Column('reset_at', INSTANT, nullable=True,
                          comment='the account was reset: decides nothing until somebody else has confirmed it')),
    ('api_tokens', sa.Column('used_at', INSTANT, nullable=True, comment='last use, to within ten minutes')),
)
LASTS = timedelta(days=90)  # of a token from before: long enough to be replaced in peace


def upgrade() -> None:
    for table, column in ADDED:
        op.add_column(table, column)
    with op.batch_alter_table('api_tokens', schema=None) as batch_op:
        batch_op.add_column(sa.Column('name', sa.String(60), nullable=True, comment='what it is for'))
        batch_op.add_column(sa.Column('scope', sa.String(8), nullable=True, comment='read, or act'))
        batch_op.add_column(sa.Column('expires_at', INSTANT, nullable=True))
    tokens = sa.table('api_tokens', *(sa.column(name) for name in ('name', 'scope')), sa.column('expires_at', INSTANT))
    op.execute(sa.update(tokens).values(name='接口令牌', scope='act', expires_at=datetime.now(UTC) + LASTS))
    with op.batch_alter_table('api_tokens', schema=None) as batch_op:
        for name, kind in (('name', sa.String(60)), ('scope', sa.String(8)), ('expires_at', INSTANT)):
            batch_op.alter_column(name, existing_type=kind, nullable=False)
    op.create_index('ix_accounts_closing', 'accounts', ['closes_on'], **_only('closes_on IS NOT NULL'))
    _proposals()


def _only(text: str) -> dict:
    return {'sqlite_where': sa.text(text), 'postgresql_where': sa.text(text)}


def _proposals() -> None:
    op.create_table('post_proposals',
    sa.Column('id', ID, nullable=False),
    sa.Column('zone_id', ID, nullable=False),
    sa.Column('person_id', ID, nullable=False),
    sa.Column('unit_id', ID, nullable=False),
    sa.Column('office', sa.String(20), nullable=False, comment='key of roles.OFFICES'),
    sa.Column('begins', sa.Boolean(), nullable=False, comment='a post to begin; otherwise one to end'),
    sa.Column('day', sa.Date(), nullable=False, comment='first day of a post to begin, last of one to end'),
    sa.Column('source', sa.String(100), nullable=False, comment='name of the workbook'),
    sa.Column('asked_by', ID, nullable=True, comment="empty: the server's terminal"),
    sa.Column('asked_at', INSTANT, nullable=False),
    sa.Column('decided_by', ID, nullable=True),
    sa.Column('decided_at', INSTANT, nullable=True),
    sa.Column('outcome', sa.String(10), nullable=True, comment='confirmed, declined, or replaced by a later roster'),
    *(sa.ForeignKeyConstraint([name], [f'{table}.id'], name=op.f(f'fk_post_proposals_{name}')) for name, table in (
        ('zone_id', 'zones'), ('person_id', 'persons'), ('unit_id', 'units'), ('asked_by', 'persons'),
        ('decided_by', 'persons'))),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_post_proposals')))
    op.create_index('ix_post_proposals_waiting', 'post_proposals', ['zone_id', 'id'], **_only('decided_at IS NULL'))


def downgrade() -> None:
    op.drop_table('post_proposals')
    op.drop_index('ix_accounts_closing', 'accounts')
    with op.batch_alter_table('api_tokens', schema=None) as batch_op:
        for name in ('name', 'scope', 'expires_at'):
            batch_op.drop_column(name)
    for table, column in ADDED:
        op.drop_column(table, column.name)
