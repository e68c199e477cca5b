"""setting changes"""

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'


def upgrade() -> None:
    op.create_table('setting_changes',
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('zone_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('before', sa.String(length=200), nullable=False),
    sa.Column('after', sa.String(length=200), nullable=False),
    sa.Column('moved', sa.Integer(), nullable=False, comment='party days that followed'),
    sa.Column('by_id', sa.Uuid(as_uuid=False), nullable=True, comment='empty: at the terminal'),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['persons.id'], name=op.f('fk_setting_changes_by_id')),
    sa.ForeignKeyConstraint(['zone_id'], ['zones.id'], name=op.f('fk_setting_changes_zone_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_setting_changes'))
    )
    with op.batch_alter_table('setting_changes', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_setting_changes_zone_id'), ['zone_id'], unique=False)
    if op.get_bind().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(f"CREATE TRIGGER setting_changes_no_{act.lower()} BEFORE {act} ON setting_changes "
                       "BEGIN SELECT RAISE(ABORT, 'append-only'); END")
        op.execute("CREATE TRIGGER setting_changes_no_replace BEFORE INSERT ON setting_changes "
                   "WHEN EXISTS (SELECT 1 FROM setting_changes WHERE id = NEW.id) "
                   "BEGIN SELECT RAISE(ABORT, 'append-only'); END")
        return
    op.execute("CREATE TRIGGER setting_changes_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON setting_changes "
               "FOR EACH STATEMENT EXECUTE FUNCTION append_only()")


def downgrade() -> None:
    with op.batch_alter_table('setting_changes', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_setting_changes_zone_id'))

    op.drop_table('setting_changes')
