"""tries to log in, second factors, log-ins that end when unused"""

import sqlalchemy as sa
from alembic import op

revision = '0015'
down_revision = '0014'

Id = sa.Uuid(as_uuid=False)
Moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    for name in ('failures', 'locked_until'):
        op.drop_column('accounts', name)
    op.add_column('accounts', sa.Column('password_set_at', Moment))
    op.add_column('accounts', sa.Column('totp_sealed', sa.String(300),
                  comment='secret of the second factor, sealed by the secret key'))
    op.add_column('accounts', sa.Column('totp_step', sa.BigInteger,
                  comment='half minute of the code that was used last: none is used twice'))
    for column in (
        sa.Column('idle_minutes', sa.Integer, nullable=False, server_default='120',
                  comment='ends when unused for so long'),
        sa.Column('waits_for_code', sa.Boolean, nullable=False, server_default=sa.false(),
                  comment='the password was right, the second factor is still asked for'),
        sa.Column('owes', sa.String(10), nullable=False, server_default='',
                  comment='first to be set: factor or password; empty: nothing'),
        sa.Column('address', sa.String(45), nullable=False, server_default=''),
        sa.Column('agent', sa.String(120), nullable=False, server_default=''),
    ):
        op.add_column('logins', column)
    op.create_table(
        'sign_ins',
        sa.Column('id', sa.BigInteger().with_variant(sa.Integer, 'sqlite'), primary_key=True),
        sa.Column('at', Moment, nullable=False),
        sa.Column('name_hash', sa.String(16), nullable=False,
                  comment='of the user name: people type passwords there too'),
        sa.Column('account_id', Id, sa.ForeignKey('accounts.id', name='fk_sign_ins_account_id')),
        sa.Column('zone_id', Id, sa.ForeignKey('zones.id', name='fk_sign_ins_zone_id')),
        sa.Column('address', sa.String(45), nullable=False),
        sa.Column('agent', sa.String(120), nullable=False),
        sa.Column('what', sa.String(12), nullable=False,
                  comment='key of sign_ins.WORDS'),
    )
    for name, first, second in (('name', 'name_hash', 'id'), ('address', 'address', 'at'),
                                ('account', 'account_id', 'id'), ('zone', 'zone_id', 'id')):
        op.create_index(f'ix_sign_ins_{name}', 'sign_ins', [first, second])
    op.create_table(
        'recovery_codes',
        sa.Column('account_id', Id, sa.ForeignKey('accounts.id', name='fk_recovery_codes_account_id'),
                  primary_key=True),
        sa.Column('code_hash', sa.String(64), primary_key=True),
        sa.Column('zone_id', Id, sa.ForeignKey('zones.id', name='fk_recovery_codes_zone_id'), nullable=False),
        sa.Column('created_at', Moment, nullable=False),
    )


def downgrade() -> None:
    for name in ('recovery_codes', 'sign_ins'):
        op.drop_table(name)
    for name in ('idle_minutes', 'waits_for_code', 'owes', 'address', 'agent'):
        op.drop_column('logins', name)
    for name in ('password_set_at', 'totp_sealed', 'totp_step'):
        op.drop_column('accounts', name)
    op.add_column('accounts', sa.Column('failures', sa.Integer, nullable=False, server_default='0'))
    op.add_column('accounts', sa.Column('locked_until', Moment))
