"""三（二）1, 4, 5: issues, care and breaches by one mechanism. Owed once something came up, never before."""

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
from oversight.law.definition import Field
from oversight.law.inputs import read_words
from oversight.ledger import attendance, explanations, obligations, plans, registers
from oversight.models import RegisterEntry
from oversight.register import tenure
from tests.db.test_obligations import owed
from tests.support.world import at


def note(
    session, world, kind, on="2026-11-09", today="2026-11-09", who="village.secretary", **more
):
    words = {"kind": kind, "on": on, "what": "家里受灾", **more}
    if registers.KINDS.get(kind) and registers.KINDS[kind].personal:
        words.setdefault("person", world.people["village.member1"].id)
    unit = world.units["village"]
    return registers.note(session, unit.id, words, world.actor(who, at(today).today), at(today))


def settle(
    session, world, row, on="2026-11-10", today="2026-11-10", who="village.secretary", **more
):
    words = {"on": on, "note": "上门谈心", **more}
    return registers.settle(session, row.id, words, world.actor(who, at(today).today), at(today))


def open_keys(session, world, on="2026-11-24", **how):
    return {key for (key, _), one in owed(session, world, on=on, **how).items() if one.open}


def test_nothing_is_owed_before_it_came_up(session, world):
    events = {"CARE.TALK", "CARE.EMERGENCY", "VIOLATION.REPORT", "ISSUE.REGISTER", "ISSUE.TASKS"}
    assert not events & open_keys(session, world)


@pytest.mark.parametrize(
    "kind, key, due",
    [
        ("criticized", "CARE.TALK", date(2026, 11, 16)),
        ("disaster", "CARE.EMERGENCY", date(2026, 11, 12)),
        ("raised", "ISSUE.REGISTER", date(2026, 12, 9)),
        ("task", "ISSUE.TASKS", date(2026, 12, 9)),
    ],
)
def test_what_came_up_is_owed_until_it_was_dealt_with(session, world, kind, key, due):
    row = note(session, world, kind)
    found = {one.due_on: one.state for (k, _), one in owed(session, world).items() if k == key}
    assert found == {due: "overdue" if due < date(2026, 11, 24) else "open"}
    settle(session, world, row)
    assert key not in open_keys(session, world)
    assert key in open_keys(session, world, on="2026-11-09"), "as of the day before it still was"


def test_a_breach_names_nobody_and_says_to_whom_it_was_reported(session, world):
    with pytest.raises(InvalidInput, match="不在这里写"):
        note(session, world, "breach", what="某某酒驾")
    row = note(session, world, "breach", what="")
    assert (row.what, row.person_id, row.due_on) == ("", None, date(2026, 11, 11))
    settle(session, world, row, note="镇纪委")
    assert row.done_note == "镇纪委"


def test_a_talk_is_had_by_one_of_the_committee(session, world):
    """G-3.2.4b"""
    row = note(session, world, "hardship")
    with pytest.raises(InvalidInput, match="支委会成员"):
        settle(session, world, row, by=world.people["village.member2"].id)
    settle(session, world, row, by=world.people["village.organizer"].id)


def test_visits_are_owed_each_half_year(session, world):
    """G-3.2.4c: 七一 and 春节."""
    assert owed(session, world)["CARE.VISIT", "2026-H1"].state == "overdue"
    row = note(session, world, "spring", on="2026-02-10")
    settle(session, world, row, on="2026-02-12")
    found = owed(session, world)
    assert found["CARE.VISIT", "2026-H1"].state == "settled"
    assert found["CARE.VISIT", "2026-H2"].state == "open"


def test_care_is_told_to_the_branch_s_leaders_alone(session, world):
    for kind in ("hardship", "disaster", "raised"):
        note(session, world, kind)
    unit = world.units["village"]
    officer = world.actor("town1.officer", at("2026-11-24").today)
    assert {row.kind for row in registers.of_unit(session, unit, officer)} == {"raised"}
    found = {one.key for one in obligations.of_units(session, [unit], at("2026-11-24"))}
    sides = obligations.sides(session, unit, officer, at("2026-11-24"))
    for told in (found, {one.key for one in sides.owe}):
        assert "ISSUE.REGISTER" in told and not {"CARE.TALK", "CARE.EMERGENCY"} & told
    with pytest.raises(Forbidden):
        registers.may_read(session, unit, world.actor("village.member1", at("2026-11-24").today))


@pytest.mark.parametrize(
    "kind, more, refusal",
    [
        ("nothing", {}, InvalidInput),
        ("raised", {"what": " "}, InvalidInput),
        ("hardship", {"person": ""}, InvalidInput),
        ("raised", {"on": "昨天"}, InvalidInput),
        ("raised", {"on": "2026-11-10"}, RuleViolation),
        ("raised", {"who": "community.secretary"}, NotFound),
        ("raised", {"who": "village.member1"}, Forbidden),
    ],
)
def test_what_cannot_be_entered(session, world, kind, more, refusal):
    with pytest.raises(refusal):
        note(session, world, kind, **more)
    assert session.scalars(sa.select(RegisterEntry)).all() == []


def test_an_entry_is_settled_once_and_taken_back_with_a_reason(session, world):
    row = note(session, world, "raised")
    with pytest.raises(RuleViolation, match="早于"):
        settle(session, world, row, on="2026-11-08")
    settle(session, world, row)
    with pytest.raises(InvalidTransition):
        settle(session, world, row)
    who = world.actor("village.secretary", at("2026-11-12").today)
    registers.take_back(session, row.id, "登记错了支部", who, at("2026-11-12"))
    assert "ISSUE.REGISTER" not in {key for key, _ in owed(session, world)}
    assert journal.verify_lines(journal.export_lines(session)) == []


def test_who_comes_second_to_an_entry_reads_who_was_first(session, world):
    row, first = note(session, world, "raised"), world.people["village.secretary"].name
    settle(session, world, row)
    with pytest.raises(InvalidTransition) as lost:
        settle(session, world, row, who="village.organizer")
    assert first in lost.value.sentence and first in lost.value.extra["decided_by"]
    session.rollback()
    actors = [
        world.actor(f"village.{who}", date(2026, 11, 10)) for who in ("secretary", "organizer")
    ]
    registers.take_back(session, row.id, "写错", actors[0], at("2026-11-10"))
    with pytest.raises(InvalidTransition) as lost:
        registers.take_back(session, row.id, "写错", actors[1], at("2026-11-10"))
    assert f"已经撤回（{first}，2026-11-10 09:00）" in lost.value.sentence
    session.rollback()


@pytest.mark.parametrize("nothing", [" ", "。", "……"])
def test_where_words_are_asked_marks_are_none(session, world, nothing):
    """At every door that asks for a sentence or a reason, not at this one alone."""
    leader, day = world.actor("village.secretary", at("2026-11-09").today), at("2026-11-09")
    unit = world.units["village"]
    doors = [
        lambda: note(session, world, "raised", what=nothing),
        lambda: explanations.explain(session, unit.id, 2026, "2026-10", nothing, leader, day),
        lambda: plans.read({"consulted": nothing + "。"}),
        lambda: tenure.reason(nothing),
        lambda: read_words((Field("reason", "text", "理由"),), {"reason": nothing}),
    ]
    for door in doors:
        with pytest.raises(InvalidInput):
            door()
        session.rollback()
    assert attendance.read_sheet({"why": nothing, "host_why": nothing}).why is None
