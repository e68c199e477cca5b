"""indexes for what was scanned, and two comments that the models had outgrown"""

import sqlalchemy as sa
from alembic import op

revision = '0010'
down_revision = '0009'

OPEN = 'closed_at IS NULL'
# table: name, columns, and which rows where not all.
MADE = (
    ('memberships', 'ix_memberships_person', ['person_id', 'from_on'], None),
    ('units', 'ix_units_successor', ['successor_id'], None),
    ('desks', 'ix_desks_beside', ['beside_id'], f'{OPEN} AND beside_id IS NOT NULL'),
    ('desks', 'ix_desks_claimed', ['claimed_by'], f'{OPEN} AND claimed_by IS NOT NULL'),
    ('desks', 'ix_desks_handed', ['handed_to'], f'{OPEN} AND handed_to IS NOT NULL'),
    ('cases', 'ix_cases_unit', ['unit_id', 'workflow', 'closed_at'], None),
    ('cases', 'ix_cases_open_state', ['workflow', 'state'], OPEN),
    ('journal', 'ix_journal_actor', ['actor_id', 'case_id', 'role'], None),
    ('journal', 'ix_journal_acting_for', ['acting_for', 'case_id', 'role'], 'acting_for IS NOT NULL'),
    ('journal', 'ix_journal_role', ['case_id', 'role', 'actor_id'], None),
    ('follow_ups', 'ix_follow_ups_due', ['day'], 'told_at IS NULL'),
    ('idempotency', 'ix_idempotency_at', ['at'], None),
    ('notices', 'ix_notices_unread', ['person_id'], 'read_at IS NULL'),
    ('life_meetings', 'ix_life_meetings_unit', ['unit_id', 'held_on'], None),
    ('admin_changes', 'ix_admin_changes_zone', ['zone_id', 'id'], None),
    ('admin_changes', 'ix_admin_changes_about', ['about_id', 'id'], None),
    ('slips', 'ix_slips_usable', ['zone_id', 'expires_at'], 'ended_at IS NULL'),
)
# Led by the zone, in which nearly every row lies; and by a time that nothing asks for.
REPLACED = (
    ('cases', 'ix_cases_unit', ['zone_id', 'unit_id', 'closed_at']),
    ('journal', 'ix_journal_actor', ['actor_id', 'at']),
)
# PostgreSQL alone keeps comments.
COMMENTS = (
    ('kind', 'act, watch or copy', 'act, watch, copy, help (委派), sign (加签) or past'),
    ('answer', 'the move by which this slot was closed', 'the move or vote by which this slot was closed'),
)


def upgrade() -> None:
    for table, name, _ in REPLACED:
        op.drop_index(name, table)
    for table, name, columns, rows in MADE:
        which = sa.text(rows) if rows else None
        op.create_index(name, table, columns, sqlite_where=which, postgresql_where=which)
    if op.get_bind().dialect.name == 'postgresql':
        for column, before, after in COMMENTS:
            op.alter_column('desks', column, comment=after, existing_comment=before)


def downgrade() -> None:
    for table, name, _, _ in MADE:
        op.drop_index(name, table)
    for table, name, columns in REPLACED:
        op.create_index(name, table, columns)
    if op.get_bind().dialect.name == 'postgresql':
        for column, before, after in COMMENTS:
            op.alter_column('desks', column, comment=before, existing_comment=after)
