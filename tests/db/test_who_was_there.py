"""What a sheet says was done, held against who was there: R-3.1.2a asks that each member takes his oath in the
month in which he joined, R-3.1.5c that the secretary lectures himself.
"""

from __future__ import annotations

from datetime import date

import pytest

from oversight.base.refusals import RuleViolation
from oversight.ledger import duty_records, handbooks
from oversight.ledger.duty_records import Done
from tests.db.test_attendance import activity, record, sheet
from tests.db.test_obligations import NOVEMBER, do, owed
from tests.support.world import at

OATH, LECTURE, BY_SECRETARY = "OATH.JOIN_MONTH", "LECTURE.QUARTERLY", "LECTURE.SECRETARY"


@pytest.fixture
def joined(session, world):
    """Let two members of the village have joined in a November."""
    for name in ("member1", "member2"):
        world.people[f"village.{name}"].joined_on = date(2008, 11, 12)
    session.commit()


def said(*keys) -> dict:
    return {"duties": {key: {"note": "一句话"} for key in keys}}


def without(session, world) -> set[str]:
    """Return the names of those of whom the oath is not recorded."""
    row = activity(session, world)
    stands = duty_records.of_sheets(session, [row.id])[row.id]
    names = {one.id: name for name, one in world.people.items()}
    return {names[one] for one in stands[OATH].facts.get("except", ())}


@pytest.mark.parametrize("how", ["leave", "absent"])
def test_who_was_not_there_did_not_take_his_oath(session, world, joined, how):
    """Of two one came; a third who stayed away did not join in this month. What is left is named."""
    away = {how: ("member1", "member3")}
    record(session, world, sheet(world, **away, **said(OATH)))
    assert without(session, world) == {"village.member1"}
    one = owed(session, world)[OATH, NOVEMBER]
    assert one.open and str(one.about) == "还差 1 人"
    himself = world.actor("village.member1", date(2026, 11, 9))
    book = handbooks.of_member(session, himself.id, 2026, himself, at("2026-11-09"))
    assert book.oath == {11: False}


def test_once_he_has_taken_it_the_branch_says_so_without_a_reason(session, world, joined):
    record(session, world, sheet(world, leave=("member1",), **said(OATH)))
    do(session, world, {OATH: Done("一句话")}, on="2026-11-20")
    assert owed(session, world)[OATH, NOVEMBER].state == "settled"
    again = sheet(world, leave=("member1", "member3"), why="又有一人请假", **said(OATH))
    record(session, world, again, on="2026-11-21")
    assert without(session, world) == set()


def test_who_turns_out_to_have_stayed_away_did_not_take_it_either(session, world, joined):
    """Corrected with or without what was done beside it."""
    record(session, world, sheet(world, **said(OATH)))
    record(session, world, sheet(world, absent=("member1",), why="当天没有到会"))
    assert without(session, world) == {"village.member1"}
    record(session, world, sheet(world, absent=("member2",), why="认错了人"))
    assert without(session, world) == {"village.member2"}


def test_by_another_form_he_took_part(session, world, joined):
    world.people["village.member1"].elderly = True
    session.commit()
    record(session, world, sheet(world, other=("member1",), **said(OATH)))
    assert without(session, world) == set()


def hosted(world, **more) -> dict:
    """Return a sheet of a day to which the secretary did not come."""
    host = {"host": world.people["village.organizer"].id, "host_why": "书记外出开会"}
    return sheet(world, absent=("secretary",), **host, **more)


def test_no_lecture_is_the_secretary_s_to_which_he_did_not_come(session, world):
    """At once, said afterwards, or when it turns out; another's lecture that day stands."""
    with pytest.raises(RuleViolation, match="没有到会") as refused:
        record(session, world, hosted(world, **said(LECTURE, BY_SECRETARY)))
    assert refused.value.extra["clause"] == "R-3.1.5c"
    session.rollback()
    record(session, world, hosted(world, **said(LECTURE, "LECTURE.MEMBERS")))
    with pytest.raises(RuleViolation, match="没有到会"):
        do(session, world, {LECTURE: "一句话", BY_SECRETARY: "一句话"}, why="是书记讲的")


def test_a_lecture_is_his_no_more_where_he_turns_out_to_have_stayed_away(session, world):
    record(session, world, sheet(world, **said(LECTURE, BY_SECRETARY)))
    with pytest.raises(RuleViolation, match="没有到会"):
        record(session, world, hosted(world, why="书记当天没有到会"))
    session.rollback()
    more = said(LECTURE, "LECTURE.MEMBERS")
    record(session, world, hosted(world, why="书记没有到会，党员讲的", **more))
    assert (BY_SECRETARY, "2026") in owed(session, world, state="open")


def test_who_is_exempt_owes_no_oath_at_the_party_day(session, world):
    """He need not come (免予参加), stands on no sheet, and nobody could tick him. Source: G-2.2.1, R-3.1.2a"""
    one = world.people["village.member1"]
    one.joined_on = date(2008, 11, 12)
    one.exempt_from, one.exempt_until = date(2026, 11, 1), date(2026, 12, 31)
    session.commit()
    raw = sheet(world)
    raw["present"].remove(one.id)
    record(session, world, raw)
    assert (OATH, NOVEMBER) not in owed(session, world)
    one.exempt_until = date(2026, 11, 3)
    session.commit()
    assert owed(session, world)[OATH, NOVEMBER].open, "from the fourth on he was to come"
