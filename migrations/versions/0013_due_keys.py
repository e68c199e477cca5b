"""when to remind of a case; what the sweep remembers between its runs"""

import sqlalchemy as sa
from alembic import op

revision = '0013'
down_revision = '0012'

# name, table, columns, and which rows where not all.
MADE = (
    ('ix_cases_remind', 'cases', ['remind_on'], 'closed_at IS NULL'),
    ('ix_cases_closed', 'cases', ['workflow', 'closed_at'], 'closed_at IS NOT NULL'),
    ('ix_checkpoints_zone', 'checkpoints', ['zone_id', 'at'], None),
)


def upgrade() -> None:
    op.add_column('cases', sa.Column('remind_on', sa.Date(), nullable=True,
                                     comment='first day on which a rung of the ladder may be reached'))
    # Every open case is looked at once, which finds the day of its next rung.
    day = 'date(entered_at)' if op.get_bind().dialect.name == 'sqlite' else 'CAST(entered_at AS date)'
    op.execute(f'UPDATE cases SET remind_on = {day} WHERE closed_at IS NULL AND due_on IS NOT NULL')
    for name, table, columns, rows in MADE:
        which = sa.text(rows) if rows else None
        op.create_index(name, table, columns, sqlite_where=which, postgresql_where=which)
    op.create_table('sweep_marks',
    sa.Column('step', sa.String(length=40), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('posts', sa.Text(), nullable=False, comment='the epochs of all zones'),
    sa.Column('journal', sa.Uuid(as_uuid=False), nullable=False, comment='the newest row then, as in the next two'),
    sa.Column('activity', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('change', sa.Uuid(as_uuid=False), nullable=False, comment='of an activity'),
    sa.PrimaryKeyConstraint('step', name=op.f('pk_sweep_marks'))
    )
    op.create_table('sweep_faults',
    sa.Column('step', sa.String(length=40), nullable=False),
    sa.Column('subject', sa.String(length=200), nullable=False,
              comment='the id of a case or person, or what else is due'),
    sa.Column('error', sa.String(length=80), nullable=False, comment='its class; the log says more'),
    sa.Column('times', sa.Integer(), nullable=False),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('step', 'subject', name=op.f('pk_sweep_faults'))
    )


def downgrade() -> None:
    op.drop_table('sweep_faults')
    op.drop_table('sweep_marks')
    for name, table, _, _ in MADE:
        op.drop_index(name, table)
    op.drop_column('cases', 'remind_on')
