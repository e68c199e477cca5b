"""index of units by kind: a zone's towns, or whether it has many branches, without reading all of its units"""

from alembic import op

revision = '0053'
down_revision = '0051'


def upgrade() -> None:
    op.create_index('ix_units_kind', 'units', ['zone_id', 'kind'])


def downgrade() -> None:
    op.drop_index('ix_units_kind', 'units')
