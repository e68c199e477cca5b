"""words that were typed and not sent yet; how long a log-in lasts"""

import sqlalchemy as sa
from alembic import op

revision = '0025'
down_revision = '0029'

Id = sa.Uuid(as_uuid=False)
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        'drafts',
        sa.Column('account_id', Id, nullable=False),
        sa.Column('address', sa.String(300), nullable=False, comment='where its form is sent'),
        sa.Column('zone_id', Id, nullable=False),
        sa.Column('words', sa.LargeBinary(), nullable=False, comment='page and fields, sealed by the secret key'),
        sa.Column('saved_at', MOMENT, nullable=False, comment='kept for 30 days from then'),
        sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_drafts_account_id')),
        sa.ForeignKeyConstraint(['zone_id'], ['zones.id'], name=op.f('fk_drafts_zone_id')),
        sa.PrimaryKeyConstraint('account_id', 'address', name=op.f('pk_drafts')))
    op.create_index('ix_drafts_saved_at', 'drafts', ['saved_at'])
    op.add_column('logins', sa.Column('lasts_hours', sa.Integer(), nullable=False, server_default='12',
                                      comment='ends so long after it began'))
    with op.batch_alter_table('logins') as table:
        table.alter_column('lasts_hours', server_default=None)


def downgrade() -> None:
    with op.batch_alter_table('logins') as table:
        table.drop_column('lasts_hours')
    op.drop_table('drafts')
