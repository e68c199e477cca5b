"""what a member says before a party day, and hour, place and theme of it; log-ins that stay on a member's phone"""

import sqlalchemy as sa
from alembic import op

revision = '0027'
down_revision = '0025'

ID = sa.Uuid(as_uuid=False)
MOMENT = sa.DateTime(timezone=True)
ARRANGED = (('begins', 5, 'hour of the day, 09:00'), ('place', 60, None), ('theme', 60, None))


def upgrade() -> None:
    op.create_table(
        'leave_notices',
        sa.Column('activity_id', ID, sa.ForeignKey('activities.id'), primary_key=True),
        sa.Column('person_id', ID, sa.ForeignKey('persons.id'), primary_key=True),
        sa.Column('zone_id', ID, sa.ForeignKey('zones.id'), nullable=False),
        sa.Column('day', sa.Date(), nullable=False, comment='the day it was said for; lapses with another day'),
        sa.Column('category', sa.String(10), nullable=False, comment='one of CATEGORIES; never health text'),
        sa.Column('said_at', MOMENT, nullable=False),
        sa.Column('taken_back_at', MOMENT, nullable=True),
    )
    op.create_index('ix_leave_notices_person', 'leave_notices', ['person_id'])
    for name, length, comment in ARRANGED:
        op.add_column('activities', sa.Column(name, sa.String(length), nullable=True, comment=comment))
    op.add_column('logins', sa.Column('stays_days', sa.Integer(), nullable=False, server_default='0',
                                      comment='stays on the phone of a member for so many days; 0: not'))


def downgrade() -> None:
    op.drop_column('logins', 'stays_days')
    for name, *_ in reversed(ARRANGED):
        op.drop_column('activities', name)
    op.drop_table('leave_notices')
