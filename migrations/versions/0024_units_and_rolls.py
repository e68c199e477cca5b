"""units, rolls of branches, settings and who left, told by the chain of administration"""

import hashlib
import json
from datetime import UTC, date, datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB
from uuid6 import uuid7

revision = '0024'
down_revision = '0023'

Id = sa.Uuid(as_uuid=False)
JSON = sa.JSON().with_variant(JSONB(), 'postgresql')
MOMENT = sa.DateTime(timezone=True)


def columns(of: type, *names: str) -> tuple:
    return tuple(sa.column(name, of) for name in names)


UNITS = sa.table(
    'units', *columns(Id, 'id', 'zone_id', 'parent_id'), *columns(sa.Text, 'path'),
    *columns(sa.String, 'kind', 'category', 'name', 'doc_prefix'),
    *columns(sa.Boolean, 'passes_through'), *columns(sa.Date, 'accountable_from', 'ended_on'), *columns(Id, 'successor_id'))
PERSONS = sa.table('persons', *columns(Id, 'id', 'zone_id'), *columns(sa.Date, 'exempt_from', 'exempt_until', 'left_on'),
                   *columns(sa.String, 'left_why'))
SETTINGS = sa.table('zone_settings', *columns(Id, 'zone_id'), *columns(sa.String, 'name', 'value'))
ROLLS = sa.table('memberships', *columns(Id, 'unit_id', 'id', 'zone_id', 'person_id', 'group_id'),
                 *columns(sa.Date, 'from_on', 'to_on'))
CHANGES = sa.table(
    'admin_changes', *columns(Id, 'id', 'zone_id'), *columns(MOMENT, 'at'), *columns(Id, 'by_id'),
    *columns(sa.String, 'by', 'area', 'act', 'about'), *columns(Id, 'about_id'), *columns(JSON, 'what', 'after'),
    *columns(sa.Integer, 'seq'), *columns(sa.String, 'previous', 'hash'))


def upgrade() -> None:
    """What stood before it was told is told once, in each zone whose chain has begun."""
    link = op.get_bind()
    heads = sa.select(CHANGES.c.zone_id, sa.func.max(CHANGES.c.seq)).where(CHANGES.c.seq.is_not(None))
    for zone_id, seq in link.execute(heads.group_by(CHANGES.c.zone_id)).all():
        told = {'units': units(link, zone_id), 'persons': persons(link, zone_id),
                'zone_settings': settings(link, zone_id), 'memberships': rolls(link, zone_id)}
        append(link, zone_id, seq, {table: rows for table, rows in told.items() if rows})


def units(link, zone_id: str) -> dict:
    found = link.execute(sa.select(UNITS).where(UNITS.c.zone_id == zone_id)).all()
    named = {'passes_through': 'is_transparent'}
    return {row.id: {named.get(name, name): text(value) for name, value in row._mapping.items() if name != 'id'}
            for row in found}


def persons(link, zone_id: str) -> dict:
    told = sa.or_(PERSONS.c.exempt_until.is_not(None), PERSONS.c.left_on.is_not(None))
    found = link.execute(sa.select(PERSONS).where(PERSONS.c.zone_id == zone_id, told)).all()
    return {row.id: {name: text(value) for name, value in row._mapping.items() if name not in ('id', 'zone_id')}
            for row in found}


def settings(link, zone_id: str) -> dict:
    found = link.execute(sa.select(SETTINGS).where(SETTINGS.c.zone_id == zone_id)).all()
    return {f'{row.zone_id}/{row.name}': {'value': row.value} for row in found}


def rolls(link, zone_id: str) -> dict:
    found: dict[str, list] = {}
    for unit_id, *row in link.execute(sa.select(ROLLS).where(ROLLS.c.zone_id == zone_id).order_by(ROLLS.c.id)):
        found.setdefault(unit_id, []).append([value if value is None else str(value) for value in row])
    return {key: {'rows': len(rows), 'digest': digest({'rows': rows})} for key, rows in found.items()}


def text(value):
    return value.isoformat() if isinstance(value, date) else value


def append(link, zone_id: str, seq: int, after: dict) -> None:
    newest = sa.select(CHANGES.c.hash).where(CHANGES.c.zone_id == zone_id, CHANGES.c.seq == seq)
    at = datetime.now(UTC)
    row = {'zone_id': zone_id, 'seq': seq + 1, 'at': at, 'by_id': None, 'by': '服务器终端', 'area': 'settings',
           'act': 'sealing', 'about': '', 'about_id': None, 'what': {}, 'after': after,
           'previous': link.scalar(newest)}
    hashed = {**row, 'at': at.isoformat(timespec='microseconds'), 'format': 2}
    link.execute(sa.insert(CHANGES).values(id=str(uuid7()), hash=digest(hashed), **row))


def digest(values: dict) -> str:
    told = json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(',', ':'))
    return hashlib.sha256(told.encode()).hexdigest()


def downgrade() -> None:
    """A row of a chain stays: what it tells is true, and without it the chain would break."""
