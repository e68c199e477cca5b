"""What a merged branch owed when it ended: nothing that nobody can do any more is owed there, and what came up
and was left open its heir deals with (承继; dossier 8).
"""

from __future__ import annotations

import pytest

from oversight.base.refusals import Forbidden, InvalidTransition
from oversight.calendar.party_days import activity_for, plan_year
from oversight.ledger import duty_records, obligations, registers
from oversight.register import reorganize
from tests.db.test_registers import note
from tests.db.test_registers import settle as settles
from tests.support.world import at

DAY = at("2026-11-24")
HEIR = "community.secretary"


@pytest.fixture
def left(session, world):
    """The village, which raised two issues and dealt with one, merged into the community on 24 November."""
    for name in ("village", "community"):
        plan_year(session, [world.units[name]], 2026, at("2026-01-05"))
    session.commit()
    done, left = (note(session, world, "raised", what=what) for what in ("路灯坏了", "水渠堵了"))
    settles(session, world, done)
    who = world.actor("town1.officer", DAY.today)
    units = [world.units["village"]]
    reorganize.merge(session, units, world.units["community"], DAY.today, who, DAY)
    session.commit()
    return done, left


def sides(session, world, unit, moment=DAY):
    who = world.actor("town1.officer", moment.today)
    return obligations.sides(session, world.units[unit], who, moment)


def issues(found):
    return [(str(one.about), one.state) for one in found if one.key == "ISSUE.REGISTER"]


def test_what_nobody_can_enter_any_more_is_owed_by_nobody(session, world, left):
    now, before = (
        sides(session, world, "village"),
        sides(session, world, "village", at("2026-11-23")),
    )
    assert before.owe and before.encouraged and {one.state for one in before.owe} > {"open"}
    assert (now.owe, now.owed, now.encouraged) == ([], [], [])
    assert issues(now.settled) == [("", "settled")], "what was done stays"


def test_what_came_up_and_was_left_open_is_its_heir_s(session, world, left):
    assert issues(sides(session, world, "community", at("2026-11-23")).owe) == []
    assert issues(sides(session, world, "community").owe) == [("石桥村党支部", "open")]
    lately = registers.of_unit(session, world.units["community"], world.actor(HEIR, DAY.today))
    assert [row.what for row in lately] == ["水渠堵了"]


def test_its_heir_deals_with_it_and_tells_it_at_its_next_day(session, world, left):
    done, open_ = left
    row = activity_for(session, world.units["community"], 2026, 12)
    assert "ISSUE.FEEDBACK" not in duty_records.known(session, row).to_tell
    with pytest.raises(Forbidden):
        settles(session, world, open_, today="2026-11-25", on="2026-11-25", who="town1.officer")
    with pytest.raises(InvalidTransition, match="并入以前"):
        registers.take_back(session, done.id, "写错了", world.actor(HEIR, DAY.today), DAY)
    settles(session, world, open_, today="2026-11-25", on="2026-11-25", who=HEIR)
    stands = sides(session, world, "community", at("2026-11-26"))
    assert issues(stands.settled) == [("石桥村党支部", "settled")] and issues(stands.owe) == []
    assert "ISSUE.FEEDBACK" in duty_records.known(session, row).to_tell
    stands = sides(session, world, "community", at("2026-12-01"))
    assert [one.period for one in stands.owe if one.key == "ISSUE.FEEDBACK"] == ["2026-12"]
