"""the three small registers of a branch: issues, care, breaches reported"""

import sqlalchemy as sa
from alembic import op

revision = '0033'
down_revision = '0032'

ID = sa.Uuid(as_uuid=False)
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        'register_entries',
        sa.Column('id', ID, nullable=False),
        sa.Column('zone_id', ID, nullable=False),
        sa.Column('unit_id', ID, nullable=False),
        sa.Column('key', sa.String(40), nullable=False, comment='rule key that asks for it to be done'),
        sa.Column('kind', sa.String(20), nullable=False, comment='what came up: key of its register'),
        sa.Column('came_on', sa.Date(), nullable=False),
        sa.Column('person_id', ID, nullable=True, comment='care: which member it is about'),
        sa.Column('what', sa.String(200), nullable=False, comment='in one line; empty for a breach'),
        sa.Column('due_on', sa.Date(), nullable=False),
        sa.Column('noted_by', ID, nullable=False),
        sa.Column('noted_at', MOMENT, nullable=False),
        sa.Column('done_on', sa.Date(), nullable=True),
        sa.Column('done_by', ID, nullable=True, comment='who talked, helped, answered or reported'),
        sa.Column('done_note', sa.String(200), nullable=True, comment='what was done; of a breach to whom it was reported'),
        sa.Column('done_noted_at', MOMENT, nullable=True),
        sa.Column('withdrawn_at', MOMENT, nullable=True),
        sa.Column('withdrawn_by', ID, nullable=True),
        sa.Column('withdrawn_why', sa.String(200), nullable=True),
        sa.Column('seal', sa.Integer(), nullable=True, comment='number of the daily seal it lies under'),
        sa.CheckConstraint(
            '(withdrawn_at IS NULL) = (withdrawn_by IS NULL) AND (withdrawn_at IS NULL) = (withdrawn_why IS NULL)',
            name=op.f('ck_register_entries_withdrawn_with_a_reason')),
        sa.CheckConstraint('(done_on IS NULL) = (done_noted_at IS NULL)',
                           name=op.f('ck_register_entries_done_as_it_was_noted')),
        sa.ForeignKeyConstraint(['done_by'], ['persons.id'], name=op.f('fk_register_entries_done_by_persons')),
        sa.ForeignKeyConstraint(['noted_by'], ['persons.id'], name=op.f('fk_register_entries_noted_by_persons')),
        sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name=op.f('fk_register_entries_person_id_persons')),
        sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name=op.f('fk_register_entries_unit_id_units')),
        sa.ForeignKeyConstraint(['withdrawn_by'], ['persons.id'], name=op.f('fk_register_entries_withdrawn_by_persons')),
        sa.ForeignKeyConstraint(['zone_id'], ['zones.id'], name=op.f('fk_register_entries_zone_id_zones')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_register_entries')),
    )
    op.create_index('ix_register_entries_unit', 'register_entries', ['unit_id', 'came_on'])
    op.create_index('ix_register_entries_seal', 'register_entries', ['zone_id', 'seal'])


def downgrade() -> None:
    op.drop_table('register_entries')
