"""who is named by the acting of a zone, found without reading all of it"""

from alembic import op

revision = '0032'
down_revision = '0031'


def upgrade() -> None:
    op.create_index('ix_actings_zone', 'actings', ['zone_id', 'to_on'])


def downgrade() -> None:
    op.drop_index('ix_actings_zone', 'actings')
