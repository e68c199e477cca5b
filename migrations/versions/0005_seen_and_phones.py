"""who first saw an order, and who looked at a telephone number"""

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'

APPEND_ONLY = ("sightings", "phone_looks")


def upgrade() -> None:
    op.create_table('sightings',
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('zone_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('case_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('person_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('unit_id', sa.Uuid(as_uuid=False), nullable=False, comment='of the branch as it then was'),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_sightings_case_id')),
    sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name=op.f('fk_sightings_person_id')),
    sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name=op.f('fk_sightings_unit_id')),
    sa.ForeignKeyConstraint(['zone_id'], ['zones.id'], name=op.f('fk_sightings_zone_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sightings')),
    sa.UniqueConstraint('case_id', 'person_id', name='uq_sightings_once')
    )
    op.create_table('phone_looks',
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('zone_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('person_id', sa.Uuid(as_uuid=False), nullable=False, comment='whose number'),
    sa.Column('by_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('what', sa.String(length=10), nullable=False, comment='shown or changed'),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['persons.id'], name=op.f('fk_phone_looks_by_id')),
    sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name=op.f('fk_phone_looks_person_id')),
    sa.ForeignKeyConstraint(['zone_id'], ['zones.id'], name=op.f('fk_phone_looks_zone_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_phone_looks'))
    )
    op.create_index('ix_phone_looks_person', 'phone_looks', ['person_id'], unique=False)
    guard_append_only()


def guard_append_only() -> None:
    """Let the database itself refuse to change or remove what was recorded."""
    if op.get_bind().dialect.name != "sqlite":
        for table in APPEND_ONLY:
            op.execute(f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                       "FOR EACH STATEMENT EXECUTE FUNCTION append_only()")
        return
    for table in APPEND_ONLY:
        for act in ("UPDATE", "DELETE"):
            op.execute(f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
                       "BEGIN SELECT RAISE(ABORT, 'append-only'); END")
        # INSERT OR REPLACE deletes without asking the trigger above
        op.execute(f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
                   f"WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id) "
                   "BEGIN SELECT RAISE(ABORT, 'append-only'); END")


def downgrade() -> None:
    op.drop_index('ix_phone_looks_person', table_name='phone_looks')
    op.drop_table('phone_looks')
    op.drop_table('sightings')
