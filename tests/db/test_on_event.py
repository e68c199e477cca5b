"""What is owed on the sheet only because something else was recorded, what is offered and never owed, and what
a sheet refuses. From the guidance 三（一）2, 3, 5, 三（二）2, 4, 5 and P 三（二）2, G 三（一）1.
"""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.orm.attributes import set_committed_value

from oversight.base.refusals import Forbidden, InvalidInput, NotFound, RuleViolation
from oversight.calendar.party_days import activity_for
from oversight.ledger import charter, duty_records, obligations
from oversight.models import DutyRecord
from tests.db.test_attendance import activity, record, sheet
from tests.db.test_obligations import do, enter, owed
from tests.db.test_registers import note, settle
from tests.support.actors import Play
from tests.support.world import at

NOVEMBER = "2026-11"


def states(session, world, key, unit="village", on="2026-12-10"):
    found = owed(session, world, unit, on=on)
    return {period: one.state for (name, period), one in found.items() if name == key}


def lines(session, world, unit="village", month=11):
    row = activity(session, world, unit, month)
    people = [one for name, one in world.people.items() if name.startswith(f"{unit}.")]
    return {one.duty.key: one.owed for one in duty_records.items(session, row, people)}


@pytest.fixture
def held(session, world):
    """A village whose November was recorded."""
    return record(session, world, sheet(world), on="2026-11-09")


@pytest.mark.parametrize(
    "kind, key",
    [("disaster", "CARE.NOTIFY"), ("july", "CARE.NOTIFY"), ("raised", "ISSUE.FEEDBACK")],
)
def test_what_was_dealt_with_is_told_at_the_next_day(session, world, held, kind, key):
    """G-3.2.4e, G-3.2.5c: in November nothing had been dealt with; in December it had."""
    activity_for(session, world.units["village"], 2026, 12)
    assert states(session, world, key) == {} and not lines(session, world)[key]
    row = note(session, world, kind, on="2026-11-10", today="2026-11-10")
    assert states(session, world, key) == {}, "not dealt with yet"
    settle(session, world, row, on="2026-11-12", today="2026-11-12")
    assert states(session, world, key) == {"2026-12": "open"}
    assert lines(session, world, month=12)[key] and not lines(session, world)[key]
    december = record(session, world, sheet(world), on="2026-12-07", month=12)
    who = world.actor("village.secretary", at("2026-12-07").today)
    duty_records.submit(
        session, december.id, {key: duty_records.Done("一名困难党员")}, who, at("2026-12-07"), ""
    )
    assert states(session, world, key) == {"2026-12": "settled"}


def test_a_talk_is_nobody_else_s_business(session, world, held):
    row = note(session, world, "hardship", on="2026-11-10", today="2026-11-10")
    settle(session, world, row, on="2026-11-12", today="2026-11-12")
    activity_for(session, world.units["village"], 2026, 12)
    assert states(session, world, "CARE.NOTIFY") == {}


def test_what_was_dealt_with_after_december_is_told_in_january(session, world):
    row = note(session, world, "raised", on="2026-12-08", today="2026-12-08")
    settle(session, world, row, on="2026-12-20", today="2026-12-20")
    activity_for(session, world.units["village"], 2026, 12)
    activity_for(session, world.units["village"], 2027, 1)
    assert states(session, world, "ISSUE.FEEDBACK", on="2026-12-31") == {}
    assert states(session, world, "ISSUE.FEEDBACK", on="2027-01-20") == {"2027-01": "overdue"}


@pytest.mark.parametrize(
    "first, key", [("OATH.JOIN_MONTH", "OATH.FORM"), ("RIGHTS.DISCUSS", "RIGHTS.MEMBERS_FIRST")]
)
def test_a_form_is_owed_with_what_it_is_the_form_of(session, world, held, first, key):
    """G-3.1.2c, G-3.2.2a"""
    world.people["village.member1"].joined_on = at("2001-11-20").today
    assert states(session, world, key) == {}
    do(session, world, {first: "发展党员" if first == "RIGHTS.DISCUSS" else ""})
    assert states(session, world, key) == {NOVEMBER: "overdue"}
    do(session, world, {first: "发展党员" if first == "RIGHTS.DISCUSS" else "", key: ""})
    assert states(session, world, key) == {NOVEMBER: "settled"}


def test_no_form_is_owed_of_what_was_recorded_before_it_was_asked(session, world, held):
    world.people["village.member1"].joined_on = at("2001-11-20").today
    do(session, world, {"OATH.JOIN_MONTH": ""})
    before = session.scalars(sa.select(DutyRecord)).one()
    set_committed_value(before, "form_asked", False)  # as the upgrade leaves it
    assert states(session, world, "OATH.FORM") == {}


def test_the_oath_s_form_stands_beside_an_oath_only(session, world):
    assert "OATH.FORM" not in lines(session, world)
    world.people["village.member1"].joined_on = at("2001-11-20").today
    assert lines(session, world)["OATH.FORM"]
    assert lines(session, world, month=7)["OATH.FORM"] is False, "七一 is owed within the year"


@pytest.mark.parametrize(
    "unit, key",
    [
        ("village", "CARE.PRAISE"),
        ("village", "RIGHTS.DISCUSS"),
        ("firm", "DUES.ONLINE"),
        ("firm", "RIGHTS.MANAGEMENT_LINK"),
    ],
)
def test_what_may_be_done_is_offered_and_never_owed(session, world, unit, key):
    """Nobody writes 无. P-3.2.2c and P-3.1.1b are no musts; 表扬 is owed once there is something."""
    assert lines(session, world, unit)[key] is False
    musts = {one.kind for (name, _), one in owed(session, world, unit).items() if name == key}
    assert "must" not in musts


@pytest.mark.parametrize(
    "unit, key",
    [
        ("village", "CARE.PRAISE"),
        ("village", "RIGHTS.DISCUSS"),
        ("firm", "DUES.ONLINE"),
        ("firm", "RIGHTS.MANAGEMENT_LINK"),
    ],
)
def test_what_was_offered_and_done_stands_on_the_sheet(session, world, unit, key):
    raw = sheet(world, unit, held_on="2026-11-06")
    record(session, world, raw, f"{unit}.secretary", unit=unit)
    do(session, world, {key: "一句话"}, unit=unit, who=f"{unit}.secretary")
    row = activity(session, world, unit)
    stands = duty_records.of_sheets(session, [row.id])[row.id]
    assert stands[key].facts == {"note": "一句话"}


def test_only_a_firm_is_offered_the_link_with_its_management(session, world):
    assert "RIGHTS.MANAGEMENT_LINK" not in lines(session, world, "village")
    assert "DISCLOSE.VILLAGE" not in lines(session, world, "firm")
    assert "DUES.ONLINE" in lines(session, world, "firm")


@pytest.mark.parametrize(
    "note_, parts",
    [
        ("读到第三章", 4),
        ("总纲", 1),
        ("第一、二章", 2),
        ("第二章至第四章", 3),
        ("第十一章", 1),
        ("通读一遍", 12),
        ("学习党章", 0),
    ],
)
def test_the_parts_of_the_charter_are_read_from_a_line(note_, parts):
    assert len(charter.read_in(note_)) == parts


def test_the_charter_is_read_when_all_its_parts_were_named(session, world, held):
    """G-3.1.3b: once a year as a whole."""
    do(session, world, {"CHARTER.FULL_YEARLY": "读到第十章"})
    one = owed(session, world)["CHARTER.FULL_YEARLY", "2026"]
    assert (one.state, str(one.about)) == ("open", "还差 1 章")
    record(session, world, sheet(world), on="2026-10-12", month=10)
    october = activity(session, world, month=10)
    who = world.actor("village.secretary", at("2026-11-09").today)
    wanted = {"CHARTER.FULL_YEARLY": duty_records.Done("第十一章")}
    duty_records.submit(session, october.id, wanted, who, at("2026-11-09"), "")
    assert owed(session, world)["CHARTER.FULL_YEARLY", "2026"].state == "settled"


# Bad input ----------------------------------------------------------------------------------------


def test_one_lecture_is_not_two(session, world, held):
    """G-3.1.5a to c ask the secretary and the leaders for a lecture each."""
    with pytest.raises(RuleViolation, match="一位主讲人"):
        do(session, world, {"LECTURE.SECRETARY": "", "LECTURE.MEMBERS": ""})
    assert owed(session, world)["LECTURE.SECRETARY", "2026"].state == "open"


def test_a_half_year_is_not_settled_by_two_entries_of_the_other(session, world):
    """G-3.3.2: 每半年."""
    enter(session, world, "DUTY.REVIEW", "2026-03-02")
    with pytest.raises(RuleViolation, match="已经登记过"):
        enter(session, world, "DUTY.REVIEW", "2026-05-02")
    assert owed(session, world)["DUTY.REVIEW", "2026-H2"].state == "open"


def test_what_another_branch_did_is_not_recorded_here(session, world, held):
    who = world.actor("community.secretary", at("2026-11-09").today)
    with pytest.raises(NotFound):
        duty_records.submit(session, held.id, {}, who, at("2026-11-09"), "")
    wanted = {"DISCLOSE.VILLAGE": duty_records.Done()}
    raw = sheet(world, "organ", held_on="2026-11-06")
    organ = record(session, world, raw, "organ.secretary", unit="organ")
    who = world.actor("organ.secretary", at("2026-11-09").today)
    with pytest.raises(InvalidInput, match="不在你支部"):
        duty_records.submit(session, organ.id, wanted, who, at("2026-11-09"), "")


def test_what_was_done_in_another_year_is_not_entered_in_this_one(session, world):
    moment = at("2026-11-09")
    who, unit = world.actor("village.secretary", moment.today), world.units["village"]
    with pytest.raises(RuleViolation, match="2026年的年度表"):
        duty_records.enter(
            session, unit.id, "PLAN.YEAR", "2025-12-30", "计划", who, moment, year=2026
        )


def test_nobody_waives_what_he_owes_himself(session, world):
    """A month is put off by the superior's written consent alone."""
    play = Play(session, world, "2026-11-24")
    case = play.asked()
    words = {"opinion": "同意缓开"}
    play.no(Forbidden, "authority", play.say, case, "village.secretary", "excuse_month", words)
    assert "excused" not in {one.state for one in owed(session, world).values()}


def test_a_sheet_sent_twice_is_one(session, world, held):
    raw = sheet(world) | {"duties": {"DUES.MONTHLY": {}}}
    record(session, world, raw | {"why": ""})
    again = record(session, world, raw)
    rows = duty_records.of_sheets(session, [again.id])[again.id]
    assert set(rows) == {"DUES.MONTHLY"}
    found = [one for (key, _), one in owed(session, world).items() if key == "DUES.MONTHLY"]
    assert sum(one.state == obligations.SETTLED for one in found) == 1
