"""papers as they were sealed, scanned back"""

import sqlalchemy as sa
from alembic import op

revision = '0043'
down_revision = '0044'

ID = sa.Uuid(as_uuid=False)


def upgrade() -> None:
    op.create_table(
        'sealed_copies',
        sa.Column('id', ID, nullable=False),
        sa.Column('zone_id', ID, nullable=False),
        sa.Column('case_id', ID, nullable=False),
        sa.Column('paper_id', ID, nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(40), nullable=False, comment='media type'),
        sa.Column('size', sa.Integer(), nullable=False, comment='bytes'),
        sa.Column('sha256', sa.String(64), nullable=False, comment='of the bytes; in the journal too'),
        sa.Column('stored', sa.String(64), nullable=False, comment='random name in the data folder'),
        sa.Column('by_id', ID, nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['by_id'], ['persons.id'], name=op.f('fk_sealed_copies_by_id_persons')),
        sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_sealed_copies_case_id_cases')),
        sa.ForeignKeyConstraint(['paper_id'], ['papers.id'], name=op.f('fk_sealed_copies_paper_id_papers')),
        sa.ForeignKeyConstraint(['zone_id'], ['zones.id'], name=op.f('fk_sealed_copies_zone_id_zones')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_sealed_copies')),
        sa.UniqueConstraint('paper_id', 'version', name='uq_sealed_copies_version'),
        sa.UniqueConstraint('stored', name=op.f('uq_sealed_copies_stored')),
    )


def downgrade() -> None:
    op.drop_table('sealed_copies')
