"""Absence: nobody is dropped. The walk, and the situations of the dossier's practice."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from oversight.base.refusals import Forbidden, RuleViolation
from oversight.engine import inbox, transitions
from oversight.models import Attendance, Case, Post
from oversight.time import sweep
from tests.db.test_attendance import cases, record, sheet
from tests.support.world import at

CALL = {"reached": True, "told": True, "way": "phone", "reason": "外出"}
MISS = {"reached": False, "told": False, "way": "phone"}
LESSON = {"form": "visit", "held_on": "2026-11-12", "note": "学习党章"}


WALKS = {"absence": "test_contact_lesson_confirmation_and_the_file_closes_itself"}


def missing(session, world, unit="village", who="member1", kind="absent"):
    record(session, world, sheet(world, unit, **{kind: (who,)}), f"{unit}.secretary", unit=unit)
    return cases(session)[-1]


def do(session, world, case, move, words=None, who="village.organizer", on="2026-11-12"):
    current = session.get(Case, case.id, populate_existing=True)
    return transitions.submit(
        session,
        case.id,
        move,
        world.actor(who, at(on).today),
        words or {},
        version=current.version,
        at=at(on),
    )


def refused(session, world, case, move, words=None, *, match, kind=RuleViolation, **more):
    before = session.get(Case, case.id, populate_existing=True).version
    with pytest.raises(kind, match=match):
        do(session, world, case, move, words, **more)
    assert session.get(Case, case.id, populate_existing=True).version == before


def test_contact_lesson_confirmation_and_the_file_closes_itself(session, world):
    case = missing(session, world)
    assert do(session, world, case, "record_contact", CALL).state == "to_make_up"
    assert do(session, world, case, "record_lesson", LESSON).state == "to_confirm"
    done = do(session, world, case, "confirm")
    assert done.state == "made_up" and done.closed_at and done.facts["archived_on"] == "2026-11-12"


def test_the_lesson_is_due_before_the_next_party_day(session, world):
    case = missing(session, world)
    sweep.sweep(session, at("2026-10-09"))
    assert do(session, world, case, "record_contact", CALL).due_on == date(2026, 12, 4)


def test_an_organ_files_under_a_number(session, world):
    case = missing(session, world, "organ")
    do(session, world, case, "record_contact", CALL, who="organ.organizer")
    do(session, world, case, "record_lesson", LESSON, who="organ.organizer")
    assert do(session, world, case, "confirm", who="organ.organizer").state == "to_archive"
    done = do(session, world, case, "archive", {"archive_no": "机-2026-07"}, who="organ.organizer")
    assert (done.state, done.facts["archive_no"]) == ("made_up", "机-2026-07")


def test_a_lesson_needs_the_member_to_be_told_first(session, world):
    case = missing(session, world)
    do(session, world, case, "record_contact", {**CALL, "told": False})
    assert session.get(Case, case.id).state == "to_contact"


def test_not_reached_cannot_be_told(session, world):
    case = missing(session, world)
    refused(session, world, case, "record_contact", {**MISS, "told": True}, match="没有联系上")


@pytest.mark.parametrize("day", ["2026-11-06", "2026-11-13"])
def test_a_lesson_is_not_entered_before_it_was_held(session, world, day):
    case = missing(session, world)
    do(session, world, case, "record_contact", CALL)
    refused(session, world, case, "record_lesson", {**LESSON, "held_on": day}, match="补课日期")


def test_the_secretary_s_own_absence_is_others_to_follow(session, world):
    case = missing(session, world, who="secretary")
    refused(
        session,
        world,
        case,
        "record_contact",
        CALL,
        who="village.secretary",
        kind=Forbidden,
        match="办理",
    )
    assert (
        do(session, world, case, "record_contact", CALL, who="village.organizer").state
        == "to_make_up"
    )


def test_in_a_branch_of_four_any_other_full_member_confirms(session, world):
    for name in ("organizer", "member3"):
        world.people[f"village.{name}"].left_on = date(2026, 1, 1)
    session.execute(
        sa.update(Post)
        .where(Post.person_id == world.people["village.organizer"].id)
        .values(to_on=date(2026, 1, 1))
    )
    session.commit()
    raw = sheet(world, absent=("secretary",))
    gone = {world.people[f"village.{name}"].id for name in ("organizer", "member3")}
    raw["present"] = [person for person in raw["present"] if person not in gone]
    record(session, world, raw)
    case = cases(session)[-1]
    assert (
        do(session, world, case, "record_contact", CALL, who="village.member1").state
        == "to_make_up"
    )


def test_a_mobile_member_who_never_answers_goes_to_the_search(session, world):
    case = missing(session, world)
    for way in ("phone", "phone"):
        do(session, world, case, "record_contact", {**MISS, "way": way})
    refused(session, world, case, "search_lost", match="三次")
    do(session, world, case, "record_contact", {**MISS, "way": "phone"})
    refused(session, world, case, "search_lost", match="两种")
    do(session, world, case, "record_contact", {**MISS, "way": "receiving_branch"})
    asked = do(session, world, case, "search_lost")
    assert asked.state == "unreached"
    assert [
        row.id
        for row in inbox.cases(
            session,
            world.actor("town1.officer", at("2026-11-12").today),
            "mine",
            at("2026-11-12").today,
        ).items
    ] == [case.id]
    assert do(session, world, case, "begin_search", who="town1.officer").state == "searching"


def test_unexcused_is_found_after_hearing_and_only_for_the_absent(session, world):
    case = missing(session, world)
    found = {"heard": "本人称忘记了时间", "note": "支委会研究认定"}
    refused(session, world, case, "find_unexcused", found, match="听取本人说明")
    do(session, world, case, "record_contact", CALL)
    refused(session, world, case, "educate", {"measure": "谈话提醒"}, match="没有认定")
    do(session, world, case, "find_unexcused", found)
    done = do(session, world, case, "educate", {"measure": "批评教育"})
    assert done.state == "to_make_up", "education is a flag beside the lesson, not its end"
    on_leave = missing(session, world, "community", kind="leave")
    do(session, world, on_leave, "record_contact", CALL, who="community.organizer")
    refused(
        session, world, on_leave, "find_unexcused", found, who="community.organizer", match="请了假"
    )


def test_the_member_may_object_to_the_finding(session, world):
    case = missing(session, world)
    do(session, world, case, "record_contact", CALL)
    do(session, world, case, "find_unexcused", {"heard": "本人称忘记了", "note": "认定"})
    assert (
        do(
            session, world, case, "object", {"reason": "当天已口头请假"}, who="village.member1"
        ).state
        == "finding_objected"
    )
    done = do(session, world, case, "overturn_finding", who="town1.officer")
    assert (done.state, done.facts["unexcused"]) == ("to_make_up", None)


def test_death_ends_a_follow_up_by_the_superior(session, world):
    case = missing(session, world)
    refused(session, world, case, "terminate", {"reason": "去世"}, kind=Forbidden, match="办理")
    assert (
        do(session, world, case, "terminate", {"reason": "去世"}, who="town1.officer").state
        == "terminated"
    )


@pytest.mark.parametrize(
    ("on", "good"),
    [("2026-11-06", True), ("2026-11-09", True), ("2026-11-05", False), ("2026-11-10", False)],
)
def test_a_contact_is_entered_with_its_own_day_never_ahead_of_it(session, world, on, good):
    """dossier 8: the entry's date is always shown beside the event's."""
    case = missing(session, world)
    call = {"reached": True, "told": True, "way": "phone", "reason": "外出", "on": on}
    if not good:
        with pytest.raises(RuleViolation, match="联系日期要在活动当天到今天之间"):
            do(session, world, case, "record_contact", call, on="2026-11-09")
        return
    done = do(session, world, case, "record_contact", call, on="2026-11-09")
    assert (done.facts["tries"][0]["on"], done.facts["tries"][0]["entered_on"]) == (
        on,
        "2026-11-09",
    )


def test_a_follow_up_opened_by_mistake_is_void_and_nobody_is_dropped(session, world):
    """Contract: void (误立) in every workflow, the number is kept; issue: nobody is dropped."""
    case = missing(session, world)
    do(session, world, case, "record_contact", CALL)
    gone = do(session, world, case, "void", {"reason": "误立"}, who="town1.officer")
    assert gone.state == "void" and gone.closed_at
    again = session.scalar(
        sa.select(Case).where(Case.workflow == "absence", Case.closed_at.is_(None))
    )
    assert (again.business_key, again.state, again.data_subject_id) == (
        case.business_key,
        "to_contact",
        case.data_subject_id,
    )
    assert again.due_on == date(2026, 11, 17) and "tries" not in again.facts


def test_void_once_the_record_was_corrected_is_the_end(session, world):
    case = missing(session, world)
    row = session.scalar(sa.select(Attendance).where(Attendance.person_id == case.data_subject_id))
    row.kind = "present"
    session.commit()
    do(session, world, case, "void", {"reason": "误立"}, who="town1.officer")
    assert (
        session.scalar(
            sa.select(Case.id).where(Case.workflow == "absence", Case.closed_at.is_(None))
        )
        is None
    )


def test_what_moved_with_its_member_is_not_void_while_the_record_stands(session, world):
    case = missing(session, world)
    transitions.reassign_unit(
        session,
        case.id,
        world.units["village2"],
        world.actor("town1.officer", at("2026-11-12").today),
        at("2026-11-12"),
        "转出",
    )
    session.commit()
    refused(session, world, case, "void", {"reason": "误立"}, match="随人转来", who="town2.officer")
