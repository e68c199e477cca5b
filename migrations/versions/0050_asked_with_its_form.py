"""whether the form of an act was asked beside it: not of what was recorded before"""

import sqlalchemy as sa
from alembic import op

revision = '0050'
down_revision = '0034'


def upgrade() -> None:
    told = 'whether the form of it (宣誓程式, 先党内后党外) was asked beside it'
    op.add_column(
        'duty_records',
        sa.Column('form_asked', sa.Boolean(), nullable=False, server_default=sa.false(), comment=told),
    )


def downgrade() -> None:
    # names the column; the next upgrade derives it anew from the models
    on = '' if op.get_bind().dialect.name == 'sqlite' else ' ON duty_records'
    op.execute(f'DROP TRIGGER IF EXISTS duty_records_no_update{on}')
    op.drop_column('duty_records', 'form_asked')
