"""Date change: every outcome reaches those whom it concerns, once; and days that become rest days
warn both sides, terms follow the calendar. From the issue, §3 and §4.
"""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from oversight.calendar import workdays
from oversight.models import Notice
from oversight.register import rest_days
from oversight.time import sweep
from tests.support.actors import Play

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
WAITS = "您有1件待办"


@pytest.fixture
def play(session, world):
    return Play(session, world)


def bells(play, case, *people: str) -> dict[str, list[str]]:
    """Return by person what the bell says of a case, after two sweeps on the day."""
    for _again in range(2):
        sweep.sweep(play.session, play.at)
    ids = {play.world.people[name].id: name for name in people}
    rows = play.session.scalars(
        sa.select(Notice).where(Notice.case_id == case.id).order_by(Notice.at, Notice.id)
    )
    found: dict[str, list[str]] = {name: [] for name in people}
    for row in rows:
        if row.person_id in ids and not row.text.startswith(WAITS):
            found[ids[row.person_id]].append(row.text.partition("）：")[2] or row.text)
    return found


LED = ("village.secretary", "village.organizer")


@pytest.mark.parametrize(
    "move, said",
    [
        ("approve", "请示已获同意，党日随之变更。"),
        ("refuse", "请示没有获得同意，党日不变。"),
        ("return", "请示退回修改。"),
        ("excuse_month", "已同意当月暂缓开展。"),
        ("void", "已误立作废。"),
        ("terminate", "已终止办理。"),
    ],
)
def test_an_outcome_is_told_to_the_branch_and_who_asked_once(play, move, said):
    case = play.move(play.asked(), "town1.officer", move)
    assert bells(play, case, *LED) == dict.fromkeys(LED, [said])


@pytest.mark.parametrize(
    "before, name, move, said",
    [
        ((), "town1.officer", "revoke", "批复已撤销，党日恢复原定日期。"),
        (("ask_cancel",), "town1.officer", "cancel", "已同意取消变更，党日恢复原定日期。"),
        (("ask_cancel",), "town1.officer", "keep", "不取消变更，按批复执行。"),
        (("amend",), "town1.officer", "refuse", "修改没有获得同意，仍按原批复执行。"),
    ],
)
def test_what_comes_after_a_consent_is_told_too(play, before, name, move, said):
    case = play.approved()
    for step in before:
        case = play.move(case, LED[0], step)
    case = play.move(case, name, move)
    assert said in bells(play, case, *LED)[LED[1]]


def test_a_lapse_is_told_to_the_branch_and_above(play):
    case = play.asked()
    play.on("2026-12-04")
    told = bells(play, case, "village.secretary", "zone.officer")
    assert told["village.secretary"] == ["上级到期没有答复，请示失效，党日不变。"]
    assert "下一级到期没有答复请示。" in told["zone.officer"]


def test_an_urgent_request_that_ran_out_is_not_held_against_the_superior(play):
    case = play.on("2026-12-03").asked()
    told = bells(play.on("2026-12-05"), case, "village.secretary", "town1.officer", "zone.officer")
    assert "请在 3 个工作日内补报" in told["village.secretary"][0]
    assert told["town1.officer"] == ["紧急请示没有来得及批复，不计逾期。"]
    assert told["zone.officer"] == []


def test_taken_over_is_told(play):
    case = play.asked()
    case = play.on("2026-11-30").move(case, "zone.officer", "take_over")
    assert "上级逾期，已由再上一级提级办理。" in bells(play, case, *LED)[LED[0]]


def test_each_partner_is_told_what_became_of_a_joint_request(play):
    case = play.joint("village2", "firm")
    case = play.move(play.move(case, "town1.officer", "approve"), "town2.officer", "approve")
    told = bells(play, case, "village.secretary", "village2.organizer", "firm.secretary")
    assert "各方均已同意，党日一并变更。" in told["village.secretary"]
    for name in ("village2.organizer", "firm.secretary"):
        assert told[name].count("联合开展的请示已获同意，党日一并变更。") == 1


def test_who_made_a_move_is_not_told_of_it(play):
    case = play.move(play.invited("community"), "community.secretary", "decline")
    told = bells(play, case, "community.secretary", "village.secretary")
    assert told["community.secretary"] == [] and len(told["village.secretary"]) == 1


# The calendar changes -----------------------------------------------------------------------------


def lost(play, *days: str):
    rows = [
        workdays.CalendarDay(date.fromisoformat(day), "rest", "临时放假", False, "区通知")
        for day in days
    ]
    done = rest_days.load(play.session, play.world.zone.id, rows, None, play.at)
    play.session.commit()
    return done


def test_terms_follow_a_changed_calendar(play):
    case = play.asked()
    assert case.due_on == date(2026, 11, 27)
    lost(play, "2026-11-26", "2026-11-27")
    play.session.refresh(case)
    assert case.due_on == date(2026, 12, 1)
    later = play.asked(name="community.secretary", unit="community")
    assert later.due_on == case.due_on


def test_where_the_last_working_day_is_lost_the_request_becomes_urgent(play):
    case = play.on("2026-12-02").asked()
    assert (case.due_on, case.wake_on) == (date(2026, 12, 3), date(2026, 12, 4))
    lost(play, "2026-12-03")
    play.session.refresh(case)
    assert (case.due_on, case.wake_on) == (date(2026, 12, 4), date(2026, 12, 5))
    assert play.on("2026-12-04").move(case, "town1.officer", "approve").state == "approved"


@pytest.mark.parametrize("agreed", [False, True])
def test_a_day_that_becomes_a_rest_day_warns_both_sides_once(play, agreed):
    case = play.approved() if agreed else play.asked()
    lost(play, "2026-12-11")
    lost(play, "2026-12-11", "2026-12-14")
    told = bells(play, case, "village.secretary", "town1.officer", "town2.officer")
    for name in ("village.secretary", "town1.officer"):
        assert sum("12月11日已定为休息日" in text for text in told[name]) == 1
    assert told["town2.officer"] == []


def test_a_saturday_chosen_on_purpose_is_not_warned_of_again(play):
    case = play.approved("2026-12-12")
    lost(play, "2026-12-12")
    told = bells(play, case, "village.secretary")
    assert not any("休息日" in text for text in told["village.secretary"])
