"""what the overview of a large zone reads: each superior's sums, rebuilt from records"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0038'
down_revision = '0041'

ID = sa.Uuid(as_uuid=False)
MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')


def upgrade() -> None:
    op.create_table(
        'rollups',
        sa.Column('unit_id', ID, nullable=False),
        sa.Column('zone_id', ID, nullable=False),
        sa.Column('as_of', sa.Date(), nullable=False, comment='the day on which they were reckoned'),
        sa.Column('made_at', MOMENT, nullable=False),
        sa.Column('sums', JSON, nullable=False, comment='of overview.Sums'),
        sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name=op.f('fk_rollups_unit_id_units')),
        sa.ForeignKeyConstraint(['zone_id'], ['zones.id'], name=op.f('fk_rollups_zone_id_zones')),
        sa.PrimaryKeyConstraint('unit_id', name=op.f('pk_rollups')),
    )
    op.create_index('ix_rollups_zone', 'rollups', ['zone_id', 'as_of'])


def downgrade() -> None:
    op.drop_table('rollups')
