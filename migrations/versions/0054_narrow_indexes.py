"""fewer pages a move: of open work only that of persons is indexed by person; what is late is found by zone, without an index of its own"""

import sqlalchemy as sa
from alembic import op

revision = '0054'
down_revision = '0053'

_OPEN = sa.text('closed_at IS NULL')
_OF_PERSONS = sa.text('closed_at IS NULL AND person_id IS NOT NULL')
_PERSON = ['person_id', 'due_on', 'id']


def upgrade() -> None:
    op.drop_index('ix_desks_person', 'desks')
    op.create_index('ix_desks_person', 'desks', _PERSON, sqlite_where=_OF_PERSONS, postgresql_where=_OF_PERSONS)
    op.drop_index('ix_cases_due', 'cases')


def downgrade() -> None:
    op.create_index('ix_cases_due', 'cases', ['due_on'], sqlite_where=_OPEN, postgresql_where=_OPEN)
    op.drop_index('ix_desks_person', 'desks')
    op.create_index('ix_desks_person', 'desks', _PERSON, sqlite_where=_OPEN, postgresql_where=_OPEN)
