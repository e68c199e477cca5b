"""indexes that count what lies at a seat: `closed_at` beside it, so that no row is looked up; where several answer"""

import sqlalchemy as sa
from alembic import op

revision = '0051'
down_revision = '0043'

OPEN = 'closed_at IS NULL'
SEAT = ['unit_id', 'role', 'kind', 'tier', 'due_on', 'case_id', 'workflow', 'person_id']


def _make(name: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, 'desks', columns, sqlite_where=where, postgresql_where=where)


def upgrade() -> None:
    op.drop_index('ix_desks_seat', 'desks')
    _make('ix_desks_seat', [*SEAT, 'closed_at'], OPEN)
    _make('ix_desks_several', ['unit_id', 'case_id'], f'{OPEN} AND slot_id IS NOT NULL')


def downgrade() -> None:
    op.drop_index('ix_desks_several', 'desks')
    op.drop_index('ix_desks_seat', 'desks')
    _make('ix_desks_seat', SEAT, OPEN)
