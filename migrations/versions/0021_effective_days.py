"""mergers, splits and moves wait for their day; accounts that open nothing leave a seat vacant"""

import secrets
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB
from uuid6 import uuid7

revision = '0021'
down_revision = '0020'

Id = sa.Uuid(as_uuid=False)
JSON = sa.JSON().with_variant(JSONB(), 'postgresql')
MOMENT = sa.DateTime(timezone=True)
POSTS = sa.table('posts', sa.column('person_id', Id), sa.column('to_on', sa.Date()), sa.column('zone_id', Id))
ACCOUNTS = sa.table(
    'accounts', *(sa.column(name, Id) for name in ('id', 'zone_id', 'person_id')),
    *(sa.column(name, sa.String()) for name in ('username', 'password_hash', 'locale')),
    *(sa.column(name, sa.Boolean()) for name in ('enabled', 'demo', 'large_text')), sa.column('created_at', MOMENT))
NOTHING = "{0}.password_hash = '' OR NOT {0}.enabled"  # opens nothing: locked, or no password yet
WAITING = sa.text('done_at IS NULL AND ended_at IS NULL')


def upgrade() -> None:
    op.create_table(
        'reorganizations',
        sa.Column('id', Id, primary_key=True),
        sa.Column('zone_id', Id, sa.ForeignKey('zones.id'), nullable=False),
        sa.Column('unit_id', Id, sa.ForeignKey('units.id'), nullable=False),
        sa.Column('kind', sa.String(12), nullable=False, comment='merge, split or move'),
        sa.Column('into_id', Id, sa.ForeignKey('units.id'),
                  comment='successor, new superior, or the new branch once it is there'),
        sa.Column('name', sa.String(100), comment='of the branch split off'),
        sa.Column('people', JSON, nullable=False, comment='who goes to the branch split off'),
        sa.Column('day', sa.Date(), nullable=False, comment='from which day it holds'),
        sa.Column('by_id', Id, sa.ForeignKey('persons.id'), nullable=False),
        sa.Column('at', MOMENT, nullable=False),
        sa.Column('done_at', MOMENT, comment='when it was put into force'),
        sa.Column('done', JSON, nullable=False, comment='what it has changed'),
        sa.Column('ended_at', MOMENT, comment='taken back, or found impossible'),
        sa.Column('ended_by', Id, sa.ForeignKey('persons.id')),
        sa.Column('why', sa.String(200), nullable=False, comment='why it ended'),
    )
    op.create_index('ix_reorganizations_due', 'reorganizations', ['day'], sqlite_where=WAITING, postgresql_where=WAITING)
    op.create_index('ix_reorganizations_unit', 'reorganizations', ['unit_id'])
    op.create_index('ix_reorganizations_into', 'reorganizations', ['into_id'])
    op.create_index('ix_memberships_from', 'memberships', ['zone_id', 'from_on'])
    op.create_index('ix_posts_from', 'posts', ['zone_id', 'from_on'])
    watch_accounts()
    prepare_accounts()


def watch_accounts() -> None:
    """Draw the epoch of a zone anew where an account comes to open nothing, or something again."""
    for act, when in (('insert', NOTHING.format('NEW')), ('delete', NOTHING.format('OLD')),
                      ('update', f"({NOTHING.format('OLD')}) <> ({NOTHING.format('NEW')})")):
        row = 'OLD' if act == 'delete' else 'NEW'
        of = ' OF enabled, password_hash' if act == 'update' else ''
        if op.get_bind().dialect.name == 'sqlite':
            op.execute(f'CREATE TRIGGER accounts_epoch_{act} AFTER {act.upper()}{of} ON accounts WHEN {when} BEGIN UPDATE '
                       f'zones SET epoch = lower(hex(randomblob(16))) WHERE id = {row}.zone_id; END')
        else:
            function = 'new_epoch_of_gone()' if act == 'delete' else 'new_epoch_of_person()'
            if act == 'delete':
                op.execute('CREATE FUNCTION new_epoch_of_gone() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE zones '
                           'SET epoch = gen_random_uuid() WHERE id = OLD.zone_id; RETURN NULL; END $$')
            op.execute(f'CREATE TRIGGER accounts_epoch_{act} AFTER {act.upper()}{of} ON accounts FOR EACH ROW '
                       f'WHEN ({when}) EXECUTE FUNCTION {function}')


def prepare_accounts() -> None:
    """Give everybody who holds a post an account, so that one who was never let in shows as such."""
    link, now = op.get_bind(), datetime.now(UTC)
    has = sa.exists().where(ACCOUNTS.c.person_id == POSTS.c.person_id)
    holders = sa.select(POSTS.c.person_id, POSTS.c.zone_id).distinct().where(
        sa.or_(POSTS.c.to_on.is_(None), POSTS.c.to_on >= now.date()), ~has)
    taken = set(link.scalars(sa.select(ACCOUNTS.c.username)))
    for person_id, zone_id in link.execute(holders).all():
        name = next(name for name in iter(lambda: str(1_000_000 + secrets.randbelow(9_000_000)), '') if name not in taken)
        taken.add(name)
        link.execute(sa.insert(ACCOUNTS).values(
            id=str(uuid7()), zone_id=zone_id, person_id=person_id, username=name, password_hash='', locale='zh_CN',
            enabled=True, demo=False, large_text=False, created_at=now))


def downgrade() -> None:
    for act in ('insert', 'update', 'delete'):
        on = '' if op.get_bind().dialect.name == 'sqlite' else ' ON accounts'
        op.execute(f'DROP TRIGGER accounts_epoch_{act}{on}')
    if on:
        op.execute('DROP FUNCTION new_epoch_of_gone()')
    op.drop_index('ix_posts_from', 'posts')
    op.drop_index('ix_memberships_from', 'memberships')
    op.drop_table('reorganizations')
