"""life meetings (组织生活会)"""

import sqlalchemy as sa
from alembic import op

ID = sa.Uuid(as_uuid=False)
INSTANT = sa.DateTime(timezone=True)
NOT_WITHDRAWN = sa.text('withdrawn_at IS NULL')
# What was entered stays as it was; only the appraisal that held it and its withdrawal are added, the latter once.
ENTERED = "id, zone_id, unit_id, held_on, activity_id, noted_by, noted_at"
revision = '0009'
down_revision = '0008'


def upgrade() -> None:
    op.create_table('life_meetings',
    sa.Column('id', ID, nullable=False),
    sa.Column('zone_id', ID, nullable=False),
    sa.Column('unit_id', ID, nullable=False),
    sa.Column('held_on', sa.Date(), nullable=False),
    sa.Column('activity_id', ID, nullable=True, comment='the party day that it was combined with'),
    sa.Column('case_id', ID, nullable=True, comment='the appraisal that held it'),
    sa.Column('noted_by', ID, nullable=False),
    sa.Column('noted_at', INSTANT, nullable=False, comment='shown beside held_on (补录)'),
    sa.Column('withdrawn_at', INSTANT, nullable=True),
    sa.Column('withdrawn_by', ID, nullable=True),
    sa.Column('withdrawn_why', sa.String(length=200), nullable=True),
    sa.CheckConstraint('(withdrawn_at IS NULL) = (withdrawn_by IS NULL) AND (withdrawn_at IS NULL) = (withdrawn_why IS NULL)',
                       name=op.f('ck_life_meetings_withdrawn_with_a_reason')),
    *(sa.ForeignKeyConstraint([name], [f'{table}.id'], name=op.f(f'fk_life_meetings_{name}')) for name, table in (
        ('zone_id', 'zones'), ('unit_id', 'units'), ('activity_id', 'activities'), ('case_id', 'cases'),
        ('noted_by', 'persons'), ('withdrawn_by', 'persons'))),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_life_meetings'))
    )
    with op.batch_alter_table('life_meetings', schema=None) as batch_op:
        batch_op.create_index('uq_life_meetings_day', ['unit_id', 'held_on'], unique=True,
                              sqlite_where=NOT_WITHDRAWN, postgresql_where=NOT_WITHDRAWN)
    if op.get_bind().dialect.name == 'sqlite':
        _guard_sqlite()
    else:
        _guard_postgresql()


def _guard_sqlite() -> None:
    for name, when in (('no_delete', 'DELETE ON life_meetings'), ('kept', f'UPDATE OF {ENTERED} ON life_meetings'),
                       ('withdrawn_once', 'UPDATE ON life_meetings WHEN OLD.withdrawn_at IS NOT NULL'),
                       ('no_replace', 'INSERT ON life_meetings WHEN EXISTS (SELECT 1 FROM life_meetings WHERE '
                                      'id = NEW.id)')):
        op.execute(f"CREATE TRIGGER life_meetings_{name} BEFORE {when} BEGIN SELECT RAISE(ABORT, 'append-only'); END")


def _guard_postgresql() -> None:
    for name, when in (('no_delete', 'DELETE OR TRUNCATE ON life_meetings FOR EACH STATEMENT'),
                       ('kept', f'UPDATE OF {ENTERED} ON life_meetings FOR EACH STATEMENT'),
                       ('withdrawn_once', 'UPDATE ON life_meetings FOR EACH ROW WHEN (OLD.withdrawn_at IS NOT NULL)')):
        op.execute(f'CREATE TRIGGER life_meetings_{name} BEFORE {when} EXECUTE FUNCTION append_only()')


def downgrade() -> None:
    op.drop_table('life_meetings')
