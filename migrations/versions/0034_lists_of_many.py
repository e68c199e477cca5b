"""indexes for lists among many cases: joint requests, what a branch was granted, what is open"""

import sqlalchemy as sa
from alembic import op

revision = '0034'
down_revision = '0040'

JOINT = {'sqlite': """json_extract(facts, '$."with"') IS NOT NULL""", 'postgresql': "facts ->> 'with' IS NOT NULL"}


def upgrade() -> None:
    joint = f'closed_at IS NULL AND {JOINT[op.get_bind().dialect.name]}'
    for name, columns, condition in (
        ('ix_cases_joint', ['workflow', 'zone_id'], joint),
        ('ix_cases_numbered', ['unit_id', 'workflow', 'opened_at'], 'number IS NOT NULL'),
        ('ix_cases_open_id', ['id'], 'closed_at IS NULL'),
    ):
        where = sa.text(condition)
        op.create_index(name, 'cases', columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    for name in ('open_id', 'numbered', 'joint'):
        op.drop_index(f'ix_cases_{name}', 'cases')
