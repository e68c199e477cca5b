"""Absence: nobody is dropped. The walk, and the situations of the dossier's practice."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from oversight.base.refusals import Forbidden, RuleViolation
from oversight.calendar.party_days import activity_for
from oversight.engine import inbox, transitions
from oversight.ledger import attendance
from oversight.models import Attendance, Case, Post
from oversight.time import sweep
from tests.db.test_attendance import cases, record, sheet
from tests.support.actors import confirming
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


def refused(
    session, world, case, move, words=None, *, match="", kind=RuleViolation, rule=None, **more
):
    before = session.get(Case, case.id, populate_existing=True).version
    with pytest.raises(kind, match=match) as caught:
        do(session, world, case, move, words, **more)
    assert rule is None or caught.value.extra["rule"] == rule
    assert session.get(Case, case.id, populate_existing=True).version == before


def test_contact_lesson_confirmation_and_the_file_closes_itself(session, world):
    case = missing(session, world)
    assert do(session, world, case, "record_contact", CALL).state == "to_make_up"
    done = do(session, world, case, "record_lesson", LESSON)
    assert done.state == "made_up" and done.closed_at and done.facts["archived_on"] == "2026-11-12"


def test_where_the_zone_wants_it_another_confirms(session, world):
    confirming(session, world)
    case = missing(session, world)
    do(session, world, case, "record_contact", CALL)
    assert do(session, world, case, "record_lesson", LESSON).state == "to_confirm"
    assert do(session, world, case, "confirm").state == "made_up"


def test_contact_and_lesson_of_one_day_are_one_entry(session, world):
    """Issue 10, 5."""
    case = missing(session, world)
    done = do(session, world, case, "record_contact", {**CALL, "form": "visit", "note": "学党章"})
    assert done.state == "made_up" and done.facts["lesson"]["held_on"] == "2026-11-12"
    assert (done.facts["lesson"]["form"], done.facts["lesson"]["note"]) == ("visit", "学党章")


def test_a_lesson_that_is_sent_back_is_due_after_the_next_party_day(session, world):
    confirming(session, world)
    case = missing(session, world)
    sweep.sweep(session, at("2026-10-09"))
    do(session, world, case, "record_contact", CALL)
    do(session, world, case, "record_lesson", LESSON)
    back = do(session, world, case, "redo", {"reason": "没有补完"}, on="2026-12-03")
    assert back.state == "to_make_up" and back.facts["lesson"] is None
    assert back.facts["lessons_sent_back"][0]["held_on"] == "2026-11-12"
    assert back.due_on > date(2026, 12, 4)


def test_the_lesson_is_due_before_the_next_party_day(session, world):
    case = missing(session, world)
    sweep.sweep(session, at("2026-10-09"))
    assert do(session, world, case, "record_contact", CALL).due_on == date(2026, 12, 4)


def test_an_organ_files_under_a_number(session, world):
    case = missing(session, world, "organ")
    do(session, world, case, "record_contact", CALL, who="organ.organizer")
    taught = do(session, world, case, "record_lesson", LESSON, who="organ.organizer")
    assert taught.state == "to_archive"
    done = do(session, world, case, "archive", {"archive_no": "机-2026-07"}, who="organ.organizer")
    assert (done.state, done.facts["archive_no"]) == ("made_up", "机-2026-07")


def test_a_lesson_needs_the_member_to_be_told_first(session, world):
    case = missing(session, world)
    do(session, world, case, "record_contact", {**CALL, "told": False})
    assert session.get(Case, case.id).state == "to_contact"


def test_not_reached_cannot_be_told(session, world):
    case = missing(session, world)
    refused(session, world, case, "record_contact", {**MISS, "told": True}, match="没有联系上")


@pytest.mark.parametrize("day", ["2026-11-05", "2026-11-13"])
def test_a_lesson_is_not_entered_before_it_was_held(session, world, day):
    case = missing(session, world)
    do(session, world, case, "record_contact", CALL)
    refused(session, world, case, "record_lesson", {**LESSON, "held_on": day}, match="补课日期")


def test_a_lesson_may_follow_the_activity_on_the_same_day(session, world):
    case = missing(session, world)
    do(session, world, case, "record_contact", {**CALL, "on": "2026-11-06"})
    lesson = {**LESSON, "held_on": "2026-11-06"}
    assert do(session, world, case, "record_lesson", lesson).state == "made_up"


def test_two_absent_leaders_do_not_confirm_each_other(session, world):
    record(session, world, sheet(world, leave=("secretary", "organizer")), "village.secretary")
    follow = {case.data_subject_id: case for case in cases(session)}
    own = {name: follow[world.people[f"village.{name}"].id] for name in ("secretary", "organizer")}
    for other, name in (("secretary", "organizer"), ("organizer", "secretary")):
        refused(
            session,
            world,
            own[name],
            "record_contact",
            CALL,
            who=f"village.{other}",
            kind=Forbidden,
            match="办理",
        )
    done = do(session, world, own["secretary"], "record_contact", CALL, who="village.member1")
    assert done.state == "to_make_up", "a branch too small for a committee: any other full member"


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
    for way, day in (("phone", "10"), ("phone", "11"), ("receiving_branch", "11")):
        do(session, world, case, "record_contact", {**MISS, "way": way, "on": f"2026-11-{day}"})
    refused(session, world, case, "search_lost", match="三个不同的日子")
    do(session, world, case, "record_contact", {**MISS, "way": "phone"})
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
    done = do(session, world, case, "find_unexcused", found)
    leaders = {world.people[f"village.{name}"].id for name in ("secretary", "organizer")}
    assert set(done.facts["unexcused"]["found_by"]) == leaders
    waits = do(session, world, case, "record_lesson", LESSON)
    assert waits.state == "to_archive", "filing needs the education"
    waits = do(session, world, case, "educate", {"measure": "批评教育"})
    assert waits.state == "open_to_objection", "the member may object yet"
    sweep.sweep(session, at("2026-11-20"))
    done = session.get(Case, case.id, populate_existing=True)
    assert done.state == "made_up", "education is a flag beside the lesson, not its end"
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
    again = {"heard": "本人称忘记了", "note": "认定"}
    refused(session, world, case, "find_unexcused", again, rule="not_overturned")


def test_the_member_objects_once(session, world):
    case = missing(session, world)
    do(session, world, case, "record_contact", CALL)
    do(session, world, case, "find_unexcused", {"heard": "本人称忘记了", "note": "认定"})
    words = {"reason": "当天已口头请假"}
    do(session, world, case, "object", words, who="village.member1")
    do(session, world, case, "uphold_finding", who="town1.officer")
    refused(session, world, case, "object", words, who="village.member1", rule="objects_once")


FOUND = {"heard": "本人称忘记了", "note": "认定"}


def found_and_taught(session, world):
    """An absence found 无故 on 12 November, made up and talked over on the same day."""
    case = missing(session, world)
    for move, words in (
        ("record_contact", CALL),
        ("find_unexcused", FOUND),
        ("educate", {"measure": "谈话提醒"}),
        ("record_lesson", LESSON),
    ):
        do(session, world, case, move, words)
    return session.get(Case, case.id, populate_existing=True)


def test_the_file_waits_while_the_member_may_object(session, world):
    """R-4.4e: 本人可以提出一次异议, and five working days are given to it."""
    case = found_and_taught(session, world)
    assert case.state == "open_to_objection"
    sweep.sweep(session, at("2026-11-19"))
    words = {"reason": "当天已口头请假"}
    objected = do(session, world, case, "object", words, who="village.member1", on="2026-11-19")
    assert objected.state == "finding_objected"
    done = do(session, world, case, "uphold_finding", who="town1.officer", on="2026-11-19")
    assert done.state == "made_up", "answered, made up and talked over: nothing is waited for"


def test_who_may_object_yet_is_not_excused_from_the_lesson_instead(session, world):
    case = missing(session, world)
    do(session, world, case, "record_contact", CALL)
    do(session, world, case, "find_unexcused", FOUND)
    words = {"reason": "确有困难"}
    refused(session, world, case, "excuse", words, who="town1.officer", rule="past_objecting")


def test_after_the_term_the_file_closes_itself(session, world):
    case = found_and_taught(session, world)
    sweep.sweep(session, at("2026-11-20"))
    assert session.get(Case, case.id, populate_existing=True).state == "made_up"


def test_the_committee_sets_its_finding_aside_and_the_file_goes_on(session, world):
    """The finding is the committee's to take back, by more than half of it."""
    case = found_and_taught(session, world)
    alone = {"reason": "假条找到了", "by": [world.people["village.secretary"].id]}
    refused(session, world, case, "set_aside", alone, rule="found_by_the_committee")
    done = do(session, world, case, "set_aside", {"reason": "假条找到了"})
    assert (done.state, done.facts["unexcused"]) == ("made_up", None)
    assert done.facts["set_aside"]["finding"]["heard"] == FOUND["heard"]


@pytest.mark.parametrize("kind", ["present", "leave"])
@pytest.mark.parametrize("objected", [False, True])
def test_a_correction_of_the_record_does_not_undo_a_finding(session, world, kind, objected):
    """R-4.4e: set aside by the committee or the superior, not by the secretary's sheet."""
    case = found_and_taught(session, world)
    if objected:
        do(session, world, case, "object", {"reason": "当天已请假"}, who="village.member1")
    right = sheet(world, why="登记有误", **({"leave": ("member1",)} if kind == "leave" else {}))
    with pytest.raises(RuleViolation) as no:
        record(session, world, right, "village.secretary")
    assert no.value.extra["rule"] == "finding_stands"
    session.rollback()
    case = session.get(Case, case.id, populate_existing=True)
    assert case.open and case.facts["unexcused"]


def test_set_aside_the_record_is_corrected_and_the_follow_up_ends(session, world):
    case = missing(session, world)
    do(session, world, case, "record_contact", CALL)
    do(session, world, case, "find_unexcused", FOUND)
    do(session, world, case, "set_aside", {"reason": "其实到了会"})
    record(session, world, sheet(world, why="登记有误"), "village.secretary")
    assert session.get(Case, case.id, populate_existing=True).state == "corrected"


def test_a_filed_finding_falls_with_the_absence_that_was_none(session, world):
    """G-3.2.1a: what the record no longer says was missed counts nowhere as 无故."""
    case = found_and_taught(session, world)
    sweep.sweep(session, at("2026-11-20"))
    record(session, world, sheet(world, why="登记有误"), "village.secretary", on="2026-11-20")
    case = session.get(Case, case.id, populate_existing=True)
    assert (case.state, case.facts["kind"], case.facts["unexcused"]) == ("made_up", "present", None)
    assert case.facts["set_aside"]["finding"]["heard"] == FOUND["heard"]


@pytest.mark.parametrize("day, good", [("2026-11-07", False), ("2026-11-12", True)])
def test_a_lesson_follows_the_contact(session, world, day, good):
    """取得联系后要向其通报活动情况，采取一定形式进行补课 (G-3.2.1d)."""
    case = missing(session, world)
    do(session, world, case, "record_contact", {**CALL, "on": "2026-11-10"})
    lesson = {**LESSON, "held_on": day}
    if good:
        assert do(session, world, case, "record_lesson", lesson).state == "made_up"
    else:
        refused(session, world, case, "record_lesson", lesson, rule="lesson_since_told")


def test_an_organ_gives_no_number_before_the_talk(session, world):
    """G-4.4g: filing needs the education."""
    case, leader = missing(session, world, "organ"), {"who": "organ.organizer"}
    do(session, world, case, "record_contact", CALL, **leader)
    do(session, world, case, "find_unexcused", {"heard": "本人称忘记了", "note": "认定"}, **leader)
    do(session, world, case, "record_lesson", LESSON, **leader)
    number = {"archive_no": "机-2026-07"}
    refused(session, world, case, "archive", number, rule="educated", **leader)
    do(session, world, case, "educate", {"measure": "谈话提醒"}, **leader)
    sweep.sweep(session, at("2026-11-20"))
    last = do(session, world, case, "archive", number, on="2026-11-20", **leader)
    assert last.state == "made_up"


FINDERS = [  # who is named by the secretary of a branch, and whether it is a finding
    (5, ["secretary", "member2"], True),
    (5, ["secretary"], False),
    (5, ["organizer", "member2"], False),
    (5, ["secretary", "member1"], False),
    (8, ["secretary", "organizer"], True),
    (8, ["secretary", "member2"], False),
]


@pytest.mark.parametrize("full, by, good", FINDERS)
def test_a_finding_is_the_committee_s_or_of_secretary_and_another(session, world, full, by, good):
    """Issue 10, 5: without a committee 书记 and one 正式党员; never the member himself."""
    for number in range(4, full - 1):
        world.person(f"village.member{number}", "village")
    if full == 8:
        world.post("village.member3", "village", "committee")
    session.commit()
    names = ["secretary", "organizer", *(f"member{n}" for n in range(1, full - 1))]
    raw = {
        "present": [world.people[f"village.{name}"].id for name in names if name != "member1"],
        "absent": [world.people["village.member1"].id],
    }
    record(session, world, raw, "village.secretary")
    case = cases(session)[-1]
    do(session, world, case, "record_contact", CALL)
    ids = [world.people[f"village.{name}"].id for name in by]
    found = {"heard": "本人称忘记了", "note": "认定", "by": ids}
    if not good:
        with pytest.raises(RuleViolation) as no:
            do(session, world, case, "find_unexcused", found)
        assert no.value.extra["rule"] == "found_by_the_committee"
        return
    assert do(session, world, case, "find_unexcused", found).facts["unexcused"]["found_by"] == ids


def test_who_is_lost_stays_so_across_months_until_he_is_seen(session, world):
    """Issue 10, 5: 失联 has standing; nobody tries three times again each month."""
    first = missing(session, world)
    for way, day in (("phone", "10"), ("visit", "11"), ("receiving_branch", "12")):
        do(session, world, first, "record_contact", {**MISS, "way": way, "on": f"2026-11-{day}"})
    do(session, world, first, "search_lost")
    do(session, world, first, "begin_search", who="town1.officer")
    december = december_absence(session, world)
    assert do(session, world, december, "still_lost", on="2026-12-07").state == "searching"


def test_who_was_reached_meanwhile_is_lost_no_longer(session, world):
    first = missing(session, world)
    for way, day in (("phone", "10"), ("visit", "11"), ("receiving_branch", "12")):
        do(session, world, first, "record_contact", {**MISS, "way": way, "on": f"2026-11-{day}"})
    do(session, world, first, "search_lost")
    do(session, world, first, "begin_search", who="town1.officer")
    december = december_absence(session, world)
    do(session, world, december, "record_contact", {**CALL, "told": False}, on="2026-12-07")
    refused(session, world, december, "still_lost", match="没有在失联查找", on="2026-12-07")


def december_absence(session, world):
    row = activity_for(session, world.units["village"], 2026, 12)
    moment = at("2026-12-04", 15)
    raw = attendance.read_sheet(sheet(world, absent=("member1",)))
    who = world.actor("village.organizer", moment.today)
    [case_id] = attendance.submit(session, row.id, raw, who, moment).opened
    return session.get(Case, case_id)


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
