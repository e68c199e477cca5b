"""What a superior takes note of: corrections that make a breach look better, late entries, and what a
state-owned enterprise files. From issue part 6, 2, and 四、4 of the document for enterprises.
"""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from oversight.base.refusals import Forbidden, InvalidInput, NotFound, RuleViolation
from oversight.calendar.party_days import status
from oversight.engine import authority, transitions
from oversight.ledger import course, month
from oversight.models import Case
from tests.db.test_attendance import people, record, sheet
from tests.support.actors import Play
from tests.support.world import at

WALKS = {"record_note": "test_walk"}
WHY = {"reason": "不需要这样办"}
REFUSALS = {
    "record_note": [  # who, move, words, refusal, rule
        ("village.secretary", "take_note", {}, Forbidden, "authority"),
        ("zone.officer", "take_note", {}, Forbidden, "authority"),
        ("community.secretary", "take_note", {}, NotFound, None),
        ("town1.officer", "take_note", {"opinion": 7}, InvalidInput, None),
        ("village.secretary", "void", WHY, Forbidden, "authority"),
        ("village.secretary", "terminate", WHY, Forbidden, "authority"),
        ("village.secretary", "recuse", WHY, Forbidden, "authority"),
        ("zone.officer", "take_over", WHY, RuleViolation, "superior_is_late"),
    ]
}


@pytest.fixture
def play(session, world):
    return Play(session, world)


def notes(session) -> list[Case]:
    wanted = sa.select(Case).where(Case.workflow == "record_note").order_by(Case.id)
    return list(session.scalars(wanted))


def about(session) -> list[str]:
    return [case.facts["about"] for case in notes(session)]


def corrected(session, world) -> Case:
    """Let the village turn an absence into presence."""
    record(session, world, sheet(world, absent=("member1",)))
    record(session, world, sheet(world, why="本人在分会场参加，漏登"))
    [case] = notes(session)
    return case


def shown(session, row, today="2026-11-24") -> month.Month:
    return month.one(session, row, at(today).today)


def test_walk(session, play):
    case = corrected(session, play.world)
    assert (case.state, play.desks(case)) == ("to_note", ["town1"])
    assert case.facts["before"] == ["absent"]
    case = play.say(case, "town1.officer", "take_note", {})
    assert case.state == "noted" and play.desks(case) == []
    assert [row.move for row in play.journal(case)] == ["open", "take_note"]


@pytest.mark.parametrize("who, move, words, kind, rule", REFUSALS["record_note"])
def test_refused(session, play, who, move, words, kind, rule):
    case = corrected(session, play.on("2026-11-09").world)
    play.no(kind, rule, play.say, case, who, move, words)


def test_nobody_opens_one_by_hand(session, play):
    row = record(session, play.world, sheet(play.world))
    facts = {"record": row.id, "about": "correction"}
    opening = ("village.secretary", "village", "2026-11-24", "record_note")
    play.no(Forbidden, "authority", play.open, *opening, **facts)
    who = play.who("village.secretary")
    basis = authority.leads(session, row.unit, who)
    for record_id in (row.id, "x"):
        facts["record"] = record_id
        with pytest.raises(RuleViolation) as no:
            transitions.open_case(
                session, "record_note", row.unit_id, facts, who, play.at, basis=basis
            )
        assert no.value.extra["rule"] == "from_the_record"


# Corrections -------------------------------------------------------------------------------------


def test_a_wrong_day_put_right_is_shown_with_what_it_was(session, world):
    row = record(session, world, sheet(world, held_on="2026-11-05"))
    assert status(row, at("2026-11-09").today) == "late"
    record(session, world, sheet(world, held_on="2026-11-06", why="日期填错"))
    assert shown(session, row).bettered == ["未按期"] and about(session) == ["correction"]
    assert "更正前为未按期开展" in course.of(session, [row.id])[row.id][0].said


def test_a_correction_for_the_worse_needs_nobody_s_note(session, world):
    row = record(session, world, sheet(world))
    record(session, world, sheet(world, absent=("member1",), why="签到表多签"))
    assert about(session) == [] and shown(session, row).bettered == []


def test_what_was_better_once_stays_marked(session, world):
    row = record(session, world, sheet(world, leave=("member1",), absent=("member2",)))
    record(session, world, sheet(world, absent=("member2",), why="一"))
    record(session, world, sheet(world, why="二"))
    record(session, world, sheet(world, leave=("member1",), why="三"))
    assert shown(session, row).bettered == ["缺席", "请假"]
    assert about(session) == ["correction", "correction"]


# 开展 and 登记 --------------------------------------------------------------------------------------


@pytest.mark.parametrize("on, entry", [("2026-11-13", "in_time"), ("2026-11-16", "late")])
def test_an_entry_is_in_time_for_five_working_days(session, world, on, entry):
    row = record(session, world, sheet(world), on=on)
    assert (status(row, at(on).today), shown(session, row).entry) == ("held", entry)
    assert about(session) == (["late_entry"] if entry == "late" else [])


def test_the_term_runs_across_the_end_of_the_month(session, world):
    raw = sheet(world, "firm", held_on="2026-10-30")
    row = record(session, world, raw, "firm.secretary", "2026-11-06", "firm", 10)
    assert (status(row, at("2026-11-06").today), shown(session, row).entry) == ("held", "in_time")
    assert about(session) == []


def test_an_activity_of_january_first_recorded_in_november(session, play):
    raw = sheet(play.world, held_on="2026-01-09")
    row = record(session, play.world, raw, on="2026-11-24", month=1)
    assert status(row, at("2026-11-24").today) == "held" and shown(session, row).entry == "late"
    [case] = notes(session)
    assert case.facts["about"] == "late_entry" and play.desks(case) == ["town1"]
    record(
        session,
        play.world,
        sheet(play.world, absent=("member1",), why="更正"),
        on="2026-11-24",
        month=1,
    )
    assert shown(session, row).entry == "late", "for good"


def test_a_month_can_be_entered_until_its_term_ends(session, world, play):
    row = play.activity("village", 10) or record_none(session, world)
    for day, stands in (("2026-10-12", "unrecorded"), ("2026-11-02", "missed")):
        assert shown(session, row, day).stands == stands
    firm = record_none(session, world, "firm", 10)
    for day, stands in (
        ("2026-10-31", "unplanned"),
        ("2026-11-06", "unrecorded"),
        ("2026-11-09", "missed"),
    ):
        assert shown(session, firm, day).stands == stands


def record_none(session, world, unit="village", number=10):
    from tests.db.test_attendance import activity

    return activity(session, world, unit, number)


def test_a_meeting_nobody_came_to_was_not_held(session, world):
    everybody = people(world, "secretary", "organizer", "member1", "member2", "member3")
    raw = {"present": [], "absent": everybody}
    with pytest.raises(RuleViolation, match="不算开展"):
        record(session, world, raw)
    session.rollback()
    assert notes(session) == []


# 备案 ---------------------------------------------------------------------------------------------


def test_only_an_enterprise_files_with_its_superior(session, play):
    for unit in ("soe", "firm", "school", "village"):
        raw = sheet(play.world, unit, held_on="2026-11-06")
        record(session, play.world, raw, f"{unit}.secretary", unit=unit)
    [case] = notes(session)
    assert case.unit_id == play.world.units["soe"].id and case.facts["about"] == "filing"
    assert play.desks(case) == ["town1"] and case.due_on == at("2026-11-16").today


def test_a_firm_that_files_nothing_reads_so(session, world):
    """国四4: 活动情况要及时报上级党组织备案; without a record there is nothing to file."""
    row = record_none(session, world, "soe", 10)
    for day, stands in (("2026-11-06", "unrecorded"), ("2026-11-09", "missed")):
        assert shown(session, row, day).stands == stands
    assert notes(session) == []
