"""Terms are working days: where a rest day comes or goes, the last day of what is open follows it."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from oversight.calendar import holidays
from oversight.engine import authority, journal
from oversight.models import Case, JournalRow
from oversight.register import rest_days
from tests.db import test_rectification_walk as order
from tests.db.test_edges_clocks import paused
from tests.support.actors import Play
from tests.support.world import at

HEAD = "date,kind,name,source\n"


def load(session, world, rows: str, day: str) -> None:
    notice = holidays.read_csv((HEAD + rows).encode())
    rest_days.load(session, world.zone.id, notice, None, at(day))
    session.commit()


def told(session, case) -> list[tuple]:
    rows = sa.select(JournalRow).where(JournalRow.case_id == case.id, JournalRow.kind == "redate")
    return [(row.move, row.result["due_on"]) for row in session.scalars(rows)]


@pytest.fixture
def asked(session, world):
    case = Play(session, world).asked()  # on Tuesday the 24th: three working days
    assert case.due_on == date(2026, 11, 27)
    return case


def test_a_rest_day_within_a_term_moves_its_end(session, world, asked):
    load(session, world, "2026-11-26,rest,停电,区里\n", "2026-11-25")
    case = session.get(Case, asked.id, populate_existing=True)
    assert (case.due_on, case.budget_workdays, case.used_workdays) == (date(2026, 11, 30), 3, 0)
    assert told(session, case) == [("recount", ["2026-11-27", "2026-11-30"])]
    assert {desk.due_on for desk in authority.open_desks(session, case.id)} == {case.due_on}
    load(session, world, "2026-11-28,work,停电,区里\n", "2026-11-26")
    assert told(session, case)[1:] == [("recount", ["2026-11-30", "2026-11-28"])]
    load(session, world, "2026-11-28,work,停电,区里\n", "2026-11-26")
    assert len(told(session, case)) == 2, "the same again changes nothing"
    assert journal.verify_lines(journal.export_lines(session)) == []


def test_days_outside_a_term_and_terms_that_are_over_stay(session, world, asked):
    load(session, world, "2026-12-08,rest,停电,区里\n", "2026-11-25")
    load(session, world, "2026-11-26,rest,停电,区里\n", "2026-11-30")
    assert told(session, asked) == []


def test_a_term_never_passes_its_cap_nor_ends_before_today(session, world):
    play = Play(session, world).on("2026-11-27")
    case = play.asked("2026-12-11", day="2026-12-04")  # until the 2nd of December
    assert case.due_on == date(2026, 12, 2)
    load(session, world, "2026-11-30,rest,停电,区里\n2026-12-01,rest,停电,区里\n", "2026-11-28")
    case = session.get(Case, case.id, populate_existing=True)
    assert case.due_on == date(2026, 12, 3), "the last working day before the party day"


def test_what_went_on_after_a_pause_counts_what_is_left(session, world):
    case = order.fixing(session, world)
    case = paused(session, world, case, "2026-11-26", "2026-12-01", "2026-12-25")
    assert (case.used_workdays, case.due_on) == (2, date(2026, 12, 16))
    load(session, world, "2026-12-10,rest,停电,区里\n", "2026-12-02")
    case = session.get(Case, case.id, populate_existing=True)
    assert (case.used_workdays, case.budget_workdays) == (2, 13)
    assert case.due_on == date(2026, 12, 17)


def test_a_day_that_was_named_outright_stays(session, world):
    case = order.fixing(session, world)
    load(session, world, "2026-12-01,rest,停电,区里\n", "2026-11-25")
    case = session.get(Case, case.id, populate_existing=True)
    assert case.due_on == date(2026, 12, 11) and told(session, case) == []
