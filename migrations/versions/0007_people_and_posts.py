"""desk acts, acting, follow-up dates, and who changed what"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

JSON = sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')
ID = sa.Uuid(as_uuid=False)
INSTANT = sa.DateTime(timezone=True)
revision = '0007'
down_revision = '0006'


def upgrade() -> None:
    with op.batch_alter_table('desks', schema=None) as batch_op:
        batch_op.add_column(sa.Column('handed_to', ID, nullable=True, comment='转办: whose work it is for good while he holds the seat'))
        batch_op.add_column(sa.Column('asked_by', ID, nullable=True, comment='who delegated, asked for an opinion or sent the copy'))
        batch_op.add_column(sa.Column('beside_id', ID, nullable=True, comment='the row that this one was delegated from'))
        batch_op.create_foreign_key(batch_op.f('fk_desks_handed_to'), 'persons', ['handed_to'], ['id'])
        batch_op.create_foreign_key(batch_op.f('fk_desks_asked_by'), 'persons', ['asked_by'], ['id'])

    op.create_table('actings',
    sa.Column('id', ID, nullable=False),
    sa.Column('zone_id', ID, nullable=False),
    sa.Column('person_id', ID, nullable=False, comment='who acts'),
    sa.Column('for_id', ID, nullable=True, comment='whose post it is; empty: the post is vacant'),
    sa.Column('unit_id', ID, nullable=False),
    sa.Column('office', sa.String(length=20), nullable=False, comment='key of roles.OFFICES'),
    sa.Column('workflow', sa.String(length=40), nullable=True, comment='only this kind of business; empty: all'),
    sa.Column('from_on', sa.Date(), nullable=False),
    sa.Column('to_on', sa.Date(), nullable=False, comment='last day; it ends by itself'),
    sa.Column('reason', sa.String(length=200), nullable=False),
    sa.Column('given_by', ID, nullable=False),
    sa.Column('given_at', INSTANT, nullable=False),
    sa.Column('ended_at', INSTANT, nullable=True, comment='taken back before its last day'),
    sa.Column('ended_by', ID, nullable=True),
    sa.CheckConstraint('to_on >= from_on', name=op.f('ck_actings_ends_after_it_begins')),
    sa.CheckConstraint('for_id IS NULL OR for_id <> person_id', name=op.f('ck_actings_not_for_oneself')),
    *(sa.ForeignKeyConstraint([name], [f'{table}.id'], name=op.f(f'fk_actings_{name}')) for name, table in (
        ('zone_id', 'zones'), ('person_id', 'persons'), ('for_id', 'persons'), ('unit_id', 'units'),
        ('given_by', 'persons'), ('ended_by', 'persons'))),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_actings'))
    )
    with op.batch_alter_table('actings', schema=None) as batch_op:
        batch_op.create_index('ix_actings_seat', ['unit_id', 'to_on'], unique=False)
        batch_op.create_index(batch_op.f('ix_actings_person_id'), ['person_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_actings_for_id'), ['for_id'], unique=False)

    op.create_table('follow_ups',
    sa.Column('case_id', ID, nullable=False),
    sa.Column('person_id', ID, nullable=False),
    sa.Column('zone_id', ID, nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('note', sa.String(length=200), nullable=True),
    sa.Column('told_at', INSTANT, nullable=True, comment='when the day came and he was told'),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_follow_ups_case_id')),
    sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name=op.f('fk_follow_ups_person_id')),
    sa.ForeignKeyConstraint(['zone_id'], ['zones.id'], name=op.f('fk_follow_ups_zone_id')),
    sa.PrimaryKeyConstraint('case_id', 'person_id', name=op.f('pk_follow_ups'))
    )
    with op.batch_alter_table('follow_ups', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_follow_ups_person_id'), ['person_id'], unique=False)

    op.create_table('admin_changes',
    sa.Column('id', ID, nullable=False),
    sa.Column('zone_id', ID, nullable=False),
    sa.Column('at', INSTANT, nullable=False),
    sa.Column('by_id', ID, nullable=True, comment="empty: the clock, or the server's terminal"),
    sa.Column('by', sa.String(length=120), nullable=False, comment='name and office as they were'),
    sa.Column('area', sa.String(length=12), nullable=False, comment='key of operations.changes.AREAS'),
    sa.Column('act', sa.String(length=20), nullable=False),
    sa.Column('about', sa.String(length=200), nullable=False, comment='unit or person as named then'),
    sa.Column('about_id', ID, nullable=True),
    sa.Column('what', JSON, nullable=False, comment='field: [before, after], as people read it'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_admin_changes'))
    )
    with op.batch_alter_table('admin_changes', schema=None) as batch_op:
        batch_op.create_index('ix_admin_changes_area', ['zone_id', 'area', 'id'], unique=False)
    guard_append_only('admin_changes')


def guard_append_only(table: str) -> None:
    """Let the database itself refuse to change or remove what was recorded."""
    if op.get_bind().dialect.name != 'sqlite':
        op.execute(f'CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} '
                   'FOR EACH STATEMENT EXECUTE FUNCTION append_only()')
        return
    for act in ('UPDATE', 'DELETE'):
        op.execute(f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
                   "BEGIN SELECT RAISE(ABORT, 'append-only'); END")
    op.execute(f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
               f"WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id) "
               "BEGIN SELECT RAISE(ABORT, 'append-only'); END")


def downgrade() -> None:
    op.drop_table('admin_changes')
    op.drop_table('follow_ups')
    op.drop_table('actings')
    with op.batch_alter_table('desks', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_desks_asked_by'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('fk_desks_handed_to'), type_='foreignkey')
        batch_op.drop_column('beside_id')
        batch_op.drop_column('asked_by')
        batch_op.drop_column('handed_to')
