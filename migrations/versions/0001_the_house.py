"""the house"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
revision = '0001'
down_revision = None


def upgrade() -> None:
    op.create_table('journal',
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('zone_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('case_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False, comment='move, or the desk act'),
    sa.Column('move', sa.String(length=40), nullable=False),
    sa.Column('from_state', sa.String(length=40), nullable=False),
    sa.Column('to_state', sa.String(length=40), nullable=False),
    sa.Column('actor_id', sa.Uuid(as_uuid=False), nullable=True, comment='empty: the clock or the count'),
    sa.Column('actor', sa.String(length=120), nullable=False, comment='name and office as they were'),
    sa.Column('acting_for', sa.Uuid(as_uuid=False), nullable=True),
    sa.Column('role', sa.String(length=20), nullable=False),
    sa.Column('unit_id', sa.Uuid(as_uuid=False), nullable=True, comment='the seat from which it was done'),
    sa.Column('words', JSON, nullable=False),
    sa.Column('result', JSON, nullable=False, comment='what came of it: numbers issued, days moved'),
    sa.Column('previous', sa.String(length=64), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_journal')),
    sa.UniqueConstraint('case_id', 'seq', name='uq_journal_chain')
    )
    with op.batch_alter_table('journal', schema=None) as batch_op:
        batch_op.create_index('ix_journal_actor', ['actor_id', 'at'], unique=False)

    op.create_table('refusals',
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('zone_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('case_id', sa.Uuid(as_uuid=False), nullable=True),
    sa.Column('workflow', sa.String(length=40), nullable=False),
    sa.Column('move', sa.String(length=40), nullable=False),
    sa.Column('actor_id', sa.Uuid(as_uuid=False), nullable=True),
    sa.Column('status', sa.Integer(), nullable=False),
    sa.Column('rule', sa.String(length=60), nullable=True),
    sa.Column('ground', sa.String(length=200), nullable=True, comment='clause id or house rule'),
    sa.Column('sentence', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_refusals'))
    )
    with op.batch_alter_table('refusals', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_refusals_case_id'), ['case_id'], unique=False)

    op.create_table('zones',
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False, comment='as printed, e.g. 随州高新区'),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_zones'))
    )
    op.create_table('calendar_days',
    sa.Column('zone_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('kind', sa.String(length=4), nullable=False, comment='rest or work'),
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('statutory', sa.Boolean(), nullable=False, comment='a holiday by law, not a 调休 rest day'),
    sa.Column('source', sa.String(length=200), nullable=False),
    sa.ForeignKeyConstraint(['zone_id'], ['zones.id'], name=op.f('fk_calendar_days_zone_id')),
    sa.PrimaryKeyConstraint('zone_id', 'day', name=op.f('pk_calendar_days'))
    )
    op.create_table('checkpoints',
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('zone_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('cases', sa.Integer(), nullable=False),
    sa.Column('rows', sa.Integer(), nullable=False),
    sa.Column('changed', JSON, nullable=False, comment='[case, seq] of every chain that grew since the one before'),
    sa.Column('root', sa.String(length=64), nullable=False),
    sa.Column('previous', sa.String(length=64), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['zone_id'], ['zones.id'], name=op.f('fk_checkpoints_zone_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_checkpoints'))
    )
    op.create_table('persons',
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('zone_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('joined_on', sa.Date(), nullable=True, comment='day on which the branch meeting accepted the person as 预备党员; sets the oath month'),
    sa.Column('probationary', sa.Boolean(), nullable=False, comment='预备党员'),
    sa.Column('mobile', sa.Boolean(), nullable=False, comment='流动党员'),
    sa.Column('retired', sa.Boolean(), nullable=False, comment='离退休党员'),
    sa.Column('elderly', sa.Boolean(), nullable=False, comment='年老体弱'),
    sa.Column('leading', sa.Boolean(), nullable=False, comment='党员领导干部'),
    sa.Column('in_post', sa.Boolean(), nullable=False, comment='在职党员'),
    sa.Column('no_office', sa.Boolean(), nullable=False, comment='无职党员'),
    sa.Column('phone_sealed', sa.Text(), nullable=True, comment='encrypted; shown masked'),
    sa.Column('left_on', sa.Date(), nullable=True, comment='death or leaving the Party'),
    sa.Column('left_why', sa.String(length=20), nullable=True),
    sa.ForeignKeyConstraint(['zone_id'], ['zones.id'], name=op.f('fk_persons_zone_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_persons'))
    )
    with op.batch_alter_table('persons', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_persons_zone_id'), ['zone_id'], unique=False)

    op.create_table('published_years',
    sa.Column('zone_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('year', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('source', sa.String(length=200), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['zone_id'], ['zones.id'], name=op.f('fk_published_years_zone_id')),
    sa.PrimaryKeyConstraint('zone_id', 'year', name=op.f('pk_published_years'))
    )
    op.create_table('units',
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('zone_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('parent_id', sa.Uuid(as_uuid=False), nullable=True),
    sa.Column('path', sa.Text(), nullable=False, comment='/zone unit/town/branch/ by id, own id last'),
    sa.Column('kind', sa.String(length=12), nullable=False, comment='key of UNIT_KINDS'),
    sa.Column('category', sa.String(length=12), nullable=True, comment='branches: key of CATEGORIES'),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('sort', sa.Integer(), nullable=False, comment='order among siblings'),
    sa.Column('doc_prefix', sa.String(length=20), nullable=True, comment='机关代字 for numbered papers'),
    sa.Column('passes_through', sa.Boolean(), nullable=False, comment='a middle node that does not answer itself: its superior does'),
    sa.Column('accountable_from', sa.Date(), nullable=False, comment='nothing earlier is owed'),
    sa.Column('ended_on', sa.Date(), nullable=True, comment='first day on which the unit no longer exists'),
    sa.Column('successor_id', sa.Uuid(as_uuid=False), nullable=True),
    sa.CheckConstraint("(category IS NOT NULL) = (kind = 'branch')", name=op.f('ck_units_category_of_branches_only')),
    sa.ForeignKeyConstraint(['parent_id'], ['units.id'], name=op.f('fk_units_parent_id')),
    sa.ForeignKeyConstraint(['successor_id'], ['units.id'], name=op.f('fk_units_successor_id')),
    sa.ForeignKeyConstraint(['zone_id'], ['zones.id'], name=op.f('fk_units_zone_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_units'))
    )
    with op.batch_alter_table('units', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_units_parent_id'), ['parent_id'], unique=False)
        batch_op.create_index('ix_units_path', ['zone_id', 'path'], unique=False)

    op.create_table('work',
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('zone_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('key', sa.String(length=200), nullable=False, comment='says the same thing only once'),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('payload', JSON, nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('last_error', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['zone_id'], ['zones.id'], name=op.f('fk_work_zone_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_work')),
    sa.UniqueConstraint('zone_id', 'key', name='uq_work_key')
    )
    with op.batch_alter_table('work', schema=None) as batch_op:
        batch_op.create_index('ix_work_due', ['due_at'], unique=False, sqlite_where=sa.text('done_at IS NULL'), postgresql_where=sa.text('done_at IS NULL'))

    op.create_table('accounts',
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('zone_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('person_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('username', sa.String(length=60), nullable=False),
    sa.Column('password_hash', sa.String(length=200), nullable=False),
    sa.Column('enabled', sa.Boolean(), nullable=False),
    sa.Column('demo', sa.Boolean(), nullable=False, comment='the server refuses to listen beyond loopback'),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('locked_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('large_text', sa.Boolean(), nullable=False, comment='大字'),
    sa.Column('locale', sa.String(length=10), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name=op.f('fk_accounts_person_id')),
    sa.ForeignKeyConstraint(['zone_id'], ['zones.id'], name=op.f('fk_accounts_zone_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_accounts')),
    sa.UniqueConstraint('person_id', name=op.f('uq_accounts_person_id')),
    sa.UniqueConstraint('username', name=op.f('uq_accounts_username'))
    )
    op.create_table('cases',
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('zone_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('workflow', sa.String(length=40), nullable=False),
    sa.Column('definition_version', sa.Integer(), nullable=False, comment='the case stays on the version it began with'),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('unit_id', sa.Uuid(as_uuid=False), nullable=False, comment='whose case it is'),
    sa.Column('subject', sa.String(length=80), nullable=True, comment='what it is about; one open case a workflow and subject'),
    sa.Column('number', sa.String(length=60), nullable=True, comment='of the paper it led to; kept when void'),
    sa.Column('facts', JSON, nullable=False, comment='what is asked or found, as it stands now'),
    sa.Column('opened_by', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('entered_at', sa.DateTime(timezone=True), nullable=False, comment='since when it is in its state'),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True, comment='when it reached an end'),
    sa.Column('version', sa.Integer(), nullable=False, comment='one more with every state change'),
    sa.Column('seq', sa.Integer(), nullable=False, comment='journal rows so far'),
    sa.Column('head', sa.String(length=64), nullable=False, comment='hash of the newest journal row'),
    sa.Column('raised', sa.Integer(), nullable=False, comment='levels climbed by 提级办理'),
    sa.Column('budget_workdays', sa.Integer(), nullable=True, comment='working days given in this state'),
    sa.Column('used_workdays', sa.Integer(), nullable=False, comment='spent before the clock last stopped'),
    sa.Column('running_since', sa.Date(), nullable=True, comment='empty while the clock stands'),
    sa.Column('due_on', sa.Date(), nullable=True, comment='last day, from budget, used and the cap'),
    sa.Column('wake_on', sa.Date(), nullable=True, comment='first day on which the clock has a move to make'),
    sa.ForeignKeyConstraint(['opened_by'], ['persons.id'], name=op.f('fk_cases_opened_by')),
    sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name=op.f('fk_cases_unit_id')),
    sa.ForeignKeyConstraint(['zone_id'], ['zones.id'], name=op.f('fk_cases_zone_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_cases'))
    )
    with op.batch_alter_table('cases', schema=None) as batch_op:
        batch_op.create_index('ix_cases_due', ['due_on'], unique=False, sqlite_where=sa.text('closed_at IS NULL'), postgresql_where=sa.text('closed_at IS NULL'))
        batch_op.create_index('ix_cases_unit', ['zone_id', 'unit_id', 'closed_at'], unique=False)
        batch_op.create_index('ix_cases_wake', ['wake_on'], unique=False, sqlite_where=sa.text('closed_at IS NULL'), postgresql_where=sa.text('closed_at IS NULL'))
        batch_op.create_index('uq_cases_one_open', ['workflow', 'subject'], unique=True, sqlite_where=sa.text('closed_at IS NULL AND subject IS NOT NULL'), postgresql_where=sa.text('closed_at IS NULL AND subject IS NOT NULL'))

    op.create_table('memberships',
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('zone_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('person_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('unit_id', sa.Uuid(as_uuid=False), nullable=False, comment='the branch'),
    sa.Column('group_id', sa.Uuid(as_uuid=False), nullable=True, comment='党小组'),
    sa.Column('sort', sa.Integer(), nullable=False, comment='order in the roster'),
    sa.Column('from_on', sa.Date(), nullable=False),
    sa.Column('to_on', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['group_id'], ['units.id'], name=op.f('fk_memberships_group_id')),
    sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name=op.f('fk_memberships_person_id')),
    sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name=op.f('fk_memberships_unit_id')),
    sa.ForeignKeyConstraint(['zone_id'], ['zones.id'], name=op.f('fk_memberships_zone_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_memberships'))
    )
    with op.batch_alter_table('memberships', schema=None) as batch_op:
        batch_op.create_index('ix_memberships_unit', ['unit_id', 'from_on'], unique=False)
        batch_op.create_index('uq_memberships_one_branch', ['person_id'], unique=True, sqlite_where=sa.text('to_on IS NULL'), postgresql_where=sa.text('to_on IS NULL'))

    op.create_table('number_series',
    sa.Column('unit_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('series', sa.String(length=10), nullable=False),
    sa.Column('year', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('zone_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('last', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name=op.f('fk_number_series_unit_id')),
    sa.ForeignKeyConstraint(['zone_id'], ['zones.id'], name=op.f('fk_number_series_zone_id')),
    sa.PrimaryKeyConstraint('unit_id', 'series', 'year', name=op.f('pk_number_series'))
    )
    op.create_table('posts',
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('zone_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('person_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('unit_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('office', sa.String(length=20), nullable=False, comment='key of roles.OFFICES'),
    sa.Column('from_on', sa.Date(), nullable=False),
    sa.Column('to_on', sa.Date(), nullable=True, comment='last day in office; empty: still in office'),
    sa.CheckConstraint('to_on IS NULL OR to_on >= from_on', name=op.f('ck_posts_ends_after_it_begins')),
    sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name=op.f('fk_posts_person_id')),
    sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name=op.f('fk_posts_unit_id')),
    sa.ForeignKeyConstraint(['zone_id'], ['zones.id'], name=op.f('fk_posts_zone_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_posts'))
    )
    with op.batch_alter_table('posts', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_posts_person_id'), ['person_id'], unique=False)
        batch_op.create_index('ix_posts_seat', ['unit_id', 'office'], unique=False)

    op.create_table('unit_changes',
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('zone_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('unit_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('day', sa.Date(), nullable=False, comment='from which day it holds'),
    sa.Column('what', JSON, nullable=False, comment='field: [before, after]'),
    sa.Column('by_id', sa.Uuid(as_uuid=False), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['persons.id'], name=op.f('fk_unit_changes_by_id')),
    sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name=op.f('fk_unit_changes_unit_id')),
    sa.ForeignKeyConstraint(['zone_id'], ['zones.id'], name=op.f('fk_unit_changes_zone_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_unit_changes'))
    )
    with op.batch_alter_table('unit_changes', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_unit_changes_unit_id'), ['unit_id'], unique=False)

    op.create_table('zone_settings',
    sa.Column('zone_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('value', sa.String(length=200), nullable=False),
    sa.Column('by_id', sa.Uuid(as_uuid=False), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['persons.id'], name=op.f('fk_zone_settings_by_id')),
    sa.ForeignKeyConstraint(['zone_id'], ['zones.id'], name=op.f('fk_zone_settings_zone_id')),
    sa.PrimaryKeyConstraint('zone_id', 'name', name=op.f('pk_zone_settings'))
    )
    op.create_table('activities',
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('zone_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('unit_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('month', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False, comment='party_day or july'),
    sa.Column('rule_day', sa.Date(), nullable=True, comment='what the rule yields; empty: the branch chooses'),
    sa.Column('day', sa.Date(), nullable=True, comment='the day in force'),
    sa.Column('moved_by', sa.Uuid(as_uuid=False), nullable=True, comment='the case whose consent moved the day'),
    sa.Column('excused_by', sa.Uuid(as_uuid=False), nullable=True, comment='同意缓开'),
    sa.Column('held_on', sa.Date(), nullable=True, comment='the day on which it really took place'),
    sa.Column('held_entered_at', sa.DateTime(timezone=True), nullable=True, comment='shown beside held_on (补录)'),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['excused_by'], ['cases.id'], name=op.f('fk_activities_excused_by')),
    sa.ForeignKeyConstraint(['moved_by'], ['cases.id'], name=op.f('fk_activities_moved_by')),
    sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name=op.f('fk_activities_unit_id')),
    sa.ForeignKeyConstraint(['zone_id'], ['zones.id'], name=op.f('fk_activities_zone_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_activities')),
    sa.UniqueConstraint('unit_id', 'year', 'month', 'kind', name='uq_activities_month')
    )
    with op.batch_alter_table('activities', schema=None) as batch_op:
        batch_op.create_index('ix_activities_zone_day', ['zone_id', 'day'], unique=False)

    op.create_table('api_tokens',
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('zone_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('account_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_api_tokens_account_id')),
    sa.ForeignKeyConstraint(['zone_id'], ['zones.id'], name=op.f('fk_api_tokens_zone_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_api_tokens')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_api_tokens_token_hash'))
    )
    with op.batch_alter_table('api_tokens', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_api_tokens_account_id'), ['account_id'], unique=False)

    op.create_table('desks',
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('zone_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('case_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('workflow', sa.String(length=40), nullable=False),
    sa.Column('case_unit_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('unit_id', sa.Uuid(as_uuid=False), nullable=False, comment='the seat'),
    sa.Column('role', sa.String(length=20), nullable=False),
    sa.Column('tier', sa.Integer(), nullable=False, comment="how far down the seat's offices it had to go"),
    sa.Column('person_id', sa.Uuid(as_uuid=False), nullable=True, comment='one person only'),
    sa.Column('slot_id', sa.Uuid(as_uuid=False), nullable=True, comment='where many answer: for which unit this row stands'),
    sa.Column('kind', sa.String(length=6), nullable=False, comment='act, watch or copy'),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('answer', sa.String(length=40), nullable=True, comment='the move by which this slot was closed'),
    sa.Column('claimed_by', sa.Uuid(as_uuid=False), nullable=True),
    sa.Column('claimed_on', sa.Date(), nullable=True, comment='a claim holds for the day'),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_desks_case_id')),
    sa.ForeignKeyConstraint(['case_unit_id'], ['units.id'], name=op.f('fk_desks_case_unit_id')),
    sa.ForeignKeyConstraint(['claimed_by'], ['persons.id'], name=op.f('fk_desks_claimed_by')),
    sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name=op.f('fk_desks_person_id')),
    sa.ForeignKeyConstraint(['slot_id'], ['units.id'], name=op.f('fk_desks_slot_id')),
    sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name=op.f('fk_desks_unit_id')),
    sa.ForeignKeyConstraint(['zone_id'], ['zones.id'], name=op.f('fk_desks_zone_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_desks'))
    )
    with op.batch_alter_table('desks', schema=None) as batch_op:
        batch_op.create_index('ix_desks_case', ['case_id'], unique=False)
        batch_op.create_index('ix_desks_person', ['person_id', 'due_on', 'id'], unique=False, sqlite_where=sa.text('closed_at IS NULL'), postgresql_where=sa.text('closed_at IS NULL'))
        batch_op.create_index('ix_desks_queue', ['unit_id', 'role', 'due_on', 'id'], unique=False, sqlite_where=sa.text('closed_at IS NULL'), postgresql_where=sa.text('closed_at IS NULL'))

    op.create_table('idempotency',
    sa.Column('account_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('key', sa.String(length=200), nullable=False),
    sa.Column('zone_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('fingerprint', sa.String(length=64), nullable=False, comment='of method, path and body'),
    sa.Column('status', sa.Integer(), nullable=False),
    sa.Column('body', JSON, nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_idempotency_account_id')),
    sa.ForeignKeyConstraint(['zone_id'], ['zones.id'], name=op.f('fk_idempotency_zone_id')),
    sa.PrimaryKeyConstraint('account_id', 'key', name=op.f('pk_idempotency'))
    )
    op.create_table('logins',
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('zone_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('account_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_logins_account_id')),
    sa.ForeignKeyConstraint(['zone_id'], ['zones.id'], name=op.f('fk_logins_zone_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_logins')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_logins_token_hash'))
    )
    with op.batch_alter_table('logins', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_logins_account_id'), ['account_id'], unique=False)

    op.create_table('notices',
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('zone_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('person_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('key', sa.String(length=200), nullable=False),
    sa.Column('case_id', sa.Uuid(as_uuid=False), nullable=True),
    sa.Column('text', sa.String(length=200), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('read_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_notices_case_id')),
    sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name=op.f('fk_notices_person_id')),
    sa.ForeignKeyConstraint(['zone_id'], ['zones.id'], name=op.f('fk_notices_zone_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notices')),
    sa.UniqueConstraint('person_id', 'key', name='uq_notices_once')
    )
    op.create_table('papers',
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('zone_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('unit_id', sa.Uuid(as_uuid=False), nullable=False, comment='the issuing unit'),
    sa.Column('series', sa.String(length=10), nullable=False, comment='addition to the 机关代字, e.g. 整; empty: 批复'),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('number', sa.String(length=60), nullable=False, comment='青委〔2026〕31号'),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('case_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('body', JSON, nullable=False, comment='title, to, paragraphs, from, date'),
    sa.Column('issued_on', sa.Date(), nullable=False),
    sa.Column('issued_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('issued_by', sa.Uuid(as_uuid=False), nullable=True, comment='empty: the count'),
    sa.Column('void_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('void_why', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_papers_case_id')),
    sa.ForeignKeyConstraint(['issued_by'], ['persons.id'], name=op.f('fk_papers_issued_by')),
    sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name=op.f('fk_papers_unit_id')),
    sa.ForeignKeyConstraint(['zone_id'], ['zones.id'], name=op.f('fk_papers_zone_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_papers')),
    sa.UniqueConstraint('unit_id', 'series', 'year', 'seq', name='uq_papers_number')
    )
    with op.batch_alter_table('papers', schema=None) as batch_op:
        batch_op.create_index('ix_papers_case', ['case_id'], unique=False)

    op.create_table('recusals',
    sa.Column('case_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('person_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('zone_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_recusals_case_id')),
    sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name=op.f('fk_recusals_person_id')),
    sa.ForeignKeyConstraint(['zone_id'], ['zones.id'], name=op.f('fk_recusals_zone_id')),
    sa.PrimaryKeyConstraint('case_id', 'person_id', name=op.f('pk_recusals'))
    )
    op.create_table('reminders',
    sa.Column('case_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False, comment="the case's version: a return starts anew"),
    sa.Column('rung', sa.Integer(), nullable=False, comment='working days before the due day; -1: overdue'),
    sa.Column('zone_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_reminders_case_id')),
    sa.ForeignKeyConstraint(['zone_id'], ['zones.id'], name=op.f('fk_reminders_zone_id')),
    sa.PrimaryKeyConstraint('case_id', 'version', 'rung', name=op.f('pk_reminders'))
    )
    op.create_table('zone_notices',
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('zone_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('month', sa.Integer(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False, comment='the day on which everybody meets instead'),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('case_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True, comment='revoked'),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_zone_notices_case_id')),
    sa.ForeignKeyConstraint(['zone_id'], ['zones.id'], name=op.f('fk_zone_notices_zone_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_zone_notices'))
    )
    with op.batch_alter_table('zone_notices', schema=None) as batch_op:
        batch_op.create_index('uq_zone_notices_month', ['zone_id', 'year', 'month'], unique=True, sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))

    op.create_table('activity_changes',
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('zone_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('activity_id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('what', JSON, nullable=False, comment='field: [before, after]'),
    sa.Column('why', sa.String(length=200), nullable=False),
    sa.Column('case_id', sa.Uuid(as_uuid=False), nullable=True),
    sa.Column('by_id', sa.Uuid(as_uuid=False), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['activity_id'], ['activities.id'], name=op.f('fk_activity_changes_activity_id')),
    sa.ForeignKeyConstraint(['by_id'], ['persons.id'], name=op.f('fk_activity_changes_by_id')),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_activity_changes_case_id')),
    sa.ForeignKeyConstraint(['zone_id'], ['zones.id'], name=op.f('fk_activity_changes_zone_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_activity_changes'))
    )
    with op.batch_alter_table('activity_changes', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_activity_changes_activity_id'), ['activity_id'], unique=False)

    guard_append_only()


APPEND_ONLY = ("journal", "unit_changes", "activity_changes", "checkpoints", "refusals")


def guard_append_only() -> None:
    """Let the database itself refuse to change or remove what was recorded."""
    if op.get_bind().dialect.name == "sqlite":
        for table in APPEND_ONLY:
            for act in ("UPDATE", "DELETE"):
                op.execute(f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
                           "BEGIN SELECT RAISE(ABORT, 'append-only'); END")
            # INSERT OR REPLACE deletes without asking the trigger above
            same = "id = NEW.id" + (" OR (case_id = NEW.case_id AND seq = NEW.seq)" if table == "journal" else "")
            op.execute(f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
                       f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same}) "
                       "BEGIN SELECT RAISE(ABORT, 'append-only'); END")
        return
    op.execute("CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS "
               "$$ BEGIN RAISE EXCEPTION 'append-only'; END $$")
    for table in APPEND_ONLY:
        op.execute(f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                   "FOR EACH STATEMENT EXECUTE FUNCTION append_only()")


def downgrade() -> None:
    with op.batch_alter_table('activity_changes', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_activity_changes_activity_id'))

    op.drop_table('activity_changes')
    with op.batch_alter_table('zone_notices', schema=None) as batch_op:
        batch_op.drop_index('uq_zone_notices_month', sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))

    op.drop_table('zone_notices')
    op.drop_table('reminders')
    op.drop_table('recusals')
    with op.batch_alter_table('papers', schema=None) as batch_op:
        batch_op.drop_index('ix_papers_case')

    op.drop_table('papers')
    op.drop_table('notices')
    with op.batch_alter_table('logins', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_logins_account_id'))

    op.drop_table('logins')
    op.drop_table('idempotency')
    with op.batch_alter_table('desks', schema=None) as batch_op:
        batch_op.drop_index('ix_desks_queue', sqlite_where=sa.text('closed_at IS NULL'), postgresql_where=sa.text('closed_at IS NULL'))
        batch_op.drop_index('ix_desks_person', sqlite_where=sa.text('closed_at IS NULL'), postgresql_where=sa.text('closed_at IS NULL'))
        batch_op.drop_index('ix_desks_case')

    op.drop_table('desks')
    with op.batch_alter_table('api_tokens', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_api_tokens_account_id'))

    op.drop_table('api_tokens')
    with op.batch_alter_table('activities', schema=None) as batch_op:
        batch_op.drop_index('ix_activities_zone_day')

    op.drop_table('activities')
    op.drop_table('zone_settings')
    with op.batch_alter_table('unit_changes', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_unit_changes_unit_id'))

    op.drop_table('unit_changes')
    with op.batch_alter_table('posts', schema=None) as batch_op:
        batch_op.drop_index('ix_posts_seat')
        batch_op.drop_index(batch_op.f('ix_posts_person_id'))

    op.drop_table('posts')
    op.drop_table('number_series')
    with op.batch_alter_table('memberships', schema=None) as batch_op:
        batch_op.drop_index('uq_memberships_one_branch', sqlite_where=sa.text('to_on IS NULL'), postgresql_where=sa.text('to_on IS NULL'))
        batch_op.drop_index('ix_memberships_unit')

    op.drop_table('memberships')
    with op.batch_alter_table('cases', schema=None) as batch_op:
        batch_op.drop_index('uq_cases_one_open', sqlite_where=sa.text('closed_at IS NULL AND subject IS NOT NULL'), postgresql_where=sa.text('closed_at IS NULL AND subject IS NOT NULL'))
        batch_op.drop_index('ix_cases_wake', sqlite_where=sa.text('closed_at IS NULL'), postgresql_where=sa.text('closed_at IS NULL'))
        batch_op.drop_index('ix_cases_unit')
        batch_op.drop_index('ix_cases_due', sqlite_where=sa.text('closed_at IS NULL'), postgresql_where=sa.text('closed_at IS NULL'))

    op.drop_table('cases')
    op.drop_table('accounts')
    with op.batch_alter_table('work', schema=None) as batch_op:
        batch_op.drop_index('ix_work_due', sqlite_where=sa.text('done_at IS NULL'), postgresql_where=sa.text('done_at IS NULL'))

    op.drop_table('work')
    with op.batch_alter_table('units', schema=None) as batch_op:
        batch_op.drop_index('ix_units_path')
        batch_op.drop_index(batch_op.f('ix_units_parent_id'))

    op.drop_table('units')
    op.drop_table('published_years')
    with op.batch_alter_table('persons', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_persons_zone_id'))

    op.drop_table('persons')
    op.drop_table('checkpoints')
    op.drop_table('calendar_days')
    op.drop_table('zones')
    with op.batch_alter_table('refusals', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_refusals_case_id'))

    op.drop_table('refusals')
    with op.batch_alter_table('journal', schema=None) as batch_op:
        batch_op.drop_index('ix_journal_actor')

    op.drop_table('journal')
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION append_only()")
