"""The ledger: what the five documents ask of a branch for each time, and which record settles it.

The lists are written from the guidance.
"""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from oversight.base.refusals import (
    Forbidden,
    InvalidInput,
    InvalidTransition,
    NotFound,
    RuleViolation,
)
from oversight.engine import journal
from oversight.ledger import duty_records, life_meetings, obligations
from oversight.ledger.duty_records import Done
from oversight.models import Case, DutyRecord
from tests.db.test_attendance import activity, record, sheet
from tests.support.actors import Play
from tests.support.world import at

NOVEMBER = "2026-11"
# What each month asks of every branch. Source: G-2.3.2a, G-2.3.2b, G-2.4.1a, G-2.4.1b, G-3.1.1a,
# G-3.1.4b, G-3.2.1a, G-3.2.3a, G-4.4d
EVERYWHERE = {
    "ATT.RECORD",
    "PLAN.COMMITTEE_MEETING",
    "PLAN.CONSULT",
    "PLAN.OWN_ITEMS",
    "RECORD.BRANCH_HANDBOOK",
    "IMPL.COMMITTEE",
    "DUES.MONTHLY",
    "STUDY.SPEECHES",
    "DISCLOSE.ITEMS",
}
MONTHLY = {
    # R-3.2.3b 村（居）务; R-2.4.1c and R-3.2.3c are no musts; on 自选动作 all are silent, on the handbook
    # organs: the zone-wide document governs
    "village": {"DATE.FIXED", "DISCLOSE.VILLAGE"},
    "organ": {"DATE.FIXED"},
    "firm": {
        "DATE.MONTHLY_ONCE",
        "RECORD.EVIDENCE",
        "RECORD.CROSSCHECK",
        "RECORD.BRANCH_HANDBOOK",
    },  # P-4.2a, b, c
    "soe": {"DATE.MONTHLY_ONCE", "FILING"},  # S-4.4c
}


def owed(session, world, unit="village", on="2026-11-24", state=None):
    """Return what a branch owes of the year, by key and period."""
    row = world.units[unit]
    facts = obligations.read(session, [row], at(on).today.year, at(on, 23))
    found = obligations.of_branch(facts, row, world.units["town1"])
    return {(one.key, one.period): one for one in found if state in (None, one.state)}


def do(session, world, wanted, on="2026-11-09", who="village.secretary", why="", unit="village"):
    row = activity(session, world, unit)
    wanted = {key: one if isinstance(one, Done) else Done(one) for key, one in wanted.items()}
    return duty_records.submit(session, row.id, wanted, world.actor(who, at(on).today), at(on), why)


def enter(
    session, world, key, day="2026-03-02", on="2026-11-09", who="village.secretary", unit="village"
):
    return duty_records.enter(
        session, world.units[unit].id, key, day, "一句话", world.actor(who, at(on).today), at(on)
    )


@pytest.mark.parametrize("unit", MONTHLY)
def test_each_month_asks_what_the_branch_s_own_document_says(session, world, unit):
    found = owed(session, world, unit)
    musts = {
        key for (key, period), one in found.items() if period == NOVEMBER and one.kind == "must"
    }
    assert musts == EVERYWHERE | MONTHLY[unit]
    assert all(one.clause.startswith(one.clause[0]) and one.due_on for one in found.values())


def test_a_branch_that_has_done_nothing_owes_every_month_that_began(session, world):
    months = {period for key, period in owed(session, world) if key == "DUES.MONTHLY"}
    assert months == {f"2026-{n:02}" for n in range(1, 12)}
    stands = {one.state for (key, _), one in owed(session, world).items() if key == "DUES.MONTHLY"}
    assert stands == {"overdue"}


def test_what_is_owed_for_longer_times(session, world):
    """G-3.1.5a 每季度, G-3.1.6b 每半年, G-3.1.3b 每年; 学党规 and 交流 by the quarter, 点评 by the half-year are
    house rules.
    """
    found = owed(session, world)
    periods = {}
    for key, period in found:
        periods.setdefault(key, set()).add(period)
    assert periods["LECTURE.QUARTERLY"] == {f"2026-Q{n}" for n in (1, 2, 3, 4)}
    assert periods["STUDY.RULES"] == periods["LECTURE.QUARTERLY"]
    assert periods["ORGLIFE.HALF_YEAR"] == periods["DUTY.REVIEW"] == {"2026-H1", "2026-H2"}
    assert periods["CHARTER.FULL_YEARLY"] == periods["ORGLIFE.Q4"] == {"2026"}
    assert found["CHARTER.FULL_YEARLY", "2026"].due_on == date(2026, 12, 31)
    assert found["LECTURE.QUARTERLY", "2026-Q3"].state == "overdue"
    assert found["LECTURE.QUARTERLY", "2026-Q4"].state == "open"
    assert "LECTURE.LEADERS" not in periods  # owed by those above


def test_the_sheet_settles_what_it_says_and_nothing_else(session, world):
    record(session, world, sheet(world))
    do(session, world, {"DUES.MONTHLY": "", "STUDY.SPEECHES": "在基层调研时的讲话"})
    found = owed(session, world)
    settled = {
        key for (key, period), one in found.items() if period == NOVEMBER and one.state == "settled"
    }
    assert settled == {
        "DATE.FIXED",
        "ATT.RECORD",
        "RECORD.BRANCH_HANDBOOK",
        "DUES.MONTHLY",
        "STUDY.SPEECHES",
    }
    assert found["DUES.MONTHLY", "2026-10"].state == "overdue"
    assert "11月" in str(found["DUES.MONTHLY", NOVEMBER].settled_by)


def test_a_lecture_counts_for_its_quarter(session, world):
    record(session, world, sheet(world))
    do(session, world, {"LECTURE.QUARTERLY": "书记讲", "LECTURE.SECRETARY": "书记讲"})
    found = owed(session, world)
    assert found["LECTURE.QUARTERLY", "2026-Q4"].state == "settled"
    assert found["LECTURE.QUARTERLY", "2026-Q3"].state == "overdue"
    assert found["LECTURE.SECRETARY", "2026"].state == "settled"


def test_nothing_is_confirmed_before_it_was_held(session, world):
    with pytest.raises(RuleViolation, match="开展以后"):
        do(session, world, {"DUES.MONTHLY": ""})
    assert session.scalars(sa.select(DutyRecord)).all() == []


@pytest.mark.parametrize("key", ["RECORD.EVIDENCE", "FAMILY", "MAKEUP.DONE", "NO.SUCH_KEY"])
def test_what_is_not_on_the_branch_s_sheet_is_refused(session, world, key):
    record(session, world, sheet(world))
    with pytest.raises(InvalidInput, match="不在你支部的月度记录表里"):
        do(session, world, {key: "存档案柜"})


def test_dues_are_settled_once_the_last_has_paid_and_no_reason_is_asked(session, world):
    record(session, world, sheet(world))
    late = (world.people["village.member1"].id, world.people["village.member2"].id)
    do(session, world, {"DUES.MONTHLY": Done(without=late)})
    found = owed(session, world)["DUES.MONTHLY", NOVEMBER]
    assert (found.state, str(found.about)) == ("overdue", "还差 2 人")
    do(session, world, {"DUES.MONTHLY": Done(without=late[:1])}, on="2026-11-12")
    do(session, world, {"DUES.MONTHLY": Done()}, on="2026-11-13")
    assert owed(session, world)["DUES.MONTHLY", NOVEMBER].state == "settled"


def test_only_members_of_that_day_are_named(session, world):
    record(session, world, sheet(world))
    stranger = (world.people["community.member1"].id,)
    with pytest.raises(InvalidInput, match="不是你支部的党员"):
        do(session, world, {"DUES.MONTHLY": Done(without=stranger)})
    with pytest.raises(InvalidInput, match="不按人登记"):
        own = (world.people["village.member1"].id,)
        do(session, world, {"STUDY.SPEECHES": Done(without=own)})


def test_what_was_said_is_changed_with_a_reason_and_stays_on_record(session, world):
    record(session, world, sheet(world))
    do(session, world, {"STUDY.SPEECHES": "第一篇"})
    with pytest.raises(RuleViolation, match="写明原因"):
        do(session, world, {"STUDY.SPEECHES": "第二篇"})
    do(session, world, {}, why="学习改到下次")
    assert owed(session, world)["STUDY.SPEECHES", NOVEMBER].state == "overdue"
    [row] = session.scalars(sa.select(DutyRecord)).all()
    assert (row.facts, row.withdrawn_why) == ({"note": "第一篇"}, "学习改到下次")


def test_the_oath_is_owed_in_the_months_in_which_members_joined(session, world):
    """G-3.1.2a"""
    assert not [key for key, _ in owed(session, world) if key == "OATH.JOIN_MONTH"]
    world.people["village.member1"].joined_on = date(1998, 11, 3)
    session.commit()
    found = owed(session, world)
    assert [period for key, period in found if key == "OATH.JOIN_MONTH"] == [NOVEMBER]


def test_a_day_held_without_consent_on_another_day_settles_nothing(session, world):
    """G-2.1.1b binds villages; a firm chooses its day."""
    for unit in ("village", "firm"):
        raw = sheet(world, unit, held_on="2026-11-12")
        record(session, world, raw, f"{unit}.secretary", "2026-11-13", unit)
    late = owed(session, world)["DATE.FIXED", NOVEMBER]
    assert (late.state, str(late.about)) == ("overdue", "未按期开展")
    assert owed(session, world, "firm")["DATE.MONTHLY_ONCE", NOVEMBER].state == "settled"


def test_a_meeting_settles_its_half_year_and_in_the_last_quarter_that_too(session, world):
    who = world.actor("village.secretary", at("2026-11-24").today)
    life_meetings.note(session, world.units["village"].id, "2026-10-09", who, at("2026-11-24"))
    found = owed(session, world)
    assert found["ORGLIFE.HALF_YEAR", "2026-H2"].state == "settled"
    assert found["ORGLIFE.Q4", "2026"].state == "settled"
    first = found["ORGLIFE.HALF_YEAR", "2026-H1"]  # 一般每半年: no must, never overdue
    assert (first.kind, first.state) == ("should", "open")
    assert owed(session, world, "organ")["ORGLIFE.HALF_YEAR", "2026-H1"].state == "overdue"


def test_as_of_a_past_day_nothing_later_counts(session, world):
    record(session, world, sheet(world))
    do(session, world, {"DUES.MONTHLY": ""}, on="2026-11-12")
    before = owed(session, world, on="2026-11-08")
    assert before["ATT.RECORD", NOVEMBER].state == "open"
    assert owed(session, world, on="2026-11-09")["ATT.RECORD", NOVEMBER].state == "settled"
    assert owed(session, world, on="2026-11-11")["DUES.MONTHLY", NOVEMBER].state == "open"
    assert owed(session, world, on="2026-11-12")["DUES.MONTHLY", NOVEMBER].state == "settled"
    do(session, world, {}, on="2026-11-20", why="填错了月份")
    assert owed(session, world, on="2026-11-19")["DUES.MONTHLY", NOVEMBER].state == "settled"
    assert owed(session, world, on="2026-11-20")["DUES.MONTHLY", NOVEMBER].state == "overdue"


def test_before_it_was_accountable_a_branch_owes_nothing(session, world):
    world.units["village"].accountable_from = date(2026, 10, 1)
    session.commit()
    months = {period for key, period in owed(session, world) if key == "DUES.MONTHLY"}
    assert months == {"2026-10", NOVEMBER}


# The year sheet -----------------------------------------------------------------------------------


def test_an_entry_of_the_year_sheet_settles_its_time_once(session, world):
    enter(session, world, "FAMILY")
    assert owed(session, world)["FAMILY", "2026"].state == "settled"
    with pytest.raises(RuleViolation, match="已经登记过"):
        enter(session, world, "FAMILY", "2026-08-01")
    enter(session, world, "DUTY.REVIEW")
    enter(session, world, "DUTY.REVIEW", "2026-09-01")
    found = owed(session, world)
    assert {found["DUTY.REVIEW", f"2026-H{n}"].state for n in (1, 2)} == {"settled"}


def test_an_entry_is_taken_back_with_a_reason(session, world):
    row = enter(session, world, "FAMILY")
    who = world.actor("village.secretary", at("2026-11-09").today)
    with pytest.raises(InvalidInput, match="原因"):
        duty_records.take_back(session, row.id, " ", who, at("2026-11-09"))
    duty_records.take_back(session, row.id, "还没有评选", who, at("2026-11-09"))
    assert owed(session, world)["FAMILY", "2026"].state == "open"
    with pytest.raises(InvalidTransition):
        duty_records.take_back(session, row.id, "还没有评选", who, at("2026-11-09"))
    enter(session, world, "FAMILY")


def test_a_year_sheet_is_kept_by_the_unit_itself(session, world):
    with pytest.raises(NotFound):
        enter(session, world, "FAMILY", who="community.secretary")
    with pytest.raises(Forbidden):
        enter(session, world, "FAMILY", who="town1.officer")
    with pytest.raises(InvalidInput):
        enter(session, world, "FAMILY", who="town1.officer", unit="town1")
    enter(session, world, "PLAN.SUPERIOR_SCHEME", who="town1.officer", unit="town1")
    with pytest.raises(RuleViolation, match="还没有到"):
        enter(session, world, "PLAN.YEAR", "2026-11-10")


def test_the_journal_holds_what_was_done_and_finds_what_was_changed(session, world):
    record(session, world, sheet(world))
    do(session, world, {"STUDY.SPEECHES": "第一篇"})
    enter(session, world, "FAMILY")
    assert journal.verify_lines(journal.export_lines(session)) == []
    session.execute(sa.text("DROP TRIGGER IF EXISTS duty_records_no_update"))
    session.execute(sa.text("UPDATE duty_records SET done_on = '2026-01-01' WHERE key = 'FAMILY'"))
    assert journal.verify_lines(journal.export_lines(session)) != []


# Above the branches ------------------------------------------------------------------------------


def above(session, world, unit, on="2026-11-24"):
    """Return what a superior owes of the year, by key and period."""
    row = world.units[unit]
    who = world.actor(f"{unit}.officer", at(on).today)
    found = obligations.sides(session, row, who, at(on, 23))
    return {(one.key, one.period): one for one in [*found.owe, *found.settled] if one.period}


def test_the_zone_owes_a_theme_for_each_month_by_the_25th_before(session, world):
    """G-2.3.1"""
    play = Play(session, world, "2026-11-20")
    before = above(session, world, "zone")["THEME.ZONE", "2026-12"]
    assert (before.state, before.due_on) == ("open", date(2026, 11, 25))
    words = {"month": "2026-12", "theme": "学用新思想", "actions": "学习党章第三章"}
    case = play.open("zone.officer", "zone", workflow="theme", **words)
    case = play.move(case, "zone.officer", "propose")
    assert above(session, world, "zone")["THEME.ZONE", "2026-12"].state == "open"
    play.move(case, "zone.committee1", "sign")
    assert above(session, world, "zone")["THEME.ZONE", "2026-12"].state == "settled"
    assert above(session, world, "zone")["THEME.ZONE", "2026-11"].state == "overdue"


def test_a_theme_stands_as_of_each_day_from_its_issue_until_it_was_revoked(session, world):
    """Also once its month is over: what was in force then is told by the paper, not by today's state."""
    play = Play(session, world, "2026-11-20")
    words = {"month": "2026-12", "theme": "学用新思想", "actions": "学习党章第三章"}
    for month in ("2026-12", "2026-11"):
        case = play.open("zone.officer", "zone", workflow="theme", **words | {"month": month})
        case = play.move(case, "zone.officer", "propose")
        case = play.move(case, "zone.committee1", "sign")
    play.on("2026-11-24").move(case, "zone.secretary", "revoke", reason="主题需要调整")
    stands = {
        on: above(session, world, "zone", on)["THEME.ZONE", "2026-11"].state
        for on in ("2026-11-19", "2026-11-20", "2026-11-23", "2026-11-24")
    }
    assert [stands[on] for on in sorted(stands)] == ["overdue", "settled", "settled", "overdue"]
    [kept] = [one for one in session.scalars(sa.select(Case)) if one.facts["month"] == "2026-12"]
    play.on("2027-01-01").move(kept, None, "end")
    assert above(session, world, "zone", "2026-12-15")["THEME.ZONE", "2026-12"].state == "settled"


def test_a_year_before_the_unit_began_is_not_entered(session, world):
    world.units["village"].accountable_from = date(2026, 3, 1)
    session.commit()
    with pytest.raises(RuleViolation, match="启用以前"):
        enter(session, world, "FAMILY", "2025-06-01")
    enter(session, world, "FAMILY", "2026-02-01")


def test_all_branches_of_firms_are_to_be_inspected_within_the_year(session, world):
    """P-4.1a, S-4.4a; any branch within the year settles G-4.4a, each month the zone's own G-4.4b."""
    play = Play(session, world, "2026-11-23")
    found = above(session, world, "town1")["INSPECT.FULL", "2026"]
    assert (found.state, str(found.about)) == ("open", "还有 2 个支部没有查")
    for unit in ("firm", "soe"):
        words = {"method": "random", "inspected_on": "2026-11-23"}
        case = play.open("town1.inspector", unit, workflow="inspection", **words)
        play.move(case, "town1.inspector", "conclude")
    found = above(session, world, "town1")
    assert {found[key, "2026"].state for key in ("INSPECT.FULL", "INSPECT.TOWN")} == {"settled"}
    assert above(session, world, "zone")["INSPECT.ZONE_MONTHLY", "2026-11"].state == "open"


def test_of_a_year_before_the_beginning_no_branch_is_to_be_inspected(session, world):
    """Of the year before stands what is open, but neither of a superior nor of a branch that came later."""
    for name, begun in (("town1", "2026-06-01"), ("firm", "2027-01-04")):
        world.units[name].accountable_from = date.fromisoformat(begun)
    session.commit()
    found = above(session, world, "town1", "2026-11-24")["INSPECT.FULL", "2026"]
    assert str(found.about) == "还有 1 个支部没有查"
    assert ("INSPECT.FULL", "2025") not in above(session, world, "town1", "2025-12-01")
    world.units["soe"].accountable_from = date(2027, 1, 4)
    session.commit()
    assert ("INSPECT.FULL", "2026") not in above(session, world, "town1", "2026-11-24")


def visited(play: Play, unit: str) -> None:
    words = {"method": "random", "inspected_on": "2026-11-23"}
    case = play.open("zone.inspector", unit, workflow="inspection", **words)
    play.move(case, "zone.inspector", "conclude")


def test_the_zone_looks_at_firms_on_the_spot_and_a_bulletin_is_no_visit(session, world):
    """P-4.1b: 区级采取随机抽查、定点监测、现场观摩、情况通报等方式, of 两新 branches. Bulletins are owed besides, month by
    month (G-4.4c); a visit elsewhere settles the month's own inspection and not this.
    """
    play = Play(session, world, "2026-11-23")
    play.session.commit()
    case = play.open(
        "zone.officer", "zone", workflow="bulletin", month="2026-10", comment="多数支部按期开展"
    )
    case = play.move(case, "zone.officer", "propose")
    play.move(case, "zone.committee1", "sign")
    found = above(session, world, "zone")
    assert found["BULLETIN.MONTHLY", "2026-10"].state == "settled"
    one = found["INSPECT.ZONE_SPOT", "2026"]
    assert (one.state, one.settled_by) == ("open", "") and "还没有" in str(one.about)
    visited(play, "village")
    found = above(session, world, "zone")
    assert found["INSPECT.ZONE_MONTHLY", "2026-11"].state == "settled"
    assert found["INSPECT.ZONE_SPOT", "2026"].state == "open"
    visited(play, "firm")
    one = above(session, world, "zone")["INSPECT.ZONE_SPOT", "2026"]
    assert (one.state, str(one.settled_by)) == ("settled", "督查 1 次，情况通报 1 期")


@pytest.mark.parametrize(
    ("noted", "said"),
    [("2026-10-16", "10月10日组织生活会"), ("2026-11-24", "10月10日组织生活会（补录）")],
)
def test_a_meeting_noted_after_its_term_is_marked_so(session, world, noted, said):
    """R-3.1.6d, with the same term as what was held on a party day: five working days."""
    who = world.actor("village.secretary", at(noted).today)
    life_meetings.note(session, world.units["village"].id, "2026-10-10", who, at(noted))
    one = owed(session, world)["ORGLIFE.Q4", "2026"]
    assert (one.state, str(one.settled_by)) == ("settled", said)


def test_what_is_entered_once_its_time_is_over_is_marked_as_such(session, world):
    """Dossier 8: 补录 is shown. R-3.3.1c is owed each half-year; what is entered within it is none."""
    enter(session, world, "DUTY.REVIEW", day="2026-05-11", on="2026-11-09")
    enter(session, world, "DUTY.REVIEW", day="2026-08-03", on="2026-11-09")
    found = owed(session, world, state="settled")
    said = {
        period: str(one.settled_by) for (key, period), one in found.items() if key == "DUTY.REVIEW"
    }
    assert said == {"2026-H1": "年度表，5月11日（补录）", "2026-H2": "年度表，8月3日"}
