"""what somebody did in a role is found without reading all that he ever did"""

from alembic import op

revision = '0055'
down_revision = '0054'


def upgrade() -> None:
    op.drop_index('ix_journal_actor', 'journal')
    op.create_index('ix_journal_actor', 'journal', ['actor_id', 'role', 'case_id'])


def downgrade() -> None:
    op.drop_index('ix_journal_actor', 'journal')
    op.create_index('ix_journal_actor', 'journal', ['actor_id', 'case_id', 'role'])
