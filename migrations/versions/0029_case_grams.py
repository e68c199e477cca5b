"""every two characters that stand side by side in what was written in a case, to find it by"""

import re
import unicodedata

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = '0029'
down_revision = '0033'

Id = sa.Uuid(as_uuid=False)
JSON = sa.JSON().with_variant(JSONB(), 'postgresql')
GRAMS = sa.table('case_grams', sa.column('gram', sa.String), sa.column('case_id', Id))
CASES = sa.table('cases', sa.column('id', Id), sa.column('facts', JSON), sa.column('number', sa.String))
JOURNAL = sa.table('journal', sa.column('case_id', Id), sa.column('words', JSON), sa.column('kind', sa.String))
PAPERS = sa.table('papers', sa.column('case_id', Id), sa.column('number', sa.String))
GAP = re.compile(r'[\W_]+')
BLANK = re.compile(r'(?<=[\u4e00-\u9fff])\s+(?=\w)|(?<=\w)\s+(?=[\u4e00-\u9fff])')
PLAIN = re.compile(r'[a-z_0-9-]*')
CHUNK = 500


def upgrade() -> None:
    op.create_table(
        'case_grams',
        sa.Column('gram', sa.String(2), nullable=False),
        sa.Column('case_id', Id, nullable=False, comment='of a case'),
        sa.PrimaryKeyConstraint('gram', 'case_id', name='pk_case_grams'),
        sqlite_with_rowid=False)
    link = op.get_bind()
    ids = list(link.scalars(sa.select(CASES.c.id).order_by(CASES.c.id)))
    for start in range(0, len(ids), CHUNK):
        fill(link, ids[start:start + CHUNK])


def fill(link, ids: list[str]) -> None:
    """What was written before is found as well."""
    said: dict[str, set[str]] = {case_id: set() for case_id in ids}
    for row in link.execute(sa.select(CASES).where(CASES.c.id.in_(ids))):
        said[row.id] |= {*texts(row.facts), row.number or ''}
    wanted = sa.select(JOURNAL).where(JOURNAL.c.case_id.in_(ids), JOURNAL.c.kind.in_(('move', 'open')))
    for row in link.execute(wanted):
        said[row.case_id].update(texts(row.words))
    for row in link.execute(sa.select(PAPERS).where(PAPERS.c.case_id.in_(ids))):
        said[row.case_id].add(row.number)
    rows = [{'gram': gram, 'case_id': case_id} for case_id, found in said.items() for gram in grams(found)]
    if rows:
        link.execute(sa.insert(GRAMS), rows)


def texts(value):
    if isinstance(value, str) and not PLAIN.fullmatch(value):
        yield value
    for below in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from texts(below)


def grams(said: set[str]) -> set[str]:
    plain = [GAP.sub(' ', BLANK.sub('', unicodedata.normalize('NFKC', text).casefold())) for text in said]
    runs = [run for text in plain for run in text.split()]
    return {run[at:at + 2] for run in runs for at in range(len(run) - 1)}


def downgrade() -> None:
    op.drop_table('case_grams')
