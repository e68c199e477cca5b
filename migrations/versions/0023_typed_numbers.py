"""papers whose number is copied from the office's register wait for it"""

import sqlalchemy as sa
from alembic import op

revision = '0023'
down_revision = '0022'

WAITS = sa.text("number = '文号待登记'")


def upgrade() -> None:
    op.create_index('ix_papers_unnumbered', 'papers', ['unit_id'], postgresql_where=WAITS, sqlite_where=WAITS)


def downgrade() -> None:
    op.drop_index('ix_papers_unnumbered', 'papers')
