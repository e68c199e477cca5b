"""补报 and 暂缓开展 where no request beforehand would do: flexible branches, 七一, and who recorded a wrong
day first. From issue part 6, 2.
"""

from __future__ import annotations

from datetime import date

import pytest

from oversight import workflows
from oversight.base.refusals import (
    AlreadyTaken,
    Forbidden,
    InvalidInput,
    InvalidTransition,
    NotFound,
    RuleViolation,
)
from oversight.calendar.party_days import activity_for, status
from oversight.models import Activity, Case, ZoneSettingRow
from oversight.time import sweep
from tests.db.test_attendance import record, sheet
from tests.support.actors import Play
from tests.support.world import at

WALKS = {"month_report": "test_walk"}
WHY = {"reason": "不需要这样办"}
PUT_OFF = {"asks": "excuse", "month": "2026-11", "reason": "厂区停产检修，全员外出培训"}
LATE = {"asks": "late_report", "month": "2026-11", "reason": "连续暴雨，推迟开展"}


@pytest.fixture
def play(session, world):
    return Play(session, world)


def ask(play, who="firm.secretary", unit="firm", **facts) -> Case:
    return play.open(who, unit, workflow="month_report", **{**PUT_OFF, **facts})


def late(play, **facts) -> Case:
    """Let the firm report on 7 December that November's activity was held on the 2nd."""
    return ask(play.on("2026-12-07"), **{**LATE, "held_on": "2026-12-02", **facts})


def of(play, unit="firm", month=11):
    row = activity_for(play.session, play.world.units[unit], 2026, month)
    play.session.refresh(row)
    return row


def test_walk(play):
    case = ask(play)
    assert (case.state, play.desks(case)) == ("asked", ["town1"])
    case = play.say(case, "town1.officer", "excuse_month", {})
    assert case.state == "excused" and case.number
    assert play.papers(case)[0].body["title"] == "关于同意2026年11月主题党日暂缓开展的批复"
    row = of(play)
    assert status(row, date(2026, 12, 31)) == "excused" and row.held_on is None


def test_a_late_activity_is_accepted_and_then_recorded(session, play):
    case = play.say(late(play), "town1.officer", "accept_late", {})
    assert case.state == "accepted"
    raw = sheet(play.world, "firm", held_on="2026-12-02")
    row = record(session, play.world, raw, "firm.secretary", "2026-12-08", "firm")
    assert status(row, date(2026, 12, 31)) == "held" and row.moved_by == case.id


def test_who_recorded_a_wrong_day_first_does_not_lose_the_way_out(session, play):
    row = record(session, play.world, sheet(play.world, held_on="2026-11-13"), on="2026-11-16")
    assert status(row, date(2026, 11, 16)) == "late"
    case = ask(play.on("2026-11-18"), "village.secretary", "village", **LATE)
    play.say(case, "town1.officer", "accept_late", {})
    assert status(of(play, "village"), date(2026, 12, 31)) == "held"
    assert of(play, "village").moved_by == case.id, "shown as accepted afterwards"


def test_the_first_of_july_too(session, play):
    july = {"month": "2026-07"}
    row = record(
        session, play.world, sheet(play.world, held_on="2026-07-03"), on="2026-07-03", month=7
    )
    play.on("2026-07-06")
    case = ask(play, "village.secretary", "village", **{**LATE, **july})
    play.say(case, "town1.officer", "accept_late", {})
    assert status(row, date(2026, 12, 31)) == "held"


SEVENTH = {
    "of_a_branch_that_chooses": ("firm", {"month": "2026-07"}),
    "of_a_fixed_branch": ("village", {"month": "2026-07"}),
    "named_as_such": ("village", {"month": "2026-07", "july": True}),
}


@pytest.mark.parametrize("day", ["2026-06-15", "2026-07-06"])
@pytest.mark.parametrize("unit, facts", SEVENTH.values(), ids=SEVENTH)
def test_the_first_of_july_is_not_put_off(play, unit, facts, day):
    """G-2.1.3, R-2.1.2, P-2.1.2: 每年“七一”，全区所有党支部统一开展一次活动."""
    play.on(day)
    refusal = play.no(RuleViolation, "july_is_held", ask, play, f"{unit}.secretary", unit, **facts)
    assert "只能由区里调整" in refusal.sentence


@pytest.mark.parametrize("facts", [{"july": True}, {}])
def test_where_it_is_held_apart_the_month_may_be_put_off(session, play, facts):
    """The month of July stays a month like others; 七一 does not."""
    row = {"name": "july_mode", "value": "separate", "at": at("2026-01-01").now}
    session.merge(ZoneSettingRow(zone_id=play.world.zone.id, **row))
    unit = play.world.units["firm"]
    own = {"unit_id": unit.id, "zone_id": unit.zone_id, "day": date(2026, 7, 1)}
    session.add(Activity(year=2026, month=7, kind="july", rule_day=date(2026, 7, 1), **own))
    session.commit()
    play.on("2026-06-15")
    if facts:
        play.no(RuleViolation, "july_is_held", ask, play, month="2026-07", **facts)
    else:
        assert ask(play, month="2026-07").state == "asked"


def test_what_was_asked_before_about_july_keeps_its_course(play, monkeypatch):
    monkeypatch.setitem(workflows._current, "month_report", workflows.get("month_report", 2))
    case = ask(play.on("2026-06-15"), month="2026-07")
    monkeypatch.undo()
    assert play.say(case, "town1.officer", "excuse_month", {}).state == "excused"


def test_a_month_is_put_off_when_it_is_near(play):
    """House rule: 当月确实无法开展的; of a month far ahead nobody knows that."""
    play.on("2026-11-30").no(RuleViolation, "month_is_near", ask, play, month="2027-01")
    play.on("2026-12-01")
    assert ask(play, month="2027-01").state == "asked"


def test_silence_is_no_consent(session, play):
    case = ask(play)
    sweep.sweep(session, play.on("2026-12-07").at)
    assert session.get(Case, case.id, populate_existing=True).state == "asked"
    sweep.sweep(session, play.on("2026-12-08").at)
    assert session.get(Case, case.id, populate_existing=True).state == "lapsed"
    assert of(play).excused_by is None


DRIVES = {"put_off": ask, "late": late}
REFUSALS = {
    "month_report": [  # start, who, move, words, refusal, rule
        ("put_off", "firm.secretary", "excuse_month", {}, Forbidden, "authority"),
        ("put_off", "zone.officer", "excuse_month", {}, Forbidden, "authority"),
        ("put_off", "village.secretary", "excuse_month", {}, NotFound, None),
        ("put_off", "town1.officer", "accept_late", {}, RuleViolation, "late_was_asked"),
        ("late", "town1.officer", "excuse_month", {}, RuleViolation, "putting_off_was_asked"),
        ("late", "firm.secretary", "accept_late", {}, Forbidden, "authority"),
        ("put_off", "town1.officer", "refuse", {}, InvalidInput, None),
        ("put_off", "town1.officer", "withdraw", {}, Forbidden, "authority"),
        ("put_off", "firm.secretary", "lapse", {}, Forbidden, None),
        ("put_off", "firm.secretary", "void", WHY, Forbidden, "authority"),
        ("put_off", "firm.secretary", "terminate", WHY, Forbidden, "authority"),
        ("put_off", "firm.secretary", "recuse", WHY, Forbidden, "authority"),
        ("put_off", "zone.officer", "take_over", WHY, RuleViolation, "superior_is_late"),
    ]
}


@pytest.mark.parametrize("start, who, move, words, kind, rule", REFUSALS["month_report"])
def test_refused(play, start, who, move, words, kind, rule):
    case = DRIVES[start](play)
    play.no(kind, rule, play.say, case, who, move, words)


OPENINGS = [  # who, unit, day, facts, rule
    ("village.secretary", "village", "2026-11-24", {}, "no_request_would_do"),
    ("firm.secretary", "firm", "2026-12-08", {}, "put_off_in_time"),
    ("firm.secretary", "firm", "2026-11-24", {"month": "2026-13"}, "of_an_owed_month"),
    ("firm.secretary", "firm", "2026-11-24", {"month": "2019-11"}, "of_an_owed_month"),
    ("firm.secretary", "firm", "2026-11-24", {"month": "2026-07", "july": True}, "july_is_held"),
    ("firm.secretary", "firm", "2026-11-24", {"month": "2026-09"}, "put_off_in_time"),
    ("firm.secretary", "firm", "2026-11-24", {"month": "2027-03"}, "month_is_near"),
    ("firm.secretary", "firm", "2026-11-24", {**LATE}, "held_on_known"),
    ("firm.secretary", "firm", "2026-12-01", {**LATE, "held_on": "2026-12-02"}, "held_on_known"),
    ("firm.secretary", "firm", "2026-12-18", {**LATE, "held_on": "2026-12-15"}, "held_on_known"),
    ("firm.secretary", "firm", "2026-12-10", {**LATE, "held_on": "2026-12-02"}, "reported_in_time"),
]


@pytest.mark.parametrize("who, unit, day, facts, rule", OPENINGS)
def test_what_cannot_be_opened(play, who, unit, day, facts, rule):
    play.on(day).no(RuleViolation, rule, ask, play, who, unit, **facts)


def test_what_is_held_is_not_put_off(session, play):
    raw = sheet(play.world, "firm", held_on="2026-11-20")
    record(session, play.world, raw, "firm.secretary", "2026-11-20", "firm")
    play.no(RuleViolation, "not_held", ask, play)


def test_one_at_a_time_and_an_answer_is_an_answer(play):
    case = ask(play)
    play.no(AlreadyTaken, None, ask, play)
    case = play.say(case, "town1.officer", "refuse", {"reason": "月底前可以分批开展"})
    assert case.state == "refused"
    play.no(InvalidTransition, None, play.say, case, "town1.officer", "excuse_month", {})
