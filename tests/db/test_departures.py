"""Whoever dies, leaves the Party or moves leaves nothing open behind: passed on or ended, and the
journal says why.
"""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from oversight import workflows
from oversight.base.sealing import Sealer
from oversight.commands import audit
from oversight.engine import desk_acts, transitions
from oversight.models import Appraised, Case, JournalRow, Membership, Person, WorkItem
from oversight.organization.members import expected
from oversight.register import departures, leaving, members, reorganize
from oversight.register.roster import apply
from oversight.time import sweep
from tests.db.test_absence_walk import CALL, LESSON, MISS, do, missing
from tests.support.actors import Play, confirming
from tests.support.dump import dump
from tests.support.messy import tidy
from tests.support.world import at

ON = "2026-11-24"
NOW, TODAY = at(ON), date(2026, 11, 24)
KEEPERS = (
    "zone.sysadmin",
    "town1.officer",
)  # who keeps members, and who decides on them from above


def lost(session, world, case) -> None:
    """Try three times in two ways and report that nobody can be reached."""
    for way, day in (("phone", "10"), ("online", "11"), ("visit", "12")):
        do(session, world, case, "record_contact", {**MISS, "way": way, "on": f"2026-11-{day}"})
    do(session, world, case, "search_lost")


def objected(session, world, case) -> None:
    do(session, world, case, "record_contact", CALL)
    do(
        session,
        world,
        case,
        "find_unexcused",
        {"heard": "说忘了时间", "note": "没有请假，认定为无故"},
    )
    do(session, world, case, "object", {"reason": "当天向小组长请过假"}, who="village.member1")


STATES = {
    "to_contact": lambda *_: None,
    "to_make_up": lambda session, world, case: do(session, world, case, "record_contact", CALL),
    "to_confirm": lambda *of: (do(*of, "record_contact", CALL), do(*of, "record_lesson", LESSON)),
    "finding_objected": objected,
    "unreached": lost,
}


@pytest.fixture
def follow_up(session, world):
    """Bring an absentee's follow-up of the village into a state."""

    def go(state: str, who: str = "member1") -> Case:
        case = missing(session, world, who=who)
        if state == "to_confirm":
            confirming(session, world)
        STATES[state](session, world, case)
        found = session.get(Case, case.id, populate_existing=True)
        assert found.state == state
        return found

    return go


def fresh(session, case) -> Case:
    return session.get(Case, case.id, populate_existing=True)


def last(session, case) -> JournalRow:
    return session.scalars(
        sa.select(JournalRow)
        .where(JournalRow.case_id == case.id)
        .order_by(JournalRow.seq.desc())
        .limit(1)
    ).one()


def open_of(session, person) -> list[Case]:
    """Return what is still open of a person, and assert that no desk row outlives its case."""
    stray = session.scalars(
        sa.select(WorkItem.id)
        .join(Case, Case.id == WorkItem.case_id)
        .where(WorkItem.closed_at.is_(None), WorkItem.kind == "act", Case.closed_at.is_not(None))
    ).all()
    assert stray == []
    return members.open_cases(session, person)


def gone(session, world, who="village.member1", why="died", by="zone.sysadmin", on=TODAY):
    leaving.gone(session, world.people[who], why, on, world.actor(by, TODAY), NOW)
    session.commit()


def moved(session, world, to="village2", by="zone.sysadmin", on=TODAY, who="village.member1"):
    members.transfer(session, world.people[who], world.units[to], on, world.actor(by, TODAY), NOW)
    session.commit()


# Death and leaving the Party ----------------------------------------------------------------------


@pytest.mark.parametrize("by", KEEPERS)
@pytest.mark.parametrize("state", STATES)
def test_a_follow_up_ends_with_its_member(session, world, follow_up, state, by):
    case = follow_up(state)
    gone(session, world, by=by)
    case = fresh(session, case)
    assert (
        case.state == "terminated"
        and case.closed_at
        and open_of(session, world.people["village.member1"]) == []
    )
    row = last(session, case)
    assert (row.kind, row.move, row.from_state, row.words) == (
        "move",
        "terminate",
        state,
        {"reason": "去世"},
    )
    assert row.actor_id == world.people[by].id and by in row.actor
    assert row.unit_id == world.units[by.partition(".")[0]].id, "recorded there, not in the branch"
    assert audit.verify(session) == []


def test_who_left_the_party_is_told_apart_from_the_dead(session, world, follow_up):
    case = follow_up("to_make_up")
    gone(session, world, why="left")
    assert last(session, case).words == {"reason": "出党"}


def test_others_of_the_branch_keep_what_is_theirs(session, world, follow_up):
    case = follow_up("to_make_up", who="member2")
    gone(session, world)
    assert fresh(session, case).state == "to_make_up"


def test_a_claim_of_somebody_does_not_hold_it_up(session, world, follow_up):
    case = follow_up("to_contact")
    desk_acts.submit(session, case.id, "claim", world.actor("village.organizer", TODAY), NOW)
    gone(session, world, by="town1.officer")
    assert fresh(session, case).state == "terminated"


def test_if_the_end_fails_nobody_is_dead(session, world, follow_up, monkeypatch):
    case = follow_up("to_make_up")
    before = dump(session)
    monkeypatch.setattr(transitions, "record", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        gone(session, world)
    session.rollback()
    assert dump(session) == before and fresh(session, case).state == "to_make_up"


@pytest.fixture
def exemption(session, world):
    """Bring a member's application to be excused into a state."""

    def go(state: str) -> Case:
        play = Play(session, world, "2026-11-20")
        case = play.open(
            "village.member1",
            workflow="exemption",
            member=world.people["village.member1"].id,
            reason="年老体弱",
            from_on="2026-11-20",
            until="2027-06-01",
        )
        for name, who, move in (
            ("supported", "village.secretary", "support"),
            ("in_force", "town1.officer", "approve"),
        ):
            if state in (name, "in_force"):
                case = play.move(case, who, move)
        assert case.state == state
        return case

    return go


@pytest.mark.parametrize("state", ["asked", "supported", "in_force"])
def test_an_application_ends_with_death_and_with_a_transfer(session, world, exemption, state):
    case = exemption(state)
    moved(session, world)
    assert fresh(session, case).state == "terminated"
    assert last(session, case).words == {"reason": "转出：已转到柏树村党支部"}
    who = world.people["village.member1"].id
    assert who in {
        one.id for one in expected(session, world.units["village2"].id, date(2026, 12, 4))
    }, "asked for anew"


def test_an_application_ends_with_death(session, world, exemption):
    case = exemption("in_force")
    gone(session, world)
    assert (
        last(session, case).words == {"reason": "去世"}
        and open_of(session, world.people["village.member1"]) == []
    )


# Moving -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["zone.sysadmin", "zone.officer"])
@pytest.mark.parametrize("state", STATES)
def test_a_make_up_lesson_follows_its_member(session, world, follow_up, state, by):
    case = follow_up(state)
    moved(session, world, by=by)
    case = fresh(session, case)
    assert (case.state, case.unit_id) == (state, world.units["village2"].id)
    row = last(session, case)
    assert row.kind == "inherit" and row.words == {"reason": "转出：已转到柏树村党支部"}
    assert (
        row.result["unit"] == [world.units["village"].id, world.units["village2"].id]
        and by in row.actor
    )
    where = set(
        session.scalars(
            sa.select(WorkItem.unit_id).where(
                WorkItem.case_id == case.id, WorkItem.closed_at.is_(None), WorkItem.kind == "act"
            )
        )
    )
    assert where == {
        world.units["town2" if state in ("finding_objected", "unreached") else "village2"].id
    }
    assert audit.verify(session) == []


def test_the_new_branch_finishes_what_followed(session, world, follow_up):
    case = follow_up("to_make_up")
    moved(session, world)
    do(
        session,
        world,
        case,
        "record_lesson",
        {**LESSON, "held_on": "2026-11-24"},
        who="village2.organizer",
        on=ON,
    )
    assert fresh(session, case).state == "made_up"


def test_a_transfer_to_come_passes_its_lessons_on_its_day(session, world, follow_up):
    case = follow_up("to_make_up")
    moved(session, world, on=date(2026, 12, 1))
    assert fresh(session, case).unit_id == world.units["village"].id
    sweep.sweep(session, at("2026-11-30"))
    assert fresh(session, case).unit_id == world.units["village"].id
    assert sweep.sweep(session, at("2026-12-01"))["settled"] == 1
    assert (
        fresh(session, case).unit_id == world.units["village2"].id
        and last(session, case).actor == "系统"
    )
    assert sweep.sweep(session, at("2026-12-01")).get("settled", 0) == 0


def test_the_preview_says_what_will_be(session, world, follow_up, exemption):
    follow_up("to_make_up")
    exemption("asked")
    said = "".join(members.effects(session, world.people["village.member1"], TODAY))
    assert "转支部时随人转到新支部，去世或出党时终止办理" in said and "终止办理，编号保留" in said


# Rosters ------------------------------------------------------------------------------------------


def bring(session, world, *lines):
    for name, title in (("village.member1", "甲明德"), ("village2.member1", "乙明德")):
        world.people[name].name = title
    session.commit()
    data = tidy([list(line) for line in lines], header=["支部名称", "姓名", "入党日期"])
    found = apply.read(session, world.zone, data, "名册.xlsx", Sealer("t" * 32), NOW)
    apply.apply(session, found, world.people["zone.sysadmin"].id, NOW, confirmed=True)
    session.commit()


def test_who_is_missing_from_a_roster_leaves_nothing_open(session, world, follow_up, exemption):
    made = [follow_up("to_confirm"), exemption("supported")]
    bring(session, world, ("石桥村党支部", "新来的", "2010-07-01"))
    for case in made:
        row = last(session, case)
        assert (row.move, row.words) == ("terminate", {"reason": "转出：不再是本支部党员"})
        assert "zone.sysadmin" in row.actor and fresh(session, case).closed_at
    assert open_of(session, world.people["village.member1"]) == []


def test_whom_a_roster_moves_takes_his_lesson_along(session, world, follow_up, exemption):
    case, asked = follow_up("to_make_up"), exemption("asked")
    world.people["village.member1"].joined_on = date(2010, 7, 1)
    bring(session, world, ("柏树村党支部", "甲明德", "2010-07-01"))
    assert (
        fresh(session, case).unit_id == world.units["village2"].id
        and fresh(session, case).state == "to_make_up"
    )
    assert last(session, asked).words["reason"] == "转出：已转到柏树村党支部"


def test_who_stays_keeps_his(session, world, follow_up):
    case = follow_up("to_make_up")
    bring(session, world, ("石桥村党支部", "甲明德", ""))
    assert fresh(session, case).state == "to_make_up" and last(session, case).move == "contact_made"


# The net below ------------------------------------------------------------------------------------


def test_the_sweep_catches_what_came_about_otherwise(session, world, follow_up):
    """Rows changed by nobody's operation: a dead member, and one whose membership has run out."""
    dead, out = follow_up("to_make_up"), missing(session, world, unit="community")
    world.people["village.member1"].left_on, world.people["village.member1"].left_why = (
        TODAY,
        "died",
    )
    row = session.scalar(
        sa.select(Membership).where(Membership.person_id == world.people["community.member1"].id)
    )
    row.to_on = date(2026, 11, 23)
    session.commit()
    assert departures.Departed.keys(session, NOW) == sorted([dead.id, out.id])
    assert sweep.sweep(session, NOW)["settled"] == 2
    assert [last(session, case).words["reason"] for case in (dead, out)] == [
        "去世",
        "转出：不再是本支部党员",
    ]
    assert departures.Departed.keys(session, NOW) == []


def test_nobody_who_belongs_is_touched_by_it(session, world, follow_up, exemption):
    follow_up("to_make_up")
    exemption("in_force")
    assert departures.Departed.keys(session, NOW) == []


def test_a_split_and_a_merger_leave_it_nothing_to_do(session, world, follow_up):
    case = follow_up("to_make_up")
    reorganize.merge(
        session,
        [world.units["village"]],
        world.units["community"],
        TODAY,
        world.actor("town1.officer", TODAY),
        NOW,
    )
    session.commit()
    assert fresh(session, case).unit_id == world.units["community"].id
    assert departures.Departed.keys(session, NOW) == []


def test_appraisals_are_the_branch_s_and_stay(session, world):
    play = Play(session, world, "2026-11-20")
    case = play.open("village.secretary", workflow="appraisal", year=2026)
    assert case.data_subject_id is None
    gone(session, world)
    assert fresh(session, case).open
    assert (
        session.scalar(
            sa.select(sa.func.count()).select_from(Appraised).where(Appraised.case_id == case.id)
        )
        == 5
    )


def test_whatever_concerns_a_member_can_be_ended_wherever_it_stands():
    """The record of a death must find `terminate` in every open state of a workflow that is
    somebody's own.
    """
    personal = [
        workflow for workflow in workflows.every() if workflow.data_subject and not workflow.stays
    ]
    assert {workflow.name for workflow in personal} >= {"absence", "exemption"}
    for workflow in personal:
        for state in workflow.states:
            assert workflow.final(state) or workflow.move(state, "terminate"), (
                workflow.name,
                state.name,
            )


def test_a_person_named_nowhere_else_is_read_from_the_register(session, world):
    assert departures.settle_people(session, [world.people["village.member1"].id], None, NOW) == 0
    assert session.get(Person, world.people["village.member1"].id).left_on is None
