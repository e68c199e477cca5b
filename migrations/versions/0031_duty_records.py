"""what was done about duties that have no record of their own: items of monthly and of year sheets"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = '0031'
down_revision = '0024'

ID = sa.Uuid(as_uuid=False)
JSON = sa.JSON().with_variant(JSONB(), 'postgresql')
MOMENT = sa.DateTime(timezone=True)
STANDS = sa.text('withdrawn_at IS NULL')


def upgrade() -> None:
    op.create_table(
        'year_sheets',
        sa.Column('id', ID, nullable=False),
        sa.Column('zone_id', ID, nullable=False),
        sa.Column('unit_id', ID, nullable=False),
        sa.Column('year', sa.Integer(), nullable=False),
        sa.Column('begun_at', MOMENT, nullable=False),
        sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name=op.f('fk_year_sheets_unit_id_units')),
        sa.ForeignKeyConstraint(['zone_id'], ['zones.id'], name=op.f('fk_year_sheets_zone_id_zones')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_year_sheets')),
        sa.UniqueConstraint('unit_id', 'year', name='uq_year_sheets'),
    )
    op.create_index('ix_year_sheets_zone', 'year_sheets', ['zone_id'])
    op.create_table(
        'duty_records',
        sa.Column('id', ID, nullable=False),
        sa.Column('zone_id', ID, nullable=False),
        sa.Column('unit_id', ID, nullable=False),
        sa.Column('sheet_id', ID, nullable=False, comment='the activity or the year sheet it is on'),
        sa.Column('key', sa.String(40), nullable=False, comment='rule key of the register'),
        sa.Column('year', sa.Integer(), nullable=False),
        sa.Column('month', sa.Integer(), nullable=False, comment='for which month; of a year sheet that of the day'),
        sa.Column('done_on', sa.Date(), nullable=False),
        sa.Column('facts', JSON, nullable=False),
        sa.Column('noted_by', ID, nullable=False),
        sa.Column('noted_at', MOMENT, nullable=False, comment='shown beside done_on (补录)'),
        sa.Column('entered_for', ID, nullable=True, comment='the person who entered it for the branch (代录)'),
        sa.Column('withdrawn_at', MOMENT, nullable=True),
        sa.Column('withdrawn_by', ID, nullable=True),
        sa.Column('withdrawn_why', sa.String(200), nullable=True),
        sa.Column('seal', sa.Integer(), nullable=True, comment='number of the daily seal it lies under'),
        sa.CheckConstraint(
            '(withdrawn_at IS NULL) = (withdrawn_by IS NULL) AND (withdrawn_at IS NULL) = (withdrawn_why IS NULL)',
            name=op.f('ck_duty_records_withdrawn_with_a_reason')),
        sa.ForeignKeyConstraint(['noted_by'], ['persons.id'], name=op.f('fk_duty_records_noted_by_persons')),
        sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name=op.f('fk_duty_records_unit_id_units')),
        sa.ForeignKeyConstraint(['withdrawn_by'], ['persons.id'], name=op.f('fk_duty_records_withdrawn_by_persons')),
        sa.ForeignKeyConstraint(['zone_id'], ['zones.id'], name=op.f('fk_duty_records_zone_id_zones')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_duty_records')),
    )
    op.create_index('uq_duty_records_sheet', 'duty_records', ['sheet_id', 'key', 'month'], unique=True,
                    sqlite_where=STANDS, postgresql_where=STANDS)
    op.create_index('ix_duty_records_unit', 'duty_records', ['unit_id', 'year', 'key'])
    op.create_index('ix_duty_records_seal', 'duty_records', ['zone_id', 'seal'])


def downgrade() -> None:
    op.drop_table('duty_records')
    op.drop_table('year_sheets')
