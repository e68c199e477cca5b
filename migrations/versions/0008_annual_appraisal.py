"""annual appraisal"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
revision = '0008'
down_revision = '0007'


def upgrade() -> None:
    op.create_table('appraised',
    sa.Column('case_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('person_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('zone_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('sort', sa.Integer(), nullable=False, comment='order of the roster on the day it was drawn up'),
    sa.Column('votes', sa.Boolean(), nullable=False, comment='has the right to vote: full members'),
    sa.Column('standing', sa.String(length=12), nullable=False, comment="graded, ungraded (不评定等次), not_counted (with the superior's consent) or struck"),
    sa.Column('why', sa.String(length=20), nullable=True, comment='why not graded, as a category'),
    sa.Column('self_text', sa.Text(), nullable=True),
    sa.Column('self_grade', sa.String(length=12), nullable=True, comment='key of GRADES'),
    sa.Column('self_by', sa.Uuid(as_uuid=False), nullable=True, comment='who entered it (代录)'),
    sa.Column('self_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('excused', sa.String(length=20), nullable=True, comment='why without a self-assessment'),
    sa.Column('tally', JSON, nullable=True, comment='valid ballots by key of GRADES'),
    sa.Column('proposed', sa.String(length=12), nullable=True, comment='key of GRADES'),
    sa.Column('proposed_why', sa.Text(), nullable=True, comment='where it departs from the vote'),
    sa.Column('heard', sa.Text(), nullable=True, comment='what the member said before a harsh rating'),
    sa.Column('returned', sa.Text(), nullable=True, comment='why the superior committee sent it back'),
    sa.Column('grade', sa.String(length=12), nullable=True, comment='the outcome; key of GRADES'),
    sa.Column('told_on', sa.Date(), nullable=True, comment='told in person; a review may be asked for from then'),
    sa.Column('review', JSON, nullable=True, comment='reason, asked_on; when answered outcome and opinion'),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_appraised_case_id')),
    sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name=op.f('fk_appraised_person_id')),
    sa.ForeignKeyConstraint(['self_by'], ['persons.id'], name=op.f('fk_appraised_self_by')),
    sa.ForeignKeyConstraint(['zone_id'], ['zones.id'], name=op.f('fk_appraised_zone_id')),
    sa.PrimaryKeyConstraint('case_id', 'person_id', name=op.f('pk_appraised'))
    )
    with op.batch_alter_table('appraised', schema=None) as batch_op:
        batch_op.create_index('ix_appraised_person', ['person_id'], unique=False)

    op.create_table('peer_reviews',
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('zone_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('case_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('about_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('by_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('opinion', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['about_id'], ['persons.id'], name=op.f('fk_peer_reviews_about_id')),
    sa.ForeignKeyConstraint(['by_id'], ['persons.id'], name=op.f('fk_peer_reviews_by_id')),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_peer_reviews_case_id')),
    sa.ForeignKeyConstraint(['zone_id'], ['zones.id'], name=op.f('fk_peer_reviews_zone_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_peer_reviews'))
    )
    with op.batch_alter_table('peer_reviews', schema=None) as batch_op:
        batch_op.create_index('ix_peer_reviews_case', ['case_id', 'about_id'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('peer_reviews', schema=None) as batch_op:
        batch_op.drop_index('ix_peer_reviews_case')

    op.drop_table('peer_reviews')
    with op.batch_alter_table('appraised', schema=None) as batch_op:
        batch_op.drop_index('ix_appraised_person')

    op.drop_table('appraised')
