"""epochs of zones: a token drawn anew by every change of who stands where, and of the calendar"""

import sqlalchemy as sa
from alembic import op

revision = '0011'
down_revision = '0010'

TABLES = ('units', 'posts', 'actings', 'memberships', 'calendar_days', 'published_years', 'zone_settings')
# Of a person only what decides whether he is a full member and still there; the rest changes often.
OF_PERSONS = ('left_on', 'probationary')
SQLITE = 'lower(hex(randomblob(16)))'


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == 'sqlite'
    nothing = sa.text("'00000000000000000000000000000000'" if sqlite else 'gen_random_uuid()')
    op.add_column('zones', sa.Column('epoch', sa.Uuid(as_uuid=False), nullable=False, server_default=nothing,
                                     comment='drawn anew by the database when who stands where changes'))
    if sqlite:
        op.execute(f'UPDATE zones SET epoch = {SQLITE}')
        _watch_sqlite()
    else:
        _watch_postgresql()


def _watch_sqlite() -> None:
    changes = [(table, act, f'{act} ON {table}', 'OLD' if act == 'DELETE' else 'NEW')
               for table in TABLES for act in ('INSERT', 'UPDATE', 'DELETE')]
    changes.append(('persons', 'UPDATE', f"UPDATE OF {', '.join(OF_PERSONS)} ON persons", 'NEW'))
    for table, act, when, row in changes:
        op.execute(f'CREATE TRIGGER {table}_epoch_{act.lower()} AFTER {when} BEGIN '
                   f'UPDATE zones SET epoch = {SQLITE} WHERE id = {row}.zone_id; END')


def _watch_postgresql() -> None:
    op.execute('CREATE FUNCTION new_epoch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN '
               'UPDATE zones SET epoch = gen_random_uuid() WHERE id IN (SELECT zone_id FROM changed); '
               'RETURN NULL; END $$')
    op.execute('CREATE FUNCTION new_epochs() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN '
               'UPDATE zones SET epoch = gen_random_uuid(); RETURN NULL; END $$')
    op.execute('CREATE FUNCTION new_epoch_of_person() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN '
               'UPDATE zones SET epoch = gen_random_uuid() WHERE id = NEW.zone_id; RETURN NULL; END $$')
    for table in TABLES:
        for act, side in (('INSERT', 'NEW'), ('UPDATE', 'NEW'), ('DELETE', 'OLD')):
            op.execute(f'CREATE TRIGGER {table}_epoch_{act.lower()} AFTER {act} ON {table} REFERENCING {side} TABLE '
                       'AS changed FOR EACH STATEMENT EXECUTE FUNCTION new_epoch()')
        op.execute(f'CREATE TRIGGER {table}_epoch_truncate AFTER TRUNCATE ON {table} '
                   'FOR EACH STATEMENT EXECUTE FUNCTION new_epochs()')
    same = ' OR '.join(f'OLD.{name} IS DISTINCT FROM NEW.{name}' for name in OF_PERSONS)
    op.execute(f"CREATE TRIGGER persons_epoch_update AFTER UPDATE OF {', '.join(OF_PERSONS)} ON persons "
               f'FOR EACH ROW WHEN ({same}) EXECUTE FUNCTION new_epoch_of_person()')


def downgrade() -> None:
    for table in (*TABLES, 'persons'):
        for act in ('insert', 'update', 'delete', 'truncate'):
            if op.get_bind().dialect.name == 'sqlite':
                op.execute(f'DROP TRIGGER IF EXISTS {table}_epoch_{act}')
            else:
                op.execute(f'DROP TRIGGER IF EXISTS {table}_epoch_{act} ON {table}')
    if op.get_bind().dialect.name != 'sqlite':
        for name in ('new_epoch', 'new_epochs', 'new_epoch_of_person'):
            op.execute(f'DROP FUNCTION {name}()')
    op.drop_column('zones', 'epoch')
