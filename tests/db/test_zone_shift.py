"""Zone shift: the walk, the refusal table and the situations. From the guidance 二（一）1, 3 and the
contract.
"""

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
from oversight.calendar import party_days
from oversight.engine import authority
from oversight.models import Activity, CalendarRow, ZoneNotice
from tests.support.actors import REASON, Play

DEC4, DEC18 = date(2026, 12, 4), date(2026, 12, 18)
WHY = "12 月 4 日全区防汛演练"
FIXED, FREE = ("village", "community", "organ", "village2"), ("firm", "soe", "school")


@pytest.fixture
def play(session, world):
    return Play(session, world)


def draft(play, new_day="2026-12-18", who="zone.officer", unit="zone"):
    return play.open(who, unit, workflow="zone_shift", new_day=new_day, reason=WHY)


def proposed(play, new_day="2026-12-18"):
    return play.move(draft(play, new_day), "zone.officer", "propose")


def published(play, new_day="2026-12-18"):
    return play.move(proposed(play, new_day), "zone.secretary", "publish")


def planned(play, year=2026):
    units = [unit for unit in play.world.units.values() if unit.kind == "branch"]
    party_days.plan_year(play.session, units, year, play.at)
    play.session.commit()


def days(play, *units, month=12):
    return {play.day_of(unit, month) for unit in units}


def test_walk(play):
    planned(play)
    case = draft(play)
    assert case.state == "draft" and play.desks(case) == ["zone"]
    case = play.move(case, "zone.officer", "propose")
    assert case.state == "proposed" and case.due_on == date(2026, 11, 27)
    case = play.move(case, "zone.secretary", "return", reason="请写明涉及哪些支部")
    case = play.move(case, "zone.officer", "propose")
    assert days(play, *FIXED) == {DEC4}, "nothing moves before it is signed"
    case = play.move(case, "zone.committee1", "publish")
    assert case.state == "published" and case.number == "云党工〔2026〕1号"
    assert days(play, *FIXED) == {DEC18} and days(play, *FREE) == {None}
    [paper] = play.papers(case)
    assert paper.kind == "notice" and "12月18日" in "".join(paper.body["paragraphs"])
    case = play.on("2026-12-18").move(case, None, "take_effect")
    assert case.state == "in_force" and not case.open


W = {"reason": "情况有变化，需要这样办"}
DRAFT_ROWS = [
    ("zone.secretary", "publish", {}, "2026-11-24", InvalidTransition, None),
    ("zone.officer", "publish", {}, "2026-11-24", InvalidTransition, None),
    ("zone.secretary", "propose", {}, "2026-11-24", Forbidden, "authority"),
    ("zone.inspector", "propose", {}, "2026-11-24", Forbidden, "authority"),
    ("zone.officer", "propose", {}, "2026-12-18", RuleViolation, "day_ahead"),
    ("zone.officer", "lapse", {}, "2026-12-18", Forbidden, None),
    ("town1.officer", "propose", {}, "2026-11-24", NotFound, None),
    ("village.secretary", "withdraw", {}, "2026-11-24", NotFound, None),
    ("zone.sysadmin", "propose", {}, "2026-11-24", NotFound, None),
    ("zone.officer", "void", W, "2026-11-24", Forbidden, "authority"),
    ("zone.officer", "terminate", W, "2026-11-24", Forbidden, "authority"),
    ("zone.inspector", "recuse", W, "2026-11-24", Forbidden, "authority"),
]
PROPOSED_ROWS = [
    ("zone.officer", "publish", {}, "2026-11-25", Forbidden, "authority"),
    ("zone.officer", "return", W, "2026-11-25", Forbidden, "authority"),
    ("zone.inspector", "publish", {}, "2026-11-25", Forbidden, "authority"),
    ("zone.auditor", "publish", {}, "2026-11-25", NotFound, None),
    ("town1.secretary", "publish", {}, "2026-11-25", NotFound, None),
    ("zone.secretary", "return", {}, "2026-11-25", InvalidInput, None),
    ("zone.secretary", "withdraw", {}, "2026-11-25", Forbidden, "authority"),
    ("zone.secretary", "publish", {}, "2026-12-18", RuleViolation, "day_ahead"),
]
PUBLISHED_ROWS = [
    ("zone.officer", "revoke", W, "2026-11-26", Forbidden, "authority"),
    ("zone.officer", "withdraw", {}, "2026-11-26", InvalidTransition, None),
    ("zone.secretary", "revoke", {}, "2026-11-26", InvalidInput, None),
    ("zone.secretary", "publish", {}, "2026-11-26", InvalidTransition, None),
    ("zone.secretary", "revoke", W, "2026-12-18", RuleViolation, "both_ahead"),
    ("zone.secretary", "take_effect", {}, "2026-12-18", Forbidden, None),
    ("town2.secretary", "revoke", W, "2026-11-26", Forbidden, "authority"),  # all may read it
]
WALKS = {"zone_shift": "test_walk"}
REFUSALS = {"zone_shift": [*DRAFT_ROWS, *PROPOSED_ROWS, *PUBLISHED_ROWS]}


@pytest.mark.parametrize(
    "begin, rows",
    [(draft, DRAFT_ROWS), (proposed, PROPOSED_ROWS), (published, PUBLISHED_ROWS)],
    ids=["draft", "proposed", "published"],
)
def test_refusals(play, begin, rows):
    planned(play)
    case, wrong = begin(play), []
    for actor, move, words, today, refusal, rule in rows:
        try:
            play.on(today).no(refusal, rule, play.say, case, actor, move, words)
        except (AssertionError, pytest.fail.Exception) as problem:
            wrong.append(f"{actor} {move} {words} on {today}: {str(problem).splitlines()[0]}")
            break
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "who, unit, refusal, rule",
    [
        ("zone.secretary", "zone", Forbidden, "authority"),
        ("zone.inspector", "zone", Forbidden, "authority"),
        ("zone.sysadmin", "zone", NotFound, None),
        ("town1.officer", "zone", NotFound, None),
        ("town1.officer", "town1", RuleViolation, "by_the_zone"),
        ("town1.secretary", "town1", Forbidden, "authority"),
        ("village.secretary", "village", RuleViolation, "by_the_zone"),
        ("village.secretary", "zone", NotFound, None),
        ("zone.officer", "town1", Forbidden, "authority"),
        ("zone.officer", "village", Forbidden, "authority"),
    ],
)
def test_only_the_zones_office_drafts_and_only_for_the_zone(play, who, unit, refusal, rule):
    play.no(refusal, rule, draft, play, who=who, unit=unit)


@pytest.mark.parametrize(
    "day, today, refusal, rule",
    [
        ("2026-11-24", "2026-11-24", RuleViolation, "day_ahead"),
        ("2026-11-06", "2026-11-24", RuleViolation, "day_ahead"),
        ("2026-12-12", "2026-11-24", RuleViolation, "workday_or_july"),
        ("2026-12-04", "2026-11-24", RuleViolation, "another_day"),
        ("2026-10-09", "2026-09-01", RuleViolation, "another_day"),
        ("2027-07-01", "2026-11-24", RuleViolation, "another_day"),
        ("2026-10-05", "2026-09-01", RuleViolation, "workday_or_july"),
        ("", "2026-11-24", InvalidInput, None),
        ("十二月", "2026-11-24", InvalidInput, None),
    ],
)
def test_days_refused_at_once(play, day, today, refusal, rule):
    play.on(today).no(refusal, rule, draft, play, new_day=day)


def test_a_draft_that_the_rest_days_overtook_is_not_published(play):
    """December 4 becomes a day of rest: by rule everybody meets on the 11th, which the draft names."""
    case = proposed(play, "2026-12-11")
    rest = {"kind": "rest", "name": "放假", "statutory": False, "source": "通知"}
    play.session.add(CalendarRow(zone_id=play.world.zone.id, day=DEC4, **rest))
    play.session.commit()
    play.refused(RuleViolation, "another_day", case, "zone.secretary", "publish")


def test_the_drafter_never_signs_in_a_second_office(play):
    play.world.post("zone.officer", "zone", "committee")
    play.session.commit()
    play.refused(Forbidden, "authority", proposed(play), "zone.officer", "publish")


def test_one_standing_notice_a_month(play):
    published(play)
    play.no(RuleViolation, "month_is_free", draft, play, "2026-12-11")
    assert draft(play, "2026-11-27").state == "draft", "another month is free"


def test_only_by_the_zone_the_july_activity_is_moved(play):
    """二（一）3: 七一 is one activity for all branches, with a fixed day or not."""
    planned(play.on("2026-06-15"))
    assert days(play, *FIXED, *FREE, month=7) == {date(2026, 7, 1)}
    case = published(play, "2026-07-04")
    assert days(play, *FIXED, *FREE, month=7) == {date(2026, 7, 4)}, (
        "a Saturday too: the zone decides"
    )
    play.move(case, "zone.secretary", "revoke")
    assert days(play, *FIXED, *FREE, month=7) == {date(2026, 7, 1)}


def test_what_was_held_excused_or_moved_by_consent_is_left_alone(play):
    planned(play)
    moved = play.approved("2026-12-11")
    excused = play.move(
        play.asked(name="village2.secretary", unit="village2"), "town2.officer", "excuse_month"
    )
    published(play)
    assert (
        play.day_of("village") == date(2026, 12, 11)
        and play.activity("village").moved_by == moved.id
    )
    assert play.day_of("village2") == DEC4 and play.activity("village2").excused_by == excused.id
    assert days(play, "community", "organ") == {DEC18}


def test_past_days_are_left_alone(play):
    planned(play)
    play.on("2026-12-07")
    published(play)
    assert days(play, *FIXED) == {DEC4}


def test_only_its_own_month_is_moved(play):
    planned(play)
    before = {month: play.day_of("village", month) for month in range(1, 12)}
    published(play)
    assert {month: play.day_of("village", month) for month in range(1, 12)} == before


def test_branches_planned_later_follow_the_notice(play):
    published(play)
    row = party_days.activity_for(play.session, play.world.units["village"], 2026, 12)
    assert (row.day, row.rule_day) == (DEC18, DEC18)


@pytest.mark.parametrize("how", ["revoke", "void", "terminate"])
def test_taken_back_the_days_return_and_the_number_is_kept(play, how):
    planned(play)
    case = play.move(published(play), "zone.secretary", how)
    assert not case.open and days(play, *FIXED) == {DEC4}
    assert case.number == "云党工〔2026〕1号" and play.papers(case)[0].void_at
    assert play.session.scalar(sa.select(ZoneNotice.ended_at).where(ZoneNotice.case_id == case.id))
    assert published(play, "2026-12-11").number == "云党工〔2026〕2号"


def test_revoking_after_the_original_day_would_put_everybody_on_a_past_day(play):
    """As with a branch's own change: before either day has come."""
    planned(play)
    case = published(play)
    play.on("2026-12-07")
    play.refused(RuleViolation, "both_ahead", case, "zone.secretary", "revoke")
    assert days(play, *FIXED) == {DEC18}


def test_an_unsigned_draft_lapses_and_moves_nothing(play):
    planned(play)
    case = proposed(play)
    case = play.on("2026-12-18").move(case, None, "lapse")
    assert not case.open and days(play, *FIXED) == {DEC4} and play.papers(case) == []


def test_the_moved_day_is_the_day_in_force_for_requests(play):
    planned(play)
    published(play)
    play.no(RuleViolation, "day_in_force", play.open, "village.secretary", day="2026-12-04")
    case = play.open("village.secretary", day="2026-12-18")
    case = play.move(case, "village.secretary", "ask", new_day="2026-12-17", reason=REASON)
    assert play.move(case, "town1.officer", "approve").state == "approved"
    assert play.day_of("village") == date(2026, 12, 17)


def test_an_open_request_is_not_approved_for_a_day_that_is_no_longer_in_force(play):
    """The decision binds what was seen: the superior read 4 December, the zone has made it the
    18th.
    """
    planned(play)
    case = play.asked("2026-12-11")
    published(play)
    play.refused(RuleViolation, "day_stands", case, "town1.officer", "approve")
    assert play.day_of("village") == DEC18


def test_an_approval_that_is_revoked_falls_back_on_the_zones_day(play):
    """What stood before the approval no longer stands:

    the zone has moved the month for everybody.
    """
    planned(play)
    case = play.approved("2026-12-11")
    published(play)
    play.move(case, "town1.officer", "revoke")
    assert (play.day_of("village"), play.activity("village").rule_day) == (DEC18, DEC18)


def test_a_vacant_zone_office_is_no_lock(play):
    """Officer gone: secretary or deputy drafts, and somebody else signs."""
    for post in play.session.scalars(
        sa.select(authority.Post).where(
            authority.Post.unit_id == play.world.units["zone"].id,
            authority.Post.office == "officer",
        )
    ):
        post.to_on = date(2026, 11, 1)
    play.session.commit()
    case = draft(play, who="zone.deputy")
    case = play.move(case, "zone.deputy", "propose")
    play.refused(Forbidden, "authority", case, "zone.deputy", "publish")
    assert play.move(case, "zone.secretary", "publish").state == "published"


def test_recused_another_member_signs(play):
    case = play.move(proposed(play), "zone.secretary", "recuse")
    play.refused(Forbidden, "authority", case, "zone.secretary", "publish")
    assert play.move(case, "zone.committee2", "publish").state == "published"


def test_a_notice_leaves_a_trace_on_every_day_it_moved(play):
    planned(play)
    published(play)
    row = play.session.scalar(
        sa.select(party_days.ActivityChange).where(
            party_days.ActivityChange.activity_id == play.activity("organ").id
        )
    )
    assert row.what["day"] == ["2026-12-04", "2026-12-18"]
    assert play.session.scalar(
        sa.select(sa.func.count()).select_from(Activity).where(Activity.day == DEC18)
    ) == len(FIXED)
