"""after-images, a chain of administration, seals by number, what only grows"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = '0016'
down_revision = '0015'

JSON = sa.JSON().with_variant(JSONB(), 'postgresql')
# Rows in no chain, which lie under a daily seal.
LOOSE = ('refusals', 'unit_changes', 'activity_changes', 'setting_changes', 'sightings', 'phone_looks', 'peer_reviews',
         'attachments', 'life_meetings')


def added() -> dict:
    def images():
        return sa.Column('after', JSON, server_default='{}', nullable=False,
                         comment='rows as it left them: table: {key: columns}')

    return {
        'journal': (
            images(),
            sa.Column('format', sa.Integer(), server_default='1', nullable=False,
                      comment='what is hashed; 2: also `after` and the format itself')),
        'admin_changes': (
            images(),
            sa.Column('seq', sa.Integer(), nullable=True, comment="in the zone's chain; empty: before there was one"),
            sa.Column('previous', sa.String(64), server_default='', nullable=False),
            sa.Column('hash', sa.String(64), server_default='', nullable=False)),
        'checkpoints': (
            sa.Column('number', sa.Integer(), server_default='0', nullable=False,
                      comment='its place, whatever clocks say'),
            sa.Column('day', sa.Date(), nullable=True, comment='whose daily seal it is; empty: asked for'),
            sa.Column('format', sa.Integer(), server_default='1', nullable=False),
            sa.Column('beside', JSON, server_default='{}', nullable=False,
                      comment='the head of admin changes; table: [rows, root] of the loose'),
            sa.Column('key', sa.String(64), nullable=True, comment='public key of the signature'),
            sa.Column('signature', sa.String(128), nullable=True, comment='of the hash, Ed25519')),
    } | {table: (sa.Column('seal', sa.Integer(), nullable=True, comment='number of the daily seal it lies under'),)
         for table in LOOSE}


NEWER = sa.text('format > 1')
INDEXES = (
    ('admin_changes', 'uq_admin_changes_chain', ['zone_id', 'seq'], True, None),
    ('checkpoints', 'uq_checkpoints_number', ['zone_id', 'number'], True, None),
    ('checkpoints', 'uq_checkpoints_day', ['zone_id', 'day'], True, None),
    ('checkpoints', 'uq_checkpoints_previous', ['zone_id', 'previous'], True, NEWER),
    *((table, f'ix_{table}_seal', ['zone_id', 'seal'], False, None) for table in LOOSE),
)
NUMBERED = ('UPDATE checkpoints SET number = (SELECT count(*) FROM checkpoints AS earlier '
            'WHERE earlier.zone_id = checkpoints.zone_id AND earlier.id <= checkpoints.id)')
MEANING = ('[case, seq, head] of every chain that grew since the one before',
           'Merkle root of those heads; format 1: of all heads of the zone')
OLD = {'sqlite': "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger' AND sql LIKE '%append-only%'",
       'postgresql': "SELECT tgname, tgrelid::regclass FROM pg_trigger WHERE tgfoid = 'append_only'::regproc"}


def upgrade() -> None:
    """The triggers that are dropped here are laid anew from the models' marks once all migrations ran."""
    drop_triggers()
    for table, columns in added().items():
        for column in columns:
            op.add_column(table, column)
    op.execute(NUMBERED)
    comment(*MEANING)
    for table, name, columns, unique, which in INDEXES:
        op.create_index(name, table, columns, unique=unique, sqlite_where=which, postgresql_where=which)


def comment(changed: str, root: str | None) -> None:
    if op.get_bind().dialect.name == 'postgresql':
        op.execute(f"COMMENT ON COLUMN checkpoints.changed IS '{changed}'")
        op.execute('COMMENT ON COLUMN checkpoints.root IS ' + (f"'{root}'" if root else 'NULL'))


def drop_triggers() -> None:
    link = op.get_bind()
    for name, table in link.exec_driver_sql(OLD[link.dialect.name]).all():
        op.execute(f'DROP TRIGGER {name}' + ('' if link.dialect.name == 'sqlite' else f' ON {table}'))


# What the earlier migrations laid.
EARLIER = ('journal', 'unit_changes', 'activity_changes', 'checkpoints', 'refusals', 'setting_changes', 'sightings',
           'phone_looks', 'admin_changes')
ENTERED = 'id, zone_id, unit_id, held_on, activity_id, noted_by, noted_at'
REFUSE = "BEGIN SELECT RAISE(ABORT, 'append-only'); END"


def downgrade() -> None:
    drop_triggers()
    for table, name, *_ in INDEXES:
        op.drop_index(name, table)
    comment('[case, seq] of every chain that grew since the one before', None)
    for table, columns in added().items():
        for column in columns:
            op.drop_column(table, column.name)
    (lay_sqlite if op.get_bind().dialect.name == 'sqlite' else lay_postgresql)()


def lay_sqlite() -> None:
    for table in EARLIER:
        same = 'id = NEW.id' + (' OR (case_id = NEW.case_id AND seq = NEW.seq)' if table == 'journal' else '')
        for name, when in (('no_update', f'UPDATE ON {table}'), ('no_delete', f'DELETE ON {table}'),
                           ('no_replace', f'INSERT ON {table} WHEN EXISTS (SELECT 1 FROM {table} WHERE {same})')):
            op.execute(f'CREATE TRIGGER {table}_{name} BEFORE {when} {REFUSE}')
    for name, when in (('no_delete', 'DELETE ON life_meetings'), ('kept', f'UPDATE OF {ENTERED} ON life_meetings'),
                       ('withdrawn_once', 'UPDATE ON life_meetings WHEN OLD.withdrawn_at IS NOT NULL'),
                       ('no_replace', 'INSERT ON life_meetings WHEN EXISTS (SELECT 1 FROM life_meetings WHERE '
                                      'id = NEW.id)')):
        op.execute(f'CREATE TRIGGER life_meetings_{name} BEFORE {when} {REFUSE}')


def lay_postgresql() -> None:
    for table in EARLIER:
        op.execute(f'CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} '
                   'FOR EACH STATEMENT EXECUTE FUNCTION append_only()')
    for name, when in (('no_delete', 'DELETE OR TRUNCATE ON life_meetings FOR EACH STATEMENT'),
                       ('kept', f'UPDATE OF {ENTERED} ON life_meetings FOR EACH STATEMENT'),
                       ('withdrawn_once', 'UPDATE ON life_meetings FOR EACH ROW WHEN (OLD.withdrawn_at IS NOT NULL)')):
        op.execute(f'CREATE TRIGGER life_meetings_{name} BEFORE {when} EXECUTE FUNCTION append_only()')
