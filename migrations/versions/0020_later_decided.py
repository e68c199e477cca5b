"""how acting stands, told by the chain of administration; who looked up telephone numbers"""

import hashlib
import json
from datetime import UTC, date, datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB
from uuid6 import uuid7

revision = '0020'
down_revision = '0019'

Id = sa.Uuid(as_uuid=False)
JSON = sa.JSON().with_variant(JSONB(), 'postgresql')
MOMENT = sa.DateTime(timezone=True)


def columns(of: type, *names: str) -> tuple:
    return tuple(sa.column(name, of) for name in names)


ACTINGS = sa.table(
    'actings', *columns(Id, 'id', 'zone_id', 'person_id', 'for_id', 'unit_id'), *columns(sa.String, 'office', 'workflow'),
    *columns(sa.Date, 'from_on', 'to_on'), *columns(MOMENT, 'ended_at'), *columns(Id, 'ended_by'))
CHANGES = sa.table(
    'admin_changes', *columns(Id, 'id', 'zone_id'), *columns(MOMENT, 'at'), *columns(Id, 'by_id'),
    *columns(sa.String, 'by', 'area', 'act', 'about'), *columns(Id, 'about_id'), *columns(JSON, 'what', 'after'),
    *columns(sa.Integer, 'seq'), *columns(sa.String, 'previous', 'hash'))


def upgrade() -> None:
    """What stood before it was told is told once, in each zone whose chain has begun."""
    op.create_index('ix_phone_looks_by', 'phone_looks', ['by_id', 'at'])
    link = op.get_bind()
    heads = sa.select(CHANGES.c.zone_id, sa.func.max(CHANGES.c.seq)).where(CHANGES.c.seq.is_not(None))
    for zone_id, seq in link.execute(heads.group_by(CHANGES.c.zone_id)).all():
        if acting := told(link, ACTINGS.c.zone_id == zone_id):
            append(link, zone_id, seq, {'actings': acting})


def told(link, which) -> dict:
    return {row.id: {name: text(value) for name, value in row._mapping.items() if name != 'id'}
            for row in link.execute(sa.select(ACTINGS).where(which)).all()}


def text(value):
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC).isoformat(timespec='microseconds')
    return value.isoformat() if isinstance(value, date) else value


def append(link, zone_id: str, seq: int, after: dict) -> None:
    newest = sa.select(CHANGES.c.hash).where(CHANGES.c.zone_id == zone_id, CHANGES.c.seq == seq)
    at = datetime.now(UTC)
    row = {'zone_id': zone_id, 'seq': seq + 1, 'at': at, 'by_id': None, 'by': '服务器终端', 'area': 'settings',
           'act': 'sealing', 'about': '', 'about_id': None, 'what': {}, 'after': after,
           'previous': link.scalar(newest)}
    hashed = {**row, 'at': text(at), 'format': 2}
    line = json.dumps(hashed, ensure_ascii=False, sort_keys=True, separators=(',', ':'))
    link.execute(sa.insert(CHANGES).values(id=str(uuid7()), hash=hashlib.sha256(line.encode()).hexdigest(), **row))


def downgrade() -> None:
    """A row of a chain stays: what it tells is true, and without it the chain would break."""
    op.drop_index('ix_phone_looks_by', 'phone_looks')
