"""attendance"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
revision = '0002'
down_revision = '0001'


def upgrade() -> None:
    op.create_table('attendance',
    sa.Column('activity_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('person_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('zone_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('class', sa.String(length=10), nullable=False, comment='key of CLASSES'),
    sa.Column('form', sa.String(length=20), nullable=True, comment='key of FORMS'),
    sa.Column('category', sa.String(length=10), nullable=True, comment='one of CATEGORIES; never health text'),
    sa.CheckConstraint("(class = 'other_form') = (form IS NOT NULL)", name=op.f('ck_attendance_form_of_other_form')),
    sa.CheckConstraint("class IN ('present', 'other_form', 'leave', 'absent')", name=op.f('ck_attendance_one_of_four')),
    sa.ForeignKeyConstraint(['activity_id'], ['activities.id'], name=op.f('fk_attendance_activity_id')),
    sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name=op.f('fk_attendance_person_id')),
    sa.ForeignKeyConstraint(['zone_id'], ['zones.id'], name=op.f('fk_attendance_zone_id')),
    sa.PrimaryKeyConstraint('activity_id', 'person_id', name=op.f('pk_attendance'))
    )
    with op.batch_alter_table('attendance', schema=None) as batch_op:
        batch_op.create_index('ix_attendance_person', ['person_id'], unique=False)

    op.create_table('invitees',
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('zone_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('activity_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False, comment='key of INVITEES'),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('entered_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['activity_id'], ['activities.id'], name=op.f('fk_invitees_activity_id')),
    sa.ForeignKeyConstraint(['zone_id'], ['zones.id'], name=op.f('fk_invitees_zone_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_invitees'))
    )
    with op.batch_alter_table('invitees', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_invitees_activity_id'), ['activity_id'], unique=False)

    with op.batch_alter_table('activities', schema=None) as batch_op:
        batch_op.add_column(sa.Column('confirmed_at', sa.DateTime(timezone=True), nullable=True, comment='the record was filed (备案)'))
        batch_op.add_column(sa.Column('confirmed_by', sa.Uuid(as_uuid=False), nullable=True))
        batch_op.add_column(sa.Column('host_id', sa.Uuid(as_uuid=False), nullable=True))
        batch_op.add_column(sa.Column('host_why', sa.String(length=200), nullable=True, comment='why not the secretary'))
        batch_op.add_column(sa.Column('mode', sa.String(length=20), nullable=True, comment='own, joint, or whole_then_parts (先统后分)'))
        batch_op.create_foreign_key(batch_op.f('fk_activities_confirmed_by'), 'persons', ['confirmed_by'], ['id'])
        batch_op.create_foreign_key(batch_op.f('fk_activities_host_id'), 'persons', ['host_id'], ['id'])

    with op.batch_alter_table('cases', schema=None) as batch_op:
        batch_op.add_column(sa.Column('concerns_id', sa.Uuid(as_uuid=False), nullable=True, comment='whose own case it is: sees it, acts in no office on it'))
        batch_op.create_index(batch_op.f('ix_cases_concerns_id'), ['concerns_id'], unique=False)
        batch_op.create_foreign_key(batch_op.f('fk_cases_concerns_id'), 'persons', ['concerns_id'], ['id'])
        batch_op.add_column(sa.Column('paused', JSON, nullable=True, comment='clocks that stand: state: [budget, used]'))

    with op.batch_alter_table('persons', schema=None) as batch_op:
        batch_op.add_column(sa.Column('exempt_from', sa.Date(), nullable=True, comment="免予参加 by the superior's consent"))
        batch_op.add_column(sa.Column('exempt_until', sa.Date(), nullable=True))



def downgrade() -> None:
    with op.batch_alter_table('persons', schema=None) as batch_op:
        batch_op.drop_column('exempt_until')
        batch_op.drop_column('exempt_from')

    with op.batch_alter_table('cases', schema=None) as batch_op:
        batch_op.drop_column('paused')
        batch_op.drop_constraint(batch_op.f('fk_cases_concerns_id'), type_='foreignkey')
        batch_op.drop_index(batch_op.f('ix_cases_concerns_id'))
        batch_op.drop_column('concerns_id')

    with op.batch_alter_table('activities', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_activities_host_id'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('fk_activities_confirmed_by'), type_='foreignkey')
        batch_op.drop_column('mode')
        batch_op.drop_column('host_why')
        batch_op.drop_column('host_id')
        batch_op.drop_column('confirmed_by')
        batch_op.drop_column('confirmed_at')

    with op.batch_alter_table('invitees', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_invitees_activity_id'))

    op.drop_table('invitees')
    with op.batch_alter_table('attendance', schema=None) as batch_op:
        batch_op.drop_index('ix_attendance_person')

    op.drop_table('attendance')
