"""A year sheet may hold a duty of the half-year twice: its digest is the same however the database returns them.
Found by a year lived on PostgreSQL, of which the journal told three sheets as altered.
"""

from __future__ import annotations

from itertools import permutations

from oversight.engine import journal, records
from tests.db.test_obligations import enter


def test_rows_of_one_duty_have_one_order():
    rows = [
        ["DUTY.REVIEW", "2026-09-10", {}],
        ["DUTY.REVIEW", "2026-03-02", {"note": "逐人点评"}],
        ["DUTY.REVIEW", "2026-03-02", {}],
    ]
    found = {records._told({"duties": list(order)})["digest"] for order in permutations(rows)}
    assert len(found) == 1


def test_the_half_years_of_one_duty_are_kept_as_they_stand(session, world):
    enter(session, world, "DUTY.REVIEW", "2026-09-10")
    enter(session, world, "FAMILY", "2026-04-10")
    enter(session, world, "DUTY.REVIEW", "2026-03-02")
    assert journal.verify_lines(journal.export_lines(session)) == []
