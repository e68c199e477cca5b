"""reminders that leave the program: office addresses of accounts, robots of groups, how each way did lately"""

import sqlalchemy as sa
from alembic import op

revision = '0044'
down_revision = '0050'

ID = sa.Uuid(as_uuid=False)
MOMENT = sa.DateTime(timezone=True)
MAIL = sa.text('mail IS NOT NULL')
LIVE = sa.text('ended_at IS NULL')


def upgrade() -> None:
    op.add_column('accounts', sa.Column('mail', sa.String(120), nullable=True, comment='office address for reminders'))
    op.create_index('ix_accounts_mail', 'accounts', ['zone_id', 'id'], sqlite_where=MAIL, postgresql_where=MAIL)
    op.create_table(
        'outlets',
        sa.Column('id', ID, nullable=False),
        sa.Column('zone_id', ID, nullable=False),
        sa.Column('unit_id', ID, nullable=False),
        sa.Column('kind', sa.String(10), nullable=False, comment='key of the ways in time.outside'),
        sa.Column('sealed', sa.Text(), nullable=False, comment='address and signing key, sealed by the secret key'),
        sa.Column('host', sa.String(253), nullable=False, comment='what is shown of the address'),
        sa.Column('by_id', ID, nullable=True),
        sa.Column('at', MOMENT, nullable=False),
        sa.Column('ended_at', MOMENT, nullable=True),
        sa.ForeignKeyConstraint(['zone_id'], ['zones.id'], name=op.f('fk_outlets_zone_id_zones')),
        sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name=op.f('fk_outlets_unit_id_units')),
        sa.ForeignKeyConstraint(['by_id'], ['persons.id'], name=op.f('fk_outlets_by_id_persons')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_outlets')),
    )
    op.create_index('ix_outlets_live', 'outlets', ['zone_id', 'unit_id'], sqlite_where=LIVE, postgresql_where=LIVE)
    op.create_table(
        'reaches',
        sa.Column('zone_id', ID, nullable=False),
        sa.Column('name', sa.String(60), nullable=False, comment='server, group:ID or person:ID'),
        sa.Column('day', sa.Date(), nullable=True, comment='of which `sent` counts'),
        sa.Column('sent', sa.Integer(), nullable=False),
        sa.Column('failures', sa.Integer(), nullable=False, comment='in a row'),
        sa.Column('rests_until', MOMENT, nullable=True),
        sa.Column('last_ok', MOMENT, nullable=True),
        sa.Column('last_error', sa.String(80), nullable=True),
        sa.ForeignKeyConstraint(['zone_id'], ['zones.id'], name=op.f('fk_reaches_zone_id_zones')),
        sa.PrimaryKeyConstraint('zone_id', 'name', name=op.f('pk_reaches')),
    )


def downgrade() -> None:
    op.drop_table('reaches')
    op.drop_index('ix_outlets_live', 'outlets')
    op.drop_table('outlets')
    op.drop_index('ix_accounts_mail', 'accounts')
    op.drop_column('accounts', 'mail')
