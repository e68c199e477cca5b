"""Lectures from above are owed where somebody is to give them: G-3.1.5b and O-3.1.5b 到所在党支部讲1次党课, each of
the leaders in the branch that he belongs to; G-3.1.5d, R-3.1.5d, P-3.1.5d 到所联系党组织讲党课.
"""

from __future__ import annotations

from datetime import date

import pytest

from oversight.base.refusals import Forbidden, NotFound, RuleViolation
from oversight.engine import journal
from oversight.ledger import duty_records, explanations, obligations
from oversight.models import Post
from tests.db.test_attendance import record, sheet
from tests.db.test_obligations import do
from tests.support.world import at

NOTE = "分管领导全年在外挂职，已改由副书记于次年一季度补讲。"
LEADERS, ASSIGNED = "LECTURE.LEADERS", "LECTURE.FIRST_SECRETARY"


def owed(session, world, unit="organ", on="2026-11-24"):
    row, above = world.units[unit], world.units["town1"]
    facts = obligations.read(session, [row], 2026, at(on, 23))
    return {one.key: one for one in obligations.of_others(facts, row, above)}


def lead(session, world, *names):
    for name in names:
        world.people[name].leading = True
    session.commit()


def send(session, world, office, until=None):
    """Let an official of the town be assigned to the village."""
    unit, person = world.units["village"], world.people["town1.officer"]
    session.add(
        Post(
            zone_id=unit.zone_id,
            unit_id=unit.id,
            person_id=person.id,
            office=office,
            from_on=date(2026, 1, 1),
            to_on=until,
        )
    )
    session.commit()


def lecture(session, world):
    """Let a leader lecture at the organ's party day."""
    record(session, world, sheet(world, "organ"), unit="organ", who="organ.secretary")
    do(session, world, {LEADERS: "副镇长讲纪律"}, unit="organ", who="organ.secretary")


def test_where_no_leader_belongs_and_nobody_is_assigned_nothing_is_owed(session, world):
    assert owed(session, world) == {}


def test_a_leader_owes_his_own_branch_a_lecture(session, world):
    lead(session, world, "organ.member1")
    found = owed(session, world)
    assert set(found) == {LEADERS} and found[LEADERS].state == "open"
    lecture(session, world)
    assert owed(session, world)[LEADERS].state == "settled"


def test_one_lecture_does_not_count_for_two_leaders(session, world):
    lead(session, world, "organ.member1", "organ.member2")
    lecture(session, world)
    found = owed(session, world)[LEADERS]
    assert (found.state, str(found.about)) == ("open", "还差 1 人")


@pytest.mark.parametrize("office", ["first_secretary", "instructor"])
def test_who_is_assigned_owes_a_lecture_while_he_is(session, world, office):
    send(session, world, office, until=date(2026, 10, 31))
    assert set(owed(session, world, "village", "2026-10-31")) == {ASSIGNED}
    assert owed(session, world, "village", "2026-11-01") == {}


def test_a_stationed_cadre_owes_none(session, world):
    send(session, world, "stationed")
    assert owed(session, world, "village") == {}


def test_the_debtor_reads_what_his_branches_see_owed(session, world):
    """G-3.1.5b, G-3.1.5d: each branch by itself, settled once it was given; the zone's own ledger has none."""
    lead(session, world, "organ.member1")
    send(session, world, "first_secretary")
    assert theirs(session, world, "owe") == {(LEADERS, "organ"), (ASSIGNED, "village")}
    lecture(session, world)
    assert theirs(session, world, "owe") == {(ASSIGNED, "village")}
    assert theirs(session, world, "settled") == {(LEADERS, "organ")}
    assert theirs(session, world, "owe", "zone.officer", "zone") == set()


def theirs(session, world, side, who="town1.officer", unit="town1"):
    """Return the lectures on one side of a superior's own ledger: the duty, and the branch it is owed to."""
    on, names = date(2026, 11, 24), {row.id: name for name, row in world.units.items()}
    row = world.units[unit]
    found = obligations.sides(session, row, world.actor(who, on), at("2026-11-24", 23))
    mine = (one for one in getattr(found, side) if one.key in (LEADERS, ASSIGNED))
    return {(one.key, names[one.to.id]) for one in mine if one.unit.id == row.id}


# 说明情况: by the same door as a branch's own (house rule) ---------------------------------------------


def explain(session, world, unit="organ", who="town1.officer", on="2027-02-03", key=LEADERS):
    now, what = at(on), f"2026:{key}:{world.units[unit].id}"
    actor, town = world.actor(who, now.today), world.units["town1"].id
    return explanations.explain(session, town, 2026, what, NOTE, actor, now)


def late(session, world, unit, side, on="2027-02-03"):
    now, row = at(on, 23), world.units[unit]
    officer = "town1.officer" if unit == "town1" else f"{unit}.secretary"
    found = obligations.sides(session, row, world.actor(officer, now.today), now)
    return {
        (one.to.name, one.state, one.why)
        for one in getattr(found, side)
        if one.key in (LEADERS, ASSIGNED) and one.period == "2026"
    }


def test_a_superior_explains_a_lecture_that_it_did_not_give_branch_by_branch(session, world):
    lead(session, world, "organ.member1", "soe.member1")
    assert explain(session, world) == [LEADERS]
    organ, soe = (world.units[one].name for one in ("organ", "soe"))
    both = {(organ, "overdue", NOTE), (soe, "overdue", "")}
    assert late(session, world, "town1", "owe") == both
    assert late(session, world, "organ", "owed") == {(organ, "overdue", NOTE)}
    assert late(session, world, "organ", "owed", "2027-02-02") == {(organ, "overdue", "")}
    explain(session, world, "soe")
    assert late(session, world, "soe", "owed") == {(soe, "overdue", NOTE)}
    with pytest.raises(RuleViolation, match="已经说明"):
        explain(session, world)


def test_it_is_the_superior_s_own_to_say_and_to_take_back(session, world):
    lead(session, world, "organ.member1")
    with pytest.raises((Forbidden, NotFound)):
        explain(session, world, who="organ.secretary")
    with pytest.raises(RuleViolation, match="不用说明"):
        explain(session, world, on="2026-11-24")
    with pytest.raises(RuleViolation, match="不用说明"):
        explain(session, world, "village")
    explain(session, world)
    now, organ, town = at("2027-02-03"), world.units["organ"], world.units["town1"]
    assert explanations.explained(session, organ, 2026) == []
    [row] = explanations.explained(session, town, 2026)
    with pytest.raises(NotFound):
        branch = world.actor("organ.secretary", now.today)
        duty_records.take_back(session, row.id, "不是这样", branch, now)
    duty_records.take_back(session, row.id, "写错了", world.actor("town1.officer", now.today), now)
    assert late(session, world, "organ", "owed") == {(organ.name, "overdue", "")}
    explain(session, world)
    assert journal.verify_lines(journal.export_lines(session)) == []
