"""attachments"""

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'


def upgrade() -> None:
    op.create_table('attachments',
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('zone_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('case_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('series_id', sa.Uuid(as_uuid=False), nullable=False, comment='id of the first version'),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('finding', sa.Integer(), nullable=True, comment='for which finding of the order, counted from 1'),
    sa.Column('round', sa.Integer(), nullable=True, comment='of the rectification in which it was shown'),
    sa.Column('name', sa.String(length=100), nullable=False, comment='as shown, never a path'),
    sa.Column('note', sa.String(length=200), nullable=True),
    sa.Column('kind', sa.String(length=20), nullable=False, comment='media type of the harmless copy'),
    sa.Column('size', sa.Integer(), nullable=False, comment='bytes'),
    sa.Column('width', sa.Integer(), nullable=True),
    sa.Column('height', sa.Integer(), nullable=True),
    sa.Column('sha256', sa.String(length=64), nullable=False, comment='of the bytes that are kept; in the journal too'),
    sa.Column('stored', sa.String(length=64), nullable=False, comment='random name in the data folder'),
    sa.Column('thumb', sa.String(length=64), nullable=True, comment='random name of the small copy'),
    sa.Column('by_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['persons.id'], name=op.f('fk_attachments_by_id')),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_attachments_case_id')),
    sa.ForeignKeyConstraint(['zone_id'], ['zones.id'], name=op.f('fk_attachments_zone_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attachments')),
    sa.UniqueConstraint('series_id', 'version', name='uq_attachments_version'),
    sa.UniqueConstraint('stored', name=op.f('uq_attachments_stored'))
    )
    with op.batch_alter_table('attachments', schema=None) as batch_op:
        batch_op.create_index('ix_attachments_case', ['case_id'], unique=False)

    with op.batch_alter_table('cases', schema=None) as batch_op:
        batch_op.create_index('ix_cases_subject', ['subject'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('cases', schema=None) as batch_op:
        batch_op.drop_index('ix_cases_subject')

    with op.batch_alter_table('attachments', schema=None) as batch_op:
        batch_op.drop_index('ix_attachments_case')

    op.drop_table('attachments')
