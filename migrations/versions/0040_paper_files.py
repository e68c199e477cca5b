"""files of papers, and the code by which a paper is checked"""

import hashlib

import sqlalchemy as sa
from alembic import op

revision = '0040'
down_revision = '0038'

ID = sa.Uuid(as_uuid=False)
MOMENT = sa.DateTime(timezone=True)
ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'


def upgrade() -> None:
    op.create_table(
        'paper_files',
        sa.Column('id', ID, nullable=False),
        sa.Column('zone_id', ID, nullable=False),
        sa.Column('case_id', ID, nullable=False),
        sa.Column('paper_id', ID, nullable=False),
        sa.Column('kind', sa.String(4), nullable=False, comment='pdf or docx'),
        sa.Column('number', sa.String(60), nullable=False, comment='that it bears; of a paper whose number was put right another one'),
        sa.Column('size', sa.Integer(), nullable=False, comment='bytes'),
        sa.Column('sha256', sa.String(64), nullable=False, comment='of the bytes; in the journal too'),
        sa.Column('stored', sa.String(64), nullable=False, comment='random name in the data folder'),
        sa.Column('at', MOMENT, nullable=False),
        sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_paper_files_case_id_cases')),
        sa.ForeignKeyConstraint(['paper_id'], ['papers.id'], name=op.f('fk_paper_files_paper_id_papers')),
        sa.ForeignKeyConstraint(['zone_id'], ['zones.id'], name=op.f('fk_paper_files_zone_id_zones')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_paper_files')),
        sa.UniqueConstraint('paper_id', 'kind', 'number', name='uq_paper_files_kind'),
        sa.UniqueConstraint('stored', name=op.f('uq_paper_files_stored')),
    )
    op.create_index('ix_paper_files_sha256', 'paper_files', ['sha256'])
    code = sa.Column('code', sa.String(10), nullable=True, comment='by which whoever holds the paper has it checked')
    op.add_column('papers', code)
    _codes(op.get_bind())
    op.create_index('uq_papers_code', 'papers', ['code'], unique=True)


def _codes(connection) -> None:
    """Give the papers that there are their codes; their files are made when somebody asks for them."""
    papers = sa.table('papers', sa.column('id', ID), sa.column('code', sa.String))
    rows = [{'which': one, 'drawn': _code(one)} for one in connection.scalars(sa.select(papers.c.id)).all()]
    if rows:
        wanted = papers.update().where(papers.c.id == sa.bindparam('which')).values(code=sa.bindparam('drawn'))
        connection.execute(wanted, rows)


def _code(paper_id: str) -> str:
    number = int.from_bytes(hashlib.sha256(f'paper {paper_id}'.encode()).digest()[:8], 'big')
    return ''.join(ALPHABET[number >> 5 * place & 31] for place in range(10))


def downgrade() -> None:
    op.drop_index('uq_papers_code', 'papers')
    with op.batch_alter_table('papers') as papers:
        papers.drop_column('code')
    op.drop_table('paper_files')
