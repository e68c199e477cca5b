"""chains of records beside cases: party days and 组织生活会; what exists begins its chain here"""

import hashlib
import json
import os
from datetime import UTC, date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB
from uuid6 import uuid7

revision = '0019'
down_revision = '0018'

ID = sa.Uuid(as_uuid=False)
INSTANT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(JSONB(), 'postgresql')
LIST = 500
ENTERED = (
    sa.Column('entered_on', sa.Date(), nullable=True,
              comment='local day of the first entry; decides between 及时 and 补录 for good'),
    sa.Column('bettered', sa.String(20), nullable=True,
              comment='what corrections have made better: keys of BETTER, kept for good'),
)


def table(name: str, **columns) -> sa.TableClause:
    return sa.table(name, *(sa.column(key, kind) for key, kind in columns.items()))


PARTY_DAYS = table('activities', id=ID, zone_id=ID, unit_id=ID, year=sa.Integer(), month=sa.Integer(),
                   kind=sa.String(), rule_day=sa.Date(), day=sa.Date(), moved_by=ID, excused_by=ID, held_on=sa.Date(),
                   held_entered_at=INSTANT, confirmed_at=INSTANT, confirmed_by=ID, host_id=ID, host_why=sa.String(),
                   mode=sa.String(), entered_on=sa.Date(), bettered=sa.String())
MEETINGS = table('life_meetings', id=ID, zone_id=ID, unit_id=ID, held_on=sa.Date(), activity_id=ID, case_id=ID,
                 noted_by=ID, noted_at=INSTANT, withdrawn_at=INSTANT, withdrawn_by=ID, withdrawn_why=sa.String())
CHANGES = table('activity_changes', activity_id=ID)
TAKEN = table('attendance', **{'activity_id': ID, 'person_id': ID, 'class': sa.String(), 'form': sa.String(),
                               'category': sa.String()})
INVITED = table('invitees', activity_id=ID, kind=sa.String(), number=sa.Integer())
CHAINS = table('record_chains', id=ID, zone_id=ID, kind=sa.String(), state=sa.String(), seq=sa.Integer(),
               head=sa.String())
JOURNAL = table('journal', id=ID, zone_id=ID, case_id=ID, seq=sa.Integer(), at=INSTANT, kind=sa.String(),
                move=sa.String(), from_state=sa.String(), to_state=sa.String(), actor_id=ID, actor=sa.String(),
                acting_for=ID, role=sa.String(), unit_id=ID, words=JSON, result=JSON, after=JSON, format=sa.Integer(),
                previous=sa.String(), hash=sa.String())


def upgrade() -> None:
    op.create_table(
        'record_chains',
        sa.Column('id', ID, nullable=False, comment='of the record itself'),
        sa.Column('zone_id', ID, nullable=False),
        sa.Column('kind', sa.String(20), nullable=False, comment='party_day or life_meeting'),
        sa.Column('state', sa.String(20), nullable=False),
        sa.Column('seq', sa.Integer(), nullable=False, comment='journal rows so far'),
        sa.Column('head', sa.String(64), nullable=False, comment='hash of the newest journal row'),
        sa.ForeignKeyConstraint(['zone_id'], ['zones.id'], name=op.f('fk_record_chains_zone_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_record_chains')))
    op.create_index('ix_record_chains_zone', 'record_chains', ['zone_id'])
    op.create_table(
        'exempted',
        sa.Column('activity_id', ID, nullable=False),
        sa.Column('person_id', ID, nullable=False),
        sa.Column('zone_id', ID, nullable=False),
        sa.Column('told', sa.String(100), nullable=False, comment='one line; never health text'),
        *(sa.ForeignKeyConstraint([f'{name}_id'], [f'{other}.id'], name=op.f(f'fk_exempted_{name}_id'))
          for name, other in (('activity', 'activities'), ('person', 'persons'), ('zone', 'zones'))),
        sa.PrimaryKeyConstraint('activity_id', 'person_id', name=op.f('pk_exempted')))
    op.create_index('ix_exempted_person', 'exempted', ['person_id'])
    for column in ENTERED:
        op.add_column('activities', column)
    date_entries()
    begin()


def date_entries() -> None:
    """Say on which local day each party day was entered first."""
    link, zone = op.get_bind(), ZoneInfo(os.environ.get('OVERSIGHT_TIMEZONE') or 'Asia/Shanghai')
    rows = link.execute(sa.select(PARTY_DAYS.c.id, PARTY_DAYS.c.held_entered_at).where(
        PARTY_DAYS.c.held_entered_at.is_not(None))).all()
    write = sa.update(PARTY_DAYS).where(PARTY_DAYS.c.id == sa.bindparam('row')).values(entered_on=sa.bindparam('on'))
    for start in range(0, len(rows), LIST):
        link.execute(write, [{'row': key, 'on': utc(at).astimezone(zone).date()} for key, at in rows[start:start + LIST]])


def begin() -> None:
    """Give every record of which something was done its first row, which tells how it stands."""
    link, at = op.get_bind(), datetime.now(UTC)
    ends = {row.case_id: row for row in link.execute(sa.select(JOURNAL).where(JOURNAL.c.kind == 'record').order_by(
        JOURNAL.c.seq))}  # left by an earlier upgrade that was taken back: its chains go on
    sheets, touched = sheets_of(link), set(link.scalars(sa.select(CHANGES.c.activity_id).distinct()))
    found = []
    for row in link.execute(sa.select(PARTY_DAYS)).mappings():
        done = row['id'] in touched or row['id'] in sheets or any(row[name] for name in (
            'moved_by', 'excused_by', 'held_on', 'confirmed_at', 'host_id', 'mode'))
        if done:
            found.append(first(row, 'activities', 'party_day', stage(row), at, ends, sheets.get(row['id'])))
    for row in link.execute(sa.select(MEETINGS)).mappings():
        state = 'withdrawn' if row['withdrawn_at'] else 'held'
        found.append(first(row, 'life_meetings', 'life_meeting', state, at, ends))
    for start in range(0, len(found), LIST):
        part = found[start:start + LIST]
        link.execute(sa.insert(JOURNAL), [row for row, _kind in part])
        link.execute(sa.insert(CHAINS), [
            {'id': row['case_id'], 'zone_id': row['zone_id'], 'kind': kind, 'state': row['to_state'],
             'seq': row['seq'], 'head': row['hash']} for row, kind in part])


def stage(row) -> str:
    if row['confirmed_at']:
        return 'filed'
    if row['held_on']:
        return 'held'
    if row['excused_by']:
        return 'excused'
    return 'prepared' if row['host_id'] or row['mode'] else 'planned'


def first(row, name: str, kind: str, state: str, at: datetime, ends: dict, sheet: dict | None = None) -> tuple:
    end = ends.get(row['id'])
    after = {name: {row['id']: {key: text(value) for key, value in row.items() if key != 'id'}}}
    if sheet:
        after['sheets'] = {row['id']: sheet}
    made = {'zone_id': row['zone_id'], 'case_id': row['id'], 'seq': end.seq + 1 if end else 1,
            'previous': end.hash if end else '', 'kind': 'record', 'move': 'begin',
            'from_state': end.to_state if end else '', 'to_state': state, 'at': at, 'actor_id': None, 'actor': '系统',
            'role': 'clock', 'unit_id': None, 'acting_for': None, 'words': {}, 'result': {}, 'after': after,
            'format': 2}
    return {**made, 'id': str(uuid7()), 'hash': digest({**made, 'at': text(at)})}, kind


def sheets_of(link) -> dict[str, dict]:
    taken = by_day(link.execute(sa.select(
        TAKEN.c.activity_id, TAKEN.c.person_id, TAKEN.c['class'], TAKEN.c.form, TAKEN.c.category)))
    invited = by_day(link.execute(sa.select(INVITED.c.activity_id, INVITED.c.kind, INVITED.c.number)))
    return {key: {'members': len(taken.get(key, ())),
                  'digest': digest({'members': taken.get(key, []), 'invited': invited.get(key, []),
                                    'exempted': []})}
            for key in {*taken, *invited}}


def by_day(rows) -> dict[str, list]:
    found: dict[str, list] = {}
    for row in rows:
        found.setdefault(row.activity_id, []).append(list(row[1:]))
    for group in found.values():
        group.sort(key=lambda one: (one[0], str(one)))
    return found


def digest(values: dict) -> str:
    told = json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(',', ':'))
    return hashlib.sha256(told.encode()).hexdigest()


def text(value):
    if isinstance(value, datetime):
        return utc(value).astimezone(UTC).isoformat(timespec='microseconds')
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def utc(value: datetime) -> datetime:
    """SQLite keeps a moment without its zone."""
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def downgrade() -> None:
    """The rows that were added to the journal stay: it only grows."""
    op.drop_index('ix_record_chains_zone', 'record_chains')
    op.drop_table('record_chains')
    op.drop_table('exempted')
    for column in ENTERED:
        op.drop_column('activities', column.name)
