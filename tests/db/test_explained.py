"""House rule: what was not done in time is explained in one sentence and shown as such; it stays open and overdue
wherever it is counted. Nobody waives a 必须 by a sentence of his own.
"""

from __future__ import annotations

import pytest

from oversight.base.refusals import Forbidden, InvalidInput, NotFound, RuleViolation
from oversight.engine import journal
from oversight.ledger import duty_records, explanations, obligations
from oversight.ledger.obligations import counted
from oversight.ledger.tally import Tally, total, whole
from tests.db.test_attendance import record, sheet
from tests.db.test_obligations import do, enter, owed
from tests.support.world import at

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
NOTE = "当月书记住院，无人主持；已明确由副书记主持。"


def explain(
    session, world, what, who="village.secretary", unit="village", note=NOTE, on="2026-11-24"
):
    unit_id, now = world.units[unit].id, at(on)
    return explanations.explain(
        session, unit_id, 2026, what, note, world.actor(who, now.today), now
    )


def sides(session, world, on="2026-11-24"):
    unit, now = world.units["village"], at(on, 23)
    return obligations.sides(session, unit, world.actor("village.secretary", now.today), now)


def test_a_month_is_explained_with_one_sentence_and_stays_overdue(session, world):
    before = owed(session, world)
    keys = explain(session, world, "2026-02")
    assert {"DATE.FIXED", "ATT.RECORD", "DUES.MONTHLY"} <= set(keys)
    found = owed(session, world)
    one = found["DUES.MONTHLY", "2026-02"]
    assert (one.state, one.open, one.why, one.settled_by) == ("overdue", True, NOTE, "")
    other = found["DUES.MONTHLY", "2026-04"]
    assert (other.state, other.why) == ("overdue", "")
    shown = sides(session, world)
    assert not shown.put_off and not shown.settled
    assert {row.key for row in shown.owe if row.period == "2026-02"} >= set(keys)
    assert [(key, row.state) for key, row in found.items()] == [
        (key, row.state) for key, row in before.items()
    ]
    assert journal.verify_lines(journal.export_lines(session)) == []


def test_a_number_says_how_many_of_the_overdue_are_explained(session, world):
    """In the ledger, month by month, kind by kind and in the sums that are kept of a large zone."""
    keys = explain(session, world, "2026-02")
    found = [one for one in owed(session, world).values() if one.kind == "must"]
    late = sum(one.state == "overdue" for one in found)
    tallied = Tally.of(found, 2026)
    for one in (tallied, Tally.load(tallied.dump()), total([tallied])):
        counts = one.states()
        assert (counts["overdue"], counts["explained"]) == (late, len(keys))
        assert whole(counts) == len(found) == sum(map(whole, one.months().values()))
        assert one.months()[2] == one.states(month=2)
        assert sum(of["overdue"] for of in one.groups().values()) == late
    assert counted(found)["explained"] == len(keys) and counted(found)["overdue"] == late


def test_one_duty_of_a_quarter_is_explained_alone(session, world):
    assert explain(session, world, "2026-Q2:LECTURE.QUARTERLY") == ["LECTURE.QUARTERLY"]
    found = owed(session, world)
    assert found["LECTURE.QUARTERLY", "2026-Q2"].why == NOTE
    assert found["STUDY.RULES", "2026-Q2"].why == found["LECTURE.QUARTERLY", "2026-Q1"].why == ""


def test_what_was_done_after_all_is_settled(session, world):
    explain(session, world, "2026-10")
    record(session, world, sheet(world), month=10)
    assert owed(session, world)["ATT.RECORD", "2026-10"].state == "settled"


def test_of_the_days_before_it_was_said_the_ledger_tells_as_it_was(session, world):
    explain(session, world, "2026-03")
    assert owed(session, world, on="2026-11-23")["DUES.MONTHLY", "2026-03"].why == ""


def test_a_wrong_one_is_taken_back_and_nothing_is_said_of_it(session, world):
    explain(session, world, "2026-Q2:LECTURE.QUARTERLY")
    unit, now = world.units["village"], at("2026-11-24")
    [row] = duty_records.of_year(session, unit, 2026)
    who = world.actor("village.secretary", now.today)
    duty_records.take_back(session, row.id, "写错了季度", who, now)
    one = owed(session, world)["LECTURE.QUARTERLY", "2026-Q2"]
    assert (one.state, one.why) == ("overdue", "")


@pytest.mark.parametrize(
    "what",
    [
        "2026-12",  # not yet
        "2026-Q4:LECTURE.QUARTERLY",  # not over
        "2026-H1:ORGLIFE.HALF_YEAR",  # 一般: nobody asks
        "2025-03",
        "2026-03:NO.SUCH",
        "",
    ],
)
def test_what_is_not_overdue_is_not_explained(session, world, what):
    with pytest.raises(RuleViolation, match="不用说明"):
        explain(session, world, what)


def test_nothing_is_explained_twice(session, world):
    explain(session, world, "2026-03")
    with pytest.raises(RuleViolation, match="已经说明"):
        explain(session, world, "2026-03")


@pytest.mark.parametrize("note", ["", "  ", "长" * 201])
def test_it_is_one_sentence(session, world, note):
    with pytest.raises(InvalidInput):
        explain(session, world, "2026-03", note=note)


@pytest.mark.parametrize("who", ["village.member1", "town1.officer", "firm.secretary"])
def test_others_do_not_explain_for_a_branch(session, world, who):
    with pytest.raises((Forbidden, NotFound)):
        explain(session, world, "2026-03", who=who)


def test_a_superior_explains_its_own(session, world):
    unit, now = world.units["zone"], at("2026-11-24")
    who = world.actor("zone.officer", now.today)
    explanations.explain(session, unit.id, 2026, "2026-03:INSPECT.ZONE_MONTHLY", NOTE, who, now)
    found = obligations.sides(session, unit, who, now)
    [one] = [row for row in found.owe if row.key == "INSPECT.ZONE_MONTHLY" and row.why]
    assert (one.period, one.state, one.why) == ("2026-03", "overdue", NOTE)


def test_what_was_entered_for_the_year_stands_beside_it(session, world):
    """One sheet of a year holds both, and a handbook only what was done."""
    explain(session, world, "2026-H1:DUTY.REVIEW")
    enter(session, world, "DUTY.REVIEW", "2026-11-02")
    found = owed(session, world)
    assert found["DUTY.REVIEW", "2026-H2"].state == "settled"
    assert (found["DUTY.REVIEW", "2026-H1"].state, found["DUTY.REVIEW", "2026-H1"].why) == (
        "overdue",
        NOTE,
    )
    record(session, world, sheet(world))
    do(session, world, {"DUES.MONTHLY": ""})
