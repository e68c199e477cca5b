"""who answers in a case for himself: found from the unit"""

import sqlalchemy as sa
from alembic import op

revision = '0018'
down_revision = '0020'


def upgrade() -> None:
    which = sa.text('slot_id IS NOT NULL')
    op.create_index('ix_desks_slot', 'desks', ['slot_id', 'case_id'], sqlite_where=which, postgresql_where=which)


def downgrade() -> None:
    op.drop_index('ix_desks_slot', 'desks')
