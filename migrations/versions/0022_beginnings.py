"""units without a computer; what was copied from the paper handbook, and what another entered for a branch"""

import sqlalchemy as sa
from alembic import op

revision = '0022'
down_revision = '0021'

ID = sa.Uuid(as_uuid=False)
UNITS = (
    sa.Column('proxied_from', sa.Date(), nullable=True, comment='since when its superior enters for it (代录)'),
    sa.Column('recorder_id', ID, nullable=True, comment='the person who enters for it besides its superior'),
)
ENTRIES = (
    ('source', sa.String(10), 'handbook: copied from the paper handbook (转录); empty: entered here'),
    ('entered_for', ID, 'the person who entered it for the branch (代录)'),
)


def upgrade() -> None:
    for column in UNITS:
        op.add_column('units', column)
    for table in ('activities', 'life_meetings'):
        for name, kind, comment in ENTRIES:
            op.add_column(table, sa.Column(name, kind, nullable=True, comment=comment))


def downgrade() -> None:
    if op.get_bind().dialect.name == 'postgresql':  # it names the columns; laid anew with every upgrade
        op.execute('DROP TRIGGER IF EXISTS life_meetings_no_update ON life_meetings')
    for table in ('life_meetings', 'activities'):
        for name, *_ in reversed(ENTRIES):
            op.drop_column(table, name)
    for column in reversed(UNITS):
        op.drop_column('units', column.name)
