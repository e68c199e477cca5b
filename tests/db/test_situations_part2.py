"""The situations of practice (dossier §8) that absence, exemption and orders must stand: each from
the guidance.

The wrong branch, the member who never answers and the branch of four are in the walks; the flood is
of date changes.
"""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from oversight.base.refusals import Forbidden, NotFound, RuleViolation
from oversight.calendar.party_days import activity_for, status
from oversight.engine import inbox, journal
from oversight.ledger import attendance
from oversight.models import Activity, Case, JournalRow, Membership, Paper, Post
from oversight.register import departures, reorganize
from oversight.time import sweep
from tests.db.test_attendance import people, record, sheet
from tests.db.test_rectification_walk import ITEMS, do, fixing, opened, rechecking
from tests.support.actors import Play, confirming
from tests.support.world import at

CALL = {"reached": True, "told": True, "way": "phone", "reason": "外出"}
MISS = {"reached": False, "told": False, "way": "phone"}
LESSON = {"form": "visit", "held_on": "2026-11-12"}
DONE = {"verdicts": ["explained", "accepted"], "opinion": "同意"}


def box(session, world, name: str, day: str, which: str = "mine") -> list[str]:
    who = world.actor(name, date.fromisoformat(day))
    return [case.id for case in inbox.cases(session, who, which, who.on).items]


def absent(session, world, who="member1", **more) -> Case:
    record(session, world, sheet(world, absent=(who,), **more))
    person = world.people[f"village.{who}"].id
    return session.scalar(
        sa.select(Case).where(Case.data_subject_id == person, Case.closed_at.is_(None))
    )


# The flood ----------------------------------------------------------------------------------------


def test_after_a_flood_a_month_is_excused_apart_and_nobody_is_chased(session, world):
    """Told by telephone, reported after recovery, 同意缓开: not missed, no sheet, no absentees."""
    play = Play(session, world, day="2026-11-09")
    case = play.open("village.secretary", day="2026-11-06")
    case = play.move(
        case,
        "village.secretary",
        "report_late",
        reason="山洪冲断道路，已电话报告",
        told_by_phone="11月6日 7:40 报镇党委值班室",
        recovered_on="2026-11-09",
    )
    play.move(case, "town1.officer", "excuse_month", opinion="灾情属实")
    row = activity_for(session, world.units["village"], 2026, 11)
    assert status(row, date(2026, 12, 31)) == "excused"
    sweep.sweep(session, at("2026-12-31"))
    assert (
        session.scalar(
            sa.select(sa.func.count()).select_from(Case).where(Case.workflow == "absence")
        )
        == 0
    )


# A merger in October ------------------------------------------------------------------------------


def merge(session, world, on="2026-12-01"):
    reorganize.merge(
        session,
        [world.units["village"]],
        world.units["community"],
        date.fromisoformat(on),
        world.actor("town1.officer", date.fromisoformat(on)),
        at(on),
    )
    session.commit()


def test_unfinished_make_ups_of_a_merged_branch_pass_to_its_successor_and_are_finished_there(
    session, world
):
    case = absent(session, world)
    do(session, world, case, "record_contact", CALL, who="village.organizer", on="2026-11-12")
    merge(session, world)
    assert box(session, world, "community.secretary", "2026-12-01") == [case.id]
    assert box(session, world, "village.secretary", "2026-12-01") == []
    done = do(
        session,
        world,
        case,
        "record_lesson",
        {"form": "group", "held_on": "2026-12-02"},
        who="community.organizer",
        on="2026-12-02",
    )
    assert done.state == "made_up"
    row = session.get(Activity, case.facts["activity"])
    assert attendance.balance(session, row)["end_made_up"] == 1, (
        "the sums of the old branch's day still balance"
    )


def test_who_follows_up_a_member_that_came_has_his_own_time(session, world):
    """A transfer with an absence that the old branch left lying: the new one begins on its first day."""
    case = absent(session, world)
    late = session.get(Case, case.id, populate_existing=True).due_on
    assert late < date(2026, 11, 30)
    on = date(2026, 11, 30)
    session.execute(
        sa.update(Membership)
        .where(Membership.person_id == case.data_subject_id)
        .values(unit_id=world.units["community"].id, from_on=on)
    )
    session.commit()
    who = world.actor("town1.officer", on)
    departures.settle(session, case.id, who, at("2026-11-30"))
    session.commit()
    moved = session.get(Case, case.id, populate_existing=True)
    assert moved.unit_id == world.units["community"].id
    assert (moved.running_since, moved.due_on > on) == (on, True)


def test_what_a_merged_branch_left_late_stays_late(session, world):
    case = absent(session, world)
    late = case.due_on
    merge(session, world)
    moved = session.get(Case, case.id, populate_existing=True)
    assert (moved.due_on, moved.unit_id) == (late, world.units["community"].id)


def test_a_wish_to_be_excused_ends_with_the_branch_and_is_made_anew(session, world):
    play = Play(session, world)
    facts = {
        "member": world.people["village.member1"].id,
        "reason": "年老体弱",
        "from_on": "2026-12-01",
        "until": "2027-06-01",
    }
    case = play.open("village.member1", workflow="exemption", **facts)
    merge(session, world)
    assert session.get(Case, case.id, populate_existing=True).state == "terminated"
    play.on("2026-12-02")
    facts["from_on"] = "2026-12-10"
    assert (
        play.open("village.member1", unit="community", workflow="exemption", **facts).state
        == "asked"
    )


def test_a_merged_branch_s_order_in_recheck_stays_with_who_issued_it(session, world):
    case = rechecking(session, world)
    merge(session, world, on="2026-12-03")
    done = do(session, world, case, "accept", DONE, on="2026-12-03")
    assert (done.state, done.unit_id) == ("closed", world.units["community"].id)
    numbers = session.scalars(
        sa.select(Paper.number).where(Paper.case_id == case.id).order_by(Paper.seq)
    ).all()
    assert numbers == ["青委整〔2026〕1号", "青委整销〔2026〕1号"]


def test_who_led_the_merged_branch_does_not_judge_its_order_as_the_successor_s(session, world):
    """The author and the fixers stay barred after the merger."""
    case = rechecking(session, world)
    merge(session, world, on="2026-12-03")
    for name in ("town1.inspector", "village.secretary", "community.secretary"):
        with pytest.raises(NotFound if name.startswith("village") else Forbidden):
            do(session, world, case, "accept", DONE, who=name, on="2026-12-03")


# A member dies ------------------------------------------------------------------------------------


def test_a_member_s_death_locks_nothing(session, world):
    """His follow-ups are ended by the superior, counted once, and the next month's roster goes on
    without him.
    """
    case = absent(session, world)
    do(session, world, case, "record_contact", MISS, who="village.organizer", on="2026-11-10")
    world.people["village.member1"].left_on = date(2026, 11, 11)
    session.commit()
    done = do(
        session, world, case, "terminate", {"reason": "本人于 11 月 11 日去世"}, on="2026-11-12"
    )
    assert done.state == "terminated"
    november = session.get(Activity, case.facts["activity"])
    assert attendance.balance(session, november) == {
        "present": 4,
        "absent": 1,
        "expected": 5,
        "end_terminated": 1,
    }
    december = activity_for(session, world.units["village"], 2026, 12)
    names = [person.name for person in attendance.people(session, december, date(2026, 12, 4))]
    assert "village.member1" not in names and len(names) == 4
    raw = sheet(world)
    raw["present"].remove(world.people["village.member1"].id)
    done = attendance.record(
        session,
        december.id,
        attendance.read_sheet(raw),
        world.actor("village.secretary", date(2026, 12, 4)),
        at("2026-12-04"),
    )
    assert done.activity.held_on == date(2026, 12, 4)


def test_a_record_can_still_be_corrected_after_one_of_it_has_died(session, world):
    case = absent(session, world)
    world.people["village.member1"].left_on = date(2026, 11, 11)
    session.commit()
    record(session, world, sheet(world, leave=("member1",), why="当日已由家属请假"))
    assert session.get(Case, case.id, populate_existing=True).state == "to_contact"
    assert session.get(Case, case.id).facts["kind"] == "leave"


def test_a_finding_set_aside_the_record_says_leave(session, world):
    case = absent(session, world)
    do(session, world, case, "record_contact", CALL, who="village.organizer", on="2026-11-10")
    do(
        session,
        world,
        case,
        "find_unexcused",
        {"heard": "称已请假", "note": "认定"},
        who="village.organizer",
        on="2026-11-10",
    )
    why, told = {"reason": "假条查到了"}, {"who": "village.organizer", "on": "2026-11-10"}
    do(session, world, case, "set_aside", why, **told)
    record(session, world, sheet(world, leave=("member1",), why="假条查到了"))
    facts = session.get(Case, case.id, populate_existing=True).facts
    assert (facts["kind"], facts["reason"], facts["unexcused"]) == ("leave", "外出", None)
    row = session.scalars(
        sa.select(JournalRow).where(JournalRow.case_id == case.id).order_by(JournalRow.seq)
    ).all()[-1]
    assert (row.move, row.result["kind"]) == ("reclass", ["absent", "leave"])
    assert journal.verify_lines(journal.export_lines(session)) == []


def test_the_death_of_one_whose_wish_to_be_excused_was_granted(session, world):
    play = Play(session, world)
    facts = {
        "member": world.people["village.member1"].id,
        "reason": "年老体弱",
        "from_on": "2026-12-01",
        "until": "2027-06-01",
    }
    case = play.move(
        play.open("village.member1", workflow="exemption", **facts), "village.secretary", "support"
    )
    case = play.move(case, "town1.officer", "approve")
    case = play.on("2026-12-20").move(case, "town1.officer", "terminate", reason="本人去世")
    assert case.state == "terminated" and play.desks(case) == []


# A mobile member who never answers ----------------------------------------------------------------


def test_for_a_mobile_member_the_receiving_branch_is_asked_before_he_counts_as_lost(session, world):
    world.people["village.member1"].mobile = True
    session.commit()
    case = absent(session, world)
    for way, day in (("phone", "10"), ("online", "11"), ("phone", "12")):
        do(
            session,
            world,
            case,
            "record_contact",
            {**MISS, "way": way, "on": f"2026-11-{day}"},
            who="village.organizer",
            on="2026-11-12",
        )
    with pytest.raises(RuleViolation, match="流入地支部"):
        do(session, world, case, "search_lost", who="village.organizer", on="2026-11-12")
    do(
        session,
        world,
        case,
        "record_contact",
        {**MISS, "way": "receiving_branch"},
        who="village.organizer",
        on="2026-11-13",
    )
    assert (
        do(session, world, case, "search_lost", who="village.organizer", on="2026-11-13").state
        == "unreached"
    )
    again = do(session, world, case, "try_again", on="2026-11-16")
    assert again.state == "to_contact" and again.due_on == date(2026, 11, 19)
    do(
        session,
        world,
        case,
        "record_contact",
        {**CALL, "way": "receiving_branch"},
        who="village.organizer",
        on="2026-11-17",
    )
    assert session.get(Case, case.id).state == "to_make_up", "found after all"


def test_who_was_reached_once_is_not_lost(session, world):
    case = absent(session, world)
    do(
        session,
        world,
        case,
        "record_contact",
        {**CALL, "told": False},
        who="village.organizer",
        on="2026-11-10",
    )
    for way in ("phone", "online", "visit"):
        do(
            session,
            world,
            case,
            "record_contact",
            {**MISS, "way": way},
            who="village.organizer",
            on="2026-11-12",
        )
    with pytest.raises(RuleViolation):
        do(session, world, case, "search_lost", who="village.organizer", on="2026-11-12")


# A late town --------------------------------------------------------------------------------------


def test_a_town_that_does_not_recheck_in_time_is_shown_to_the_zone_which_takes_over(session, world):
    """The re-check has its own clock; the branch's stands still, and its lateness is the town's."""
    case = rechecking(session, world)
    assert case.due_on == date(2026, 12, 16)
    sweep.sweep(session, at("2026-12-17"))
    assert case.id in box(session, world, "zone.officer", "2026-12-17", "copied")
    taken = do(
        session,
        world,
        case,
        "take_over",
        {"reason": "镇党委逾期未复核"},
        who="zone.officer",
        on="2026-12-17",
    )
    assert (taken.state, taken.due_on) == ("recheck", date(2026, 12, 31))
    with pytest.raises(Forbidden):
        do(session, world, case, "accept", DONE, on="2026-12-17")
    back = do(
        session,
        world,
        case,
        "send_back",
        {"verdicts": ["accepted", "not"], "opinion": "仍有一人未联系"},
        who="zone.officer",
        on="2026-12-18",
    )
    assert back.due_on == date(2026, 12, 25), (
        "the branch has its five working days whatever the town did"
    )
    do(session, world, case, "report", {"items": ITEMS}, who="village.secretary", on="2026-12-21")
    done = do(session, world, case, "accept", DONE, who="zone.secretary", on="2026-12-22")
    closing = session.scalar(
        sa.select(Paper).where(Paper.case_id == case.id, Paper.kind == "closing")
    )
    assert done.state == "closed" and closing.number == "云党工整销〔2026〕1号"
    assert done.number == "青委整〔2026〕1号", (
        "the order keeps the number under which it was issued"
    )


def test_an_order_that_nobody_signs_climbs(session, world):
    case = opened(session, world)
    assert case.due_on == date(2026, 11, 27)
    sweep.sweep(session, at("2026-11-30"))
    assert case.id in box(session, world, "zone.officer", "2026-11-30", "copied")
    do(
        session,
        world,
        case,
        "take_over",
        {"reason": "镇党委逾期未签发"},
        who="zone.secretary",
        on="2026-11-30",
    )
    assert (
        do(session, world, case, "sign_off", who="zone.officer", on="2026-12-01").state
        == "signed_off"
    )


def test_an_objection_that_the_town_leaves_lying_does_not_run_the_branch_s_clock(session, world):
    case = fixing(session, world, due="2026-12-11")
    do(
        session,
        world,
        case,
        "object",
        {"reason": "当天已书面请示"},
        who="village.secretary",
        on="2026-11-26",
    )
    sweep.sweep(session, at("2026-12-14"))
    late = session.get(Case, case.id, populate_existing=True)
    assert late.state == "objected" and late.due_on == date(2026, 12, 3)
    answered = do(session, world, case, "answer_objection", {"opinion": "维持"}, on="2026-12-14")
    assert answered.due_on == date(2026, 12, 29), "eleven working days were left on 26 November"


def test_a_late_branch_is_shown_to_the_town_and_then_nothing_is_decided_by_itself(session, world):
    case = absent(session, world)
    sweep.sweep(session, at("2026-11-13"))
    assert case.id in box(session, world, "town1.officer", "2026-11-13", "copied")
    for day in ("2026-12-31", "2027-03-01"):
        sweep.sweep(session, at(day))
    assert session.get(Case, case.id, populate_existing=True).state == "to_contact", (
        "silence is nobody's consent"
    )


# A branch of four ---------------------------------------------------------------------------------


@pytest.fixture
def tiny(session, world):
    world.unit("tiny", "branch", "town1", "social", title="青禾社工党支部")
    for name in ("head", "a", "b", "c"):
        world.person(f"tiny.{name}", "tiny")
    world.post("tiny.head", "tiny", "secretary")
    session.commit()
    return world


def tiny_sheet(world, *absent_ones, **more):
    names = ("head", "a", "b", "c")
    return {
        "present": people(world, *(n for n in names if n not in absent_ones), unit="tiny"),
        "absent": people(world, *absent_ones, unit="tiny"),
        "held_on": "2026-11-10",
        **more,
    }


def test_a_branch_of_four_keeps_its_record_without_its_secretary(session, tiny):
    """The secretary is away for good: any other full member records, hosts and follows up, not for
    himself.
    """
    session.execute(
        sa.update(Post).where(Post.unit_id == tiny.units["tiny"].id).values(to_on=date(2026, 11, 1))
    )
    session.commit()
    raw = tiny_sheet(tiny, "a", host=tiny.people["tiny.b"].id, host_why="书记空缺")
    done = record(session, tiny, raw, who="tiny.b", on="2026-11-11", unit="tiny")
    assert done.host_id == tiny.people["tiny.b"].id
    [case] = session.scalars(sa.select(Case).where(Case.workflow == "absence"))
    assert case.id not in box(session, tiny, "tiny.a", "2026-11-11"), "not his own"
    assert case.id in box(session, tiny, "tiny.c", "2026-11-11")
    with pytest.raises(Forbidden):
        do(session, tiny, case, "record_contact", CALL, who="tiny.a", on="2026-11-11")
    do(session, tiny, case, "record_contact", CALL, who="tiny.c", on="2026-11-11")
    confirming(session, tiny)
    do(session, tiny, case, "record_lesson", LESSON, who="tiny.b", on="2026-11-12")
    assert do(session, tiny, case, "confirm", who="tiny.c", on="2026-11-12").state == "made_up"


def test_a_probationary_member_of_a_branch_of_four_does_not_step_in(session, tiny):
    tiny.people["tiny.c"].probationary = True
    session.commit()
    record(session, tiny, tiny_sheet(tiny, "head"), who="tiny.head", on="2026-11-11", unit="tiny")
    [case] = session.scalars(sa.select(Case).where(Case.workflow == "absence"))
    with pytest.raises(NotFound):
        do(session, tiny, case, "record_contact", CALL, who="tiny.c", on="2026-11-11")
    assert (
        do(session, tiny, case, "record_contact", CALL, who="tiny.a", on="2026-11-11").state
        == "to_make_up"
    )


def test_where_the_whole_branch_is_concerned_its_superior_steps_in(session, world):
    """A branch of which one full member is left: his absence is the town's to follow."""
    world.unit("one", "branch", "town1", "social", title="二人党支部")
    world.person("one.head", "one")
    world.person("one.new", "one", probationary=True)
    world.post("one.head", "one", "secretary")
    session.commit()
    raw = {
        "present": people(world, "new", unit="one"),
        "absent": people(world, "head", unit="one"),
        "held_on": "2026-11-10",
    }
    record(session, world, raw, who="one.head", on="2026-11-11", unit="one")
    [case] = session.scalars(sa.select(Case).where(Case.workflow == "absence"))
    assert case.id in box(session, world, "town1.officer", "2026-11-11")
    assert do(session, world, case, "record_contact", CALL, on="2026-11-11").state == "to_make_up"
