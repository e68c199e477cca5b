"""what an installation knows of itself: whether its secret key is the same, when time was kept and a backup made"""

import sqlalchemy as sa
from alembic import op

revision = '0041'
down_revision = '0027'


def upgrade() -> None:
    op.create_table(
        'installation',
        sa.Column('name', sa.String(40), primary_key=True),
        sa.Column('value', sa.String(200), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    op.drop_table('installation')
