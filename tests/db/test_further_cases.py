"""The further cases of docs/further-cases.md, one test each, named by their number.

The expectations were written from the guidance and the issue's kinds before anything was tried.
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from oversight.base.refusals import (
    DomainError,
    Forbidden,
    InvalidInput,
    InvalidTransition,
    RuleViolation,
)
from oversight.calendar.party_days import activity_for, plan_year
from oversight.calendar.workdays import CalendarDay
from oversight.law.binding import LETTERS, binds, own_id
from oversight.law.clauses import register
from oversight.ledger import arrange, attendance, table
from oversight.ledger.month import one as month_of
from oversight.models import Case, Membership, Notice
from oversight.register import rest_days
from oversight.time import sweep
from oversight.views.pages import checklist
from tests.db.test_appraisal_walk import Appraising
from tests.db.test_attendance import people, record, sheet
from tests.support.actors import REASON, Play
from tests.support.world import FOUNDED, at, id_of

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
CALLED = {"reached": True, "told": True, "way": "phone", "reason": "外出"}
MISSED = {"reached": False, "told": False, "way": "phone"}


@pytest.fixture
def play(session, world):
    return Play(session, world)


# Helpers -----------------------------------------------------------------------------------------


def held(play, unit: str, month: int, day: str, entered: str | None = None, **raw):
    """Record a party day as the branch's secretary; `entered`: when, else on the day itself."""
    raw = sheet(play.world, unit, held_on=day, **raw)
    who = f"{unit}.secretary"
    return record(play.session, play.world, raw, who, entered or day, unit, month)


def row_of(play, unit: str, day: str):
    play.session.expire_all()
    return table.read(play.session, [play.world.units[unit]], 2026, date.fromisoformat(day))[0]


def cell(play, unit: str, month: int, day: str) -> list[str]:
    """Return what the superior's month table says of a month on a day."""
    return [str(word) for _kind, word in row_of(play, unit, day).months[month - 1].words]


def told(play, name: str, case: Case | None = None) -> list[str]:
    """Return what a person was told, after the clock has run on the day."""
    sweep.sweep(play.session, play.at)
    play.session.expire_all()
    query = sa.select(Notice.text).where(Notice.person_id == id_of(play.world.people[name]))
    query = query.where(Notice.case_id == case.id) if case else query
    return list(play.session.scalars(query.order_by(Notice.at, Notice.id)))


def notes(play, unit: str) -> list[str]:
    """Return what of a branch's records its superior has to take note of."""
    wanted = sa.select(Case).where(
        Case.workflow == "record_note", Case.unit_id == play.world.units[unit].id
    )
    return [case.facts["about"] for case in play.session.scalars(wanted.order_by(Case.id))]


def follow_up(play, unit: str, member: str = "member1") -> Case:
    person = id_of(play.world.people[f"{unit}.{member}"])
    return play.session.scalars(
        sa.select(Case).where(Case.workflow == "absence", Case.data_subject_id == person)
    ).one()


def missing(play, unit: str, **how) -> Case:
    """Let one member miss November's party day and return his follow-up."""
    held(play, unit, 11, "2026-11-06", **(how or {"absent": ("member1",)}))
    return follow_up(play, unit)


def finding(clause: str, **more) -> dict:
    return {
        "clause": clause,
        "fact": "活动没有按要求组织",
        "demand": "说明情况，按要求组织",
        **more,
    }


def order(play, unit: str, *clauses: str, day: str = "2026-11-24", **more) -> Case:
    """Let the superior's inspector draft an order about these clauses."""
    who = "dept1.inspector" if unit in ("school", "hospital") else "town1.inspector"
    facts = {"method": "desk_review", "inspected_on": day, **more}
    facts["findings"] = facts.get("findings") or [finding(one) for one in clauses]
    return play.open(who, unit, workflow="rectification", **facts)


def no_order(play, unit: str, clause: str) -> str:
    return play.no(RuleViolation, "clauses_bind", order, play, unit, clause).sentence


def of_seven(play) -> None:
    """Give the village seven full members, so that it has a committee. Commits."""
    for name in ("more1", "more2"):
        play.world.person(f"village.{name}", "village")
    play.session.commit()


def sheet_of_seven(play, **more) -> dict:
    raw = sheet(play.world, **more)
    raw["present"] += people(play.world, "more1", "more2")
    return raw


def year(play) -> None:
    """Plan the year, as the clock does in January. Commits."""
    units = [unit for unit in play.world.units.values() if unit.kind == "branch"]
    plan_year(play.session, units, 2026, at("2026-01-02"))
    play.session.commit()


# From the guidance -------------------------------------------------------------------------------


def test_a01_the_first_friday_of_may_is_a_holiday(play):
    year(play)
    assert activity_for(play.session, play.world.units["village"], 2026, 5).day == date(2026, 5, 8)
    held(play, "village", 5, "2026-05-08")
    assert cell(play, "village", 5, "2026-05-08") == ["已开展"]
    assert notes(play, "village") == []


def test_a02_another_day_without_asking_is_recorded_and_said(play):
    row = held(play, "community", 10, "2026-10-16")
    assert row.rule_day == date(2026, 10, 9)
    assert cell(play, "community", 10, "2026-10-16") == ["未按期"]
    assert cell(play, "community", 10, "2026-12-31") == ["未按期"]


def test_a03_a_school_meets_on_a_saturday_and_asks_nobody(play):
    play.on("2026-11-09")
    said = play.no(RuleViolation, "fixed_branch", play.open, "school.secretary", "school").sentence
    assert "由支部自定" in said and "不需要请示" in said
    held(play, "school", 11, "2026-11-14")
    assert cell(play, "school", 11, "2026-11-16") == ["已开展"] and notes(play, "school") == []


@pytest.mark.parametrize(
    "day, about", [("2026-10-13", ["filing"]), ("2026-10-14", ["late_entry", "filing"])]
)
def test_a04_an_soe_files_within_five_working_days(play, day, about):
    row = held(play, "soe", 9, "2026-09-30", day)
    assert sorted(notes(play, "soe")) == sorted(about)
    assert month_of(play.session, row, date(2026, 10, 14)).entry == (
        "late" if len(about) > 1 else "in_time"
    )
    case = play.session.scalars(sa.select(Case).where(Case.workflow == "record_note")).first()
    assert play.desks(case) == ["town1"]
    assert play.on(day).say(case, "town1.officer", "take_note", {}).state == "noted"


def test_a05_a_private_firm_files_nothing(play):
    held(play, "firm", 9, "2026-09-30")
    assert notes(play, "firm") == []


def test_a06_the_friday_does_not_stand_for_the_first_of_july(play):
    held(play, "village", 7, "2026-07-03")
    assert "已开展" not in cell(play, "village", 7, "2026-07-31")


@pytest.mark.parametrize(
    "unit, kind, fits",
    [
        ("organ", "instructor", False),
        ("organ", "served", True),
        ("village", "owner", False),
        ("village", "stationed", True),
        ("soe", "leader", True),
        ("soe", "first_secretary", False),
        ("firm", "staff", True),
        ("firm", "masses", False),
        ("school", "masses", True),
        ("school", "staff", False),
    ],
)
def test_a07_who_may_be_invited_stands_in_each_document(play, unit, kind, fits):
    if fits:
        row = held(play, unit, 11, "2026-11-06", invitees={kind: 2})
        count = attendance.counts(play.session, [row.id])[row.id]
        assert count.classes["expected"] == count.took_part == 5, "guests never count"
        return
    with pytest.raises(DomainError, match="列席"):
        held(play, unit, 11, "2026-11-06", invitees={kind: 2})
    play.session.rollback()
    row = activity_for(play.session, play.world.units[unit], 2026, 12)
    play.session.commit()
    plan = attendance.read_sheet({"invitees": {kind: 1}})
    with pytest.raises(DomainError, match="列席"):
        arrange.submit(play.session, row.id, plan, play.who(f"{unit}.secretary"), play.at)


def test_a08_who_hosts_in_place_of_the_secretary(play):
    of_seven(play)
    for host, said in (("member1", "主持人应是"), ("organizer", "写明委托他人主持的原因")):
        raw = sheet_of_seven(play, host=people(play.world, host)[0])
        with pytest.raises(DomainError, match=said):
            record(play.session, play.world, raw, on="2026-11-06")
        play.session.rollback()
    raw = sheet_of_seven(play, host=people(play.world, "organizer")[0], host_why="书记出差")
    assert record(play.session, play.world, raw, on="2026-11-06").host_why == "书记出差"


def test_a10_a_probationary_member_is_expected_and_a_guest_is_not(play):
    play.world.people["village.member1"].probationary = True
    play.session.commit()
    row = held(play, "village", 11, "2026-11-06", invitees={"activist": 1}, absent=("member1",))
    count = attendance.counts(play.session, [row.id])[row.id]
    assert (count.classes["expected"], count.took_part, count.missing) == (5, 4, 1)


def test_a11_taking_part_online_is_for_members_away_from_home(play):
    raw = sheet(play.world, other=("member1",))
    raw["other_form"] = dict.fromkeys(people(play.world, "member1"), "网络互动")
    with pytest.raises(RuleViolation, match="流动、离退休、年老体弱"):
        record(play.session, play.world, raw, on="2026-11-06")
    play.session.rollback()
    play.world.people["village.member1"].mobile = True
    play.session.commit()
    row = record(play.session, play.world, raw, on="2026-11-06")
    assert attendance.counts(play.session, [row.id])[row.id].took_part == 5
    assert not play.session.scalars(sa.select(Case).where(Case.workflow == "absence")).all()


def test_a12_a_retired_villager_is_visited(play):
    play.world.people["village.member1"].retired = True
    play.session.commit()
    row = held(play, "village", 11, "2026-11-06", other=("member1",))
    assert attendance.counts(play.session, [row.id])[row.id].took_part == 5


def test_a13_a_leader_of_an_organ_comes_also_when_old(play):
    leader = play.world.people["organ.member1"]
    leader.leading = leader.elderly = True
    play.session.commit()
    with pytest.raises(RuleViolation, match="以普通党员身份到会"):
        held(play, "organ", 11, "2026-11-06", other=("member1",))


@pytest.mark.parametrize("unit, state", [("organ", "to_archive"), ("village", "made_up")])
def test_a14_organs_file_a_lesson_under_a_number(play, unit, state):
    case = missing(play, unit)
    who = f"{unit}.secretary"
    case = play.on("2026-11-09").say(case, who, "record_contact", CALLED)
    lesson = {"form": "one_on_one", "held_on": "2026-11-10"}
    case = play.on("2026-11-10").say(case, who, "record_lesson", lesson)
    assert case.state == state
    if unit == "organ":
        play.no(InvalidInput, None, play.say, case, who, "archive", {"archive_no": " "})
        assert play.say(case, who, "archive", {"archive_no": "补2026-11-1"}).state == "made_up"


def test_a15_an_soe_tells_the_absent_what_happened(play):
    case = missing(play, "soe")
    case = play.on("2026-11-09").say(
        case, "soe.secretary", "record_contact", {**CALLED, "told": False}
    )
    assert case.state == "to_contact"
    lesson = {"form": "online", "held_on": "2026-11-09"}
    play.no(InvalidTransition, None, play.say, case, "soe.secretary", "record_lesson", lesson)
    assert binds("G-3.2.1c", "soe").general


def test_a16_half_a_year_without_a_life_meeting(play):
    said = {unit: row_of(play, unit, "2026-07-10").life[0].words for unit in ("organ", "village")}
    assert [(kind, str(word)) for kind, word in said["organ"]] == [("late", "上半年没有召开")]
    assert [(kind, str(word)) for kind, word in said["village"]] == [("warn", "上半年没有召开")]


def test_a17_organs_appraise_in_june_and_communities_in_the_fourth_quarter(play):
    play.on("2026-06-10")
    opening = {"workflow": "appraisal", "year": 2026}
    assert play.open("organ.secretary", "organ", **opening).state == "preparing"
    said = play.no(
        RuleViolation, "in_the_window", play.open, "community.secretary", "community", **opening
    ).sentence
    assert "第四季度" in said


def test_a18_the_vote_comes_after_meeting_and_review(session, world):
    village = Appraising(session, world, "community")
    village.begin()
    for move in ("open_peer_review", "open_vote", "propose"):
        with pytest.raises((InvalidTransition, RuleViolation, InvalidInput)):
            village.lead(move)
        session.rollback()
    village.assess()
    with pytest.raises(InvalidTransition):
        village.lead("open_vote")
    session.rollback()
    village.lead("open_peer_review")
    village.no(RuleViolation, "all_reviewed", village.lead, "open_vote")


@pytest.mark.parametrize(
    "unit, clause, fits", [("soe", "S-4.4a", False), ("soe", "S-2.1.1b", True)]
)
def test_a19_an_order_has_a_term_and_a_ground(play, unit, clause, fits):
    if not fits:
        return no_order(play, unit, clause) and None
    case = order(play, unit, clause)
    case = play.say(case, "town1.secretary", "sign_off", {})
    play.no(InvalidInput, None, play.say, case, "town1.officer", "issue", {})
    assert play.papers(case) == []


@pytest.mark.parametrize("unit, fits", [("soe", True), ("village", False), ("organ", False)])
def test_a19_going_through_the_motions_is_a_ground_for_state_firms_alone(play, unit, fits):
    clause = "S-2.1.1b" if unit == "soe" else "G-2.4.2"
    wanted = [finding(clause, ground="hollow")]
    if not fits:
        error = play.no(RuleViolation, "ground_fits", order, play, unit, findings=wanted)
        assert "走过场" in error.sentence
        return
    case = order(play, unit, findings=wanted)
    case = play.say(case, "town1.secretary", "sign_off", {"due_on": "2026-12-18"})
    case = play.say(case, "town1.officer", "issue", {"due_on": "2026-12-18"})
    assert "走过场" in "".join(play.papers(case)[0].body["paragraphs"])


def test_a20_of_a_joint_activity_each_branch_keeps_its_own_record(play):
    year(play)
    case = play.joint("community")
    case = play.move(case, "town1.officer", "approve")
    held(play, "village", 12, "2026-12-11", mode="joint")
    assert cell(play, "village", 12, "2026-12-14") == ["已开展"]
    assert cell(play, "community", 12, "2026-12-14") == ["待登记"]


# By the kinds ------------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", ["hospital", "firm"])
def test_b01_a_fixed_day_is_no_finding_where_the_day_is_free(play, unit):
    if unit == "hospital":
        play.world.unit("hospital", "branch", "dept1", "hospital", title="区医院党支部")
        play.session.commit()
    assert "不适用于这个支部" in no_order(play, unit, "G-2.1.1b")
    offered = checklist.sections(play.world.units[unit], musts=True)
    assert "G-2.1.1b" not in {entry.id for _name, entries in offered for entry in entries}


def test_b02_what_its_own_document_leaves_out_binds_only_by_the_general_one(play):
    for clause in ("S-4.4b", "R-3.2.3b"):
        no_order(play, "firm", clause)
    case = order(play, "organ", "G-3.2.4b", "G-3.2.1b")
    assert binds("G-3.2.4b", "organ").general
    case = play.say(case, "town1.secretary", "sign_off", {"due_on": "2026-12-18"})
    case = play.say(case, "town1.officer", "issue", {"due_on": "2026-12-18"})
    text = "".join(play.papers(case)[0].body["paragraphs"])
    assert (
        "《党支部主题党日活动指导书》第三部分第（二）项第4条、"
        "《机关党支部主题党日活动指导书》第三部分第（二）项第1条" in text
    )


@pytest.mark.parametrize("category", sorted(LETTERS))
def test_b03_the_list_offers_what_an_order_may_rest_on(play, category):
    unit = play.world.units["village"]
    unit.category = category
    offered = {
        entry.id for _name, entries in checklist.sections(unit, musts=True) for entry in entries
    }
    accepted = {
        own_id(number, category)
        for number in register()
        if (found := binds(number, category)) is not None and found.own_duty
    }
    assert offered == accepted


def test_b04_a_sunday_may_be_asked_for(play):
    play.on("2026-10-28")
    case = play.open("village.secretary", day="2026-11-06")
    case = play.move(case, "village.secretary", "ask", new_day="2026-11-08", reason=REASON)
    assert case.state == "asked"
    assert "休息日" in str(play.journal(case)[-1].result["warned"])
    assert play.move(case, "town1.officer", "approve").state == "approved"


def test_b05_a_correction_shows_what_it_was(play):
    held(play, "village", 11, "2026-11-06", absent=("organizer", "member1", "member2"))
    row = held(
        play, "village", 11, "2026-11-06", "2026-11-09",
        absent=("organizer", "member2"), why="签到表在分会场，漏登",
    )  # fmt: skip
    assert cell(play, "village", 11, "2026-11-09") == ["已开展", "更正", "待补课 2"]
    assert notes(play, "village") == ["correction"]
    assert [str(word) for word in month_of(play.session, row, date(2026, 12, 1)).bettered] == [
        "缺席"
    ]
    assert follow_up(play, "village").state == "corrected"


def test_b06_a_wrong_day_does_not_become_right_in_silence(play):
    held(play, "village", 10, "2026-10-16")
    row = held(play, "village", 10, "2026-10-09", "2026-10-19", why="日期写错")
    assert "更正" in cell(play, "village", 10, "2026-10-19")
    assert notes(play, "village")[-1:] == ["correction"]
    found = month_of(play.session, row, date(2026, 10, 19))
    assert [str(word) for word in found.bettered] == ["未按期"]


@pytest.mark.parametrize("day, entry", [("2026-09-07", "in_time"), ("2026-09-08", "late")])
def test_b07_in_time_across_the_end_of_the_month(play, day, entry):
    row = held(play, "soe", 8, "2026-08-31", day)
    assert month_of(play.session, row, date(2026, 12, 31)).entry == entry
    assert cell(play, "soe", 8, "2026-12-31") == ["已开展", *(["补录"] if entry == "late" else [])]


def test_b08_where_nobody_came_nothing_was_held(play):
    everybody = ("secretary", "organizer", "member1", "member2", "member3")
    with pytest.raises(RuleViolation, match="没有一个人到会"):
        held(play, "village", 11, "2026-11-06", absent=everybody)
    play.session.rollback()
    assert cell(play, "village", 11, "2026-11-09") in ([], ["待登记"])


def test_b09_sent_papers_are_knowing_not_taking_part(play):
    raw = sheet(play.world, other=("member3",))
    raw["other_form"] = dict.fromkeys(people(play.world, "member3"), "寄送资料")
    row = record(play.session, play.world, raw, on="2026-11-06")
    count = attendance.counts(play.session, [row.id])[row.id]
    assert (count.took_part, count.told, count.missing) == (4, 1, 0)
    raw["other_form"] = dict.fromkeys(people(play.world, "member3"), "网络互动")
    row = record(play.session, play.world, {**raw, "why": "实为网络互动"}, on="2026-11-09")
    assert attendance.counts(play.session, [row.id])[row.id].took_part == 5


def test_b10_an_exemption_holds_on_its_last_day(play):
    play.on("2026-10-20")
    member = id_of(play.world.people["village.member1"])
    words = {"member": member, "reason": "年老体弱", "from_on": "2026-10-20", "until": "2026-11-06"}
    case = play.open("village.member1", workflow="exemption", **words)
    case = play.say(case, "village.secretary", "support", {})
    play.say(case, "town1.officer", "approve", {})
    raw = sheet(play.world)
    raw["present"].remove(member)
    row = record(play.session, play.world, raw, on="2026-11-06")
    assert [one.id for one, _said in attendance.free_lines(play.session, row, row.day)] == [member]
    december = activity_for(play.session, play.world.units["village"], 2026, 12)
    assert member in {
        one.id for one in attendance.people(play.session, december, date(2026, 12, 4))
    }


def test_b11_a_flexible_branch_puts_off_with_consent(play):
    year(play)
    words = {"asks": "excuse", "month": "2026-11", "reason": "停产检修"}
    case = play.open("firm.secretary", "firm", workflow="month_report", **words)
    case = play.say(case, "town1.officer", "excuse_month", {})
    [paper] = play.papers(case)
    assert paper.number and "暂缓开展" in paper.body["title"]
    assert "缓开" not in "".join(paper.body["paragraphs"]).replace("暂缓开展", "")
    assert cell(play, "firm", 11, "2026-12-31") == ["缓开"]
    for who in ("firm.secretary", "firm.organizer"):
        assert [text for text in told(play, who, case) if text.endswith("已同意暂缓开展。")]


def test_b12_a_refusal_is_told_once(play):
    year(play)
    case = play.move(play.asked(), "town1.officer", "refuse")
    for _again in range(2):
        said = [text for text in told(play, "village.secretary", case) if "没有获得同意" in text]
        assert len(said) == 1
    assert play.day_of() == date(2026, 12, 4)


def test_b13_a_consent_is_revoked_before_the_day_and_not_behind_the_branch(play):
    play.on("2026-10-28")
    case = play.open("village.secretary", day="2026-11-06")
    case = play.move(case, "village.secretary", "ask", new_day="2026-11-13", reason=REASON)
    case = play.move(case, "town1.officer", "approve")
    early = play.on("2026-11-05").move(case, "town1.officer", "revoke")
    assert early.state == "revoked" and play.day_of(month=11) == date(2026, 11, 6)
    assert [paper.body["title"] for paper in play.papers(early)][-1].startswith("关于撤销变更")
    assert told(play, "village.secretary", early)[-1].endswith("批复已撤销，党日恢复原定日期。")


def test_b13_what_has_begun_is_not_revoked(play):
    play.on("2026-10-28")
    case = play.open("village.secretary", day="2026-11-06")
    case = play.move(case, "village.secretary", "ask", new_day="2026-11-13", reason=REASON)
    case = play.move(case, "town1.officer", "approve")
    sweep.sweep(play.session, at("2026-11-10"))
    case = play.session.get(Case, case.id, populate_existing=True)
    with pytest.raises(DomainError):
        play.on("2026-11-10").move(case, "town1.officer", "revoke")
    play.session.rollback()
    assert play.day_of(month=11) == date(2026, 11, 13)
    held(play, "village", 11, "2026-11-13")
    assert cell(play, "village", 11, "2026-11-16") == ["已开展"]


@pytest.mark.parametrize(
    "day, due, state",
    [("2026-10-08", "2026-10-09", "too_short"), ("2026-10-07", "2026-10-08", "lapsed")],
)
def test_b14_silence_is_blamed_where_there_was_a_working_day(play, day, due, state):
    play.on(day)
    case = play.open("village.secretary", day="2026-10-09")
    case = play.move(case, "village.secretary", "ask", new_day="2026-10-13", reason=REASON)
    assert case.due_on == date.fromisoformat(due)
    play.on("2026-10-12")
    blamed = [text for text in told(play, "zone.officer", case) if "没有答复" in text]
    assert play.session.get(Case, case.id, populate_existing=True).state == state
    assert bool(blamed) == (state == "lapsed")


def test_b14_an_urgent_request_may_be_answered_on_the_day(play):
    play.on("2026-10-08")
    case = play.open("village.secretary", day="2026-10-09")
    case = play.move(case, "village.secretary", "ask", new_day="2026-10-13", reason=REASON)
    sweep.sweep(play.session, at("2026-10-09", 7))
    case = play.session.get(Case, case.id, populate_existing=True)
    assert play.on("2026-10-09").move(case, "town1.officer", "approve").state == "approved"


def test_b15_a_consent_stands_until_another_is_given(play):
    play.on("2026-10-28")
    case = play.open("village.secretary", day="2026-11-06")
    case = play.move(case, "village.secretary", "ask", new_day="2026-11-11", reason=REASON)
    case = play.move(case, "town1.officer", "approve")
    text = play.papers(case)[0].body["paragraphs"][0]
    assert "由2026年11月6日（星期五）改为2026年11月11日（星期三）" in text
    assert " " not in text
    case = play.move(case, "village.secretary", "amend", new_day="2026-11-13", reason=REASON)
    assert play.day_of(month=11) == date(2026, 11, 11)
    case = play.move(case, "town1.officer", "refuse")
    assert (case.state, play.day_of(month=11)) == ("approved", date(2026, 11, 11))
    assert "2026年11月11日（星期三）" in play.papers(case)[-1].body["paragraphs"][0]


def test_b16_an_approved_day_that_becomes_a_rest_day_warns_both(play):
    year(play)
    case = play.approved("2026-12-11")
    rest = [CalendarDay(date(2026, 12, 11), "rest", "临时放假", False, "国务院通知")]
    rest_days.load(play.session, play.world.zone.id, rest, None, play.at)
    play.session.commit()
    for who in ("village.secretary", "town1.officer"):
        assert [text for text in told(play, who, case) if "12月11日已定为休息日" in text]
    case = play.session.get(Case, case.id, populate_existing=True)
    case = play.move(case, "village.secretary", "amend", new_day="2026-12-10", reason=REASON)
    assert case.state == "amend_asked"


def test_b17_who_inspects_is_no_member_of_the_branch(play):
    play.session.add(
        Membership(
            zone_id=play.world.zone.id,
            person_id=id_of(play.world.people["town1.inspector"]),
            unit_id=play.world.units["village"].id,
            from_on=FOUNDED,
            sort=99,
        )
    )
    play.session.commit()
    play.no(Forbidden, None, order, play, "village", "R-2.3")


@pytest.mark.parametrize("day", ["2026-09-24", "2026-10-03", "2027-09-23", "2026-09-25"])
def test_b17_terms_that_do_not_serve_are_refused(play, day):
    play.on("2026-09-24")
    case = order(play, "village", "R-2.3", day="2026-09-23")
    with pytest.raises((RuleViolation, InvalidInput)) as no:
        play.say(case, "town1.secretary", "sign_off", {"due_on": day})
    assert no.value.sentence.endswith("。")


def test_b17_nobody_has_inspected_tomorrow(play):
    play.no(RuleViolation, "already_inspected", order, play, "village", "R-2.3", day="2026-11-25")


def test_b18_three_tries_of_one_day_are_one(play):
    case = missing(play, "village")
    play.on("2026-11-10")
    for way in ("phone", "online", "visit"):
        case = play.say(case, "village.secretary", "record_contact", {**MISSED, "way": way})
    error = play.no(
        RuleViolation, "tried_on_three_days", play.say, case, "village.secretary", "search_lost", {}
    )
    assert "三个不同的日子" in error.sentence


def shrink(session, world, *names: str) -> None:
    """Let members leave before the appraisal is opened. Commits."""
    ids = [id_of(world.people[name]) for name in names]
    session.execute(
        sa.update(Membership)
        .where(Membership.person_id.in_(ids))
        .values(to_on=date(2026, 11, 1) - timedelta(days=1))
    )
    session.commit()


def sent(world) -> dict:
    """Return who counts in a branch without a committee: the superior sends the scrutineer."""
    teller = id_of(world.people["village.secretary"])
    return {"scrutineer": id_of(world.people["town1.committee1"]), "teller": teller}


@pytest.mark.parametrize("gone, best, over", [((), 2, True), (("member2", "member3"), 1, False)])
def test_b19_a_third_at_most_is_excellent(session, world, gone, best, over):
    shrink(session, world, *(f"village.{name}" for name in gone))
    village = Appraising(session, world)
    village.begin()
    village.assess()
    village.review_peers()
    village.vote(**sent(world))
    changed = {"member1": "excellent"} if best == 2 else {}
    reasons = {id_of(world.people["village.member1"]): "全年带头，群众公认"} if best == 2 else {}
    village.lead("propose", ratings=village.ratings(**changed), reasons=reasons)
    assert village.case.state == "deciding"
    assert bool(village.case.facts.get("over_share")) is over


def test_b19_who_has_died_is_struck_and_the_others_go_on(session, world):
    village = Appraising(session, world)
    village.begin()
    village.assess()
    village.review_peers()
    village.vote(**sent(world))
    dead = world.people["village.member3"]
    dead.left_on = date(2026, 11, 24)
    session.commit()
    member = id_of(dead)
    with pytest.raises(InvalidTransition):
        village.lead("strike", member=member, reason="去世")
    session.rollback()
    village.lead("strike_gone", member=member, reason="去世")
    village.lead("propose", ratings=village.ratings())
    assert village.case.state == "deciding" and len(village.people) == 4
