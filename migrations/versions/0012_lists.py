"""indexes at which the lists of the desk begin"""

import sqlalchemy as sa
from alembic import op

revision = '0012'
down_revision = '0011'

OPEN = 'closed_at IS NULL'
PASSED = f'{OPEN} AND (handed_to IS NOT NULL OR beside_id IS NOT NULL)'
# table: name, columns, and which rows where not all.
MADE = (
    ('desks', 'ix_desks_seat', ['unit_id', 'role', 'kind', 'tier', 'due_on', 'case_id', 'workflow', 'person_id'], OPEN),
    ('desks', 'ix_desks_passed', ['unit_id', 'case_id'], PASSED),
    ('desks', 'ix_desks_own', ['person_id', 'case_id'], 'person_id IS NOT NULL'),
    ('cases', 'ix_cases_open_due', ['zone_id', 'due_on', 'id', 'workflow'], OPEN),
    ('recusals', 'ix_recusals_person', ['person_id'], None),
)


def upgrade() -> None:
    op.drop_index('ix_desks_queue', 'desks')
    for table, name, columns, rows in MADE:
        which = sa.text(rows) if rows else None
        op.create_index(name, table, columns, sqlite_where=which, postgresql_where=which)


def downgrade() -> None:
    for table, name, _, _ in MADE:
        op.drop_index(name, table)
    which = sa.text(OPEN)
    op.create_index('ix_desks_queue', 'desks', ['unit_id', 'role', 'due_on', 'id'],
                    sqlite_where=which, postgresql_where=which)
