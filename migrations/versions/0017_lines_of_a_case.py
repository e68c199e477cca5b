"""unread lines of the bell are found by their case"""

import sqlalchemy as sa
from alembic import op

revision = '0017'
down_revision = '0016'

NAME = 'ix_notices_unread_of_case'


def upgrade():
    op.create_index(NAME, 'notices', ['case_id'], sqlite_where=sa.text('read_at IS NULL'),
                    postgresql_where=sa.text('read_at IS NULL'))


def downgrade():
    op.drop_index(NAME, 'notices')
