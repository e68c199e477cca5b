"""rosters and activation slips"""

import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0005'


def upgrade() -> None:
    op.add_column('persons', sa.Column('number', sa.String(length=40), nullable=True,
                                       comment="编号 in the office's own roster"))
    op.add_column('accounts', sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True,
                                        comment='its person left; not to be unlocked'))
    op.create_table('roster_drafts',
    sa.Column('by_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('zone_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False, comment='of the workbook, as shown'),
    sa.Column('sha256', sa.String(length=64), nullable=False, comment='of the workbook, which itself is not kept'),
    sa.Column('stored', sa.String(length=64), nullable=False, comment='random name in the data folder'),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['persons.id'], name=op.f('fk_roster_drafts_by_id')),
    sa.ForeignKeyConstraint(['zone_id'], ['zones.id'], name=op.f('fk_roster_drafts_zone_id')),
    sa.PrimaryKeyConstraint('by_id', name=op.f('pk_roster_drafts'))
    )
    op.create_table('slips',
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('zone_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('account_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('code_hash', sa.String(length=64), nullable=False),
    sa.Column('issued_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True,
              comment='used, replaced by a newer one, or withdrawn'),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_slips_account_id')),
    sa.ForeignKeyConstraint(['zone_id'], ['zones.id'], name=op.f('fk_slips_zone_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_slips'))
    )
    op.create_index(op.f('ix_slips_account_id'), 'slips', ['account_id'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_slips_account_id'), table_name='slips')
    op.drop_table('slips')
    op.drop_table('roster_drafts')
    with op.batch_alter_table('accounts', schema=None) as batch_op:
        batch_op.drop_column('closed_at')
    with op.batch_alter_table('persons', schema=None) as batch_op:
        batch_op.drop_column('number')
