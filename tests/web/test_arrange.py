"""二（二）2, 二（四）2, 二（五）: a party day is arranged before it, and the record starts from what was
arranged.
"""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from oversight.calendar.party_days import activity_for, plan_year
from oversight.models import Activity, ActivityChange, Attendance
from tests.db.test_attendance import sheet
from tests.support.dump import difference, dump
from tests.support.world import at


@pytest.fixture
def december(session, world) -> str:
    """The village's party day ahead."""
    plan_year(session, [world.units["village"]], 2026, at("2026-01-05"))
    found = activity_for(session, world.units["village"], 2026, 12).id
    session.commit()
    return f"/activities/{found}"


def test_what_was_arranged_on_the_page_stands_in_the_record(
    reader, api, world, december, session, clock
):
    branch, organizer = reader("village.secretary"), world.people["village.organizer"].id
    year = branch.get(f"/units/{world.units['village'].id}/year/2026")
    assert f"{december}/plan" in year.links("活动安排（12月）")
    page = branch.get(f"{december}/plan")
    words = {"host": organizer, "mode": "joint", "invited-masses": "3"}
    wrong = branch.submit(page, "/plan", 422, **words)
    assert "书记不主持的，要写明委托他人主持的原因。" in wrong.main and "#host_why" in wrong.links(
        "书记不主持的"
    )
    assert (wrong.value("mode"), wrong.value("invited-masses")) == ("joint", "3"), (
        "nothing typed is lost"
    )
    bad = branch.submit(wrong, "/plan", 422, **{"invited-masses": "几位"}, host_why="书记外出学习")
    assert "请填人数" in bad.main and bad.value("host_why") == "书记外出学习"
    done = branch.submit(bad, "/plan", **{"invited-masses": "3"})
    assert "安排已保存" in done.main and "已安排" in done.main
    assert session.query(Attendance).count() == 0, "nobody is recorded ahead of time"
    clock.now = at("2026-12-07").now
    branch.login("village.secretary")
    sheet_page = branch.get(f"{december}/attendance")
    assert sheet_page.value("mode") == "joint" and sheet_page.value("host_why") == "书记外出学习"
    branch.submit(sheet_page, "/attendance")
    found = api("village.secretary").get(f"{december}/attendance")
    assert (found["host"]["name"], found["mode"], found["invitees"]) == (
        "village.organizer",
        "joint",
        {"masses": 3},
    )


def test_the_api_arranges_and_leaves_out_what_is_not_said(api, world, december, session):
    branch = api("village.secretary")
    branch.post(f"{december}/plan", {"mode": "whole_then_parts", "invitees": {"activist": 2}})
    found = branch.post(f"{december}/plan", {"host": world.people["village.secretary"].id})
    assert (found["mode"], found["invitees"], found["host"]["name"]) == (
        "whole_then_parts",
        {"activist": 2},
        "village.secretary",
    )
    assert found["confirmed_at"] is None and found["counts"] is None
    whys = session.scalars(
        sa.select(ActivityChange.why).where(ActivityChange.why == "活动安排")
    ).all()
    assert len(whys) == 2, "who arranged what is kept"


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("town1.officer", 403),
        ("village.member1", 403),
        ("community.secretary", 404),
        ("zone.sysadmin", 404),
    ],
)
def test_the_branch_alone_arranges(api, december, session, who, status):
    client, before = api(who), dump(session)
    client.post(f"{december}/plan", {"mode": "joint"}, status)
    assert not difference(before, dump(session))


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"host": "community.secretary", "host_why": "书记外出"}, "主持人应是支部书记"),
        ({"mode": "网上"}, "开展方式"),
        ({"invitees": {"president": 1}}, "列席"),
        ({"points": 1}, "没有“points”"),
        ({"invitees": {"masses": -1}}, "列席"),
    ],
)
def test_what_cannot_be_arranged(api, world, december, session, raw, said):
    raw = {**raw, "host": world.people[raw["host"]].id} if "host" in raw else raw
    branch, before = api("village.secretary"), dump(session)
    assert said in branch.post(f"{december}/plan", raw, 422)["detail"]
    assert not difference(before, dump(session))


def test_what_was_held_is_recorded_and_not_arranged(api, reader, world, december, session):
    row = session.scalar(
        sa.select(Activity).where(
            Activity.month == 11, Activity.unit_id == world.units["village"].id
        )
    )
    branch = api("village.secretary")
    branch.post(f"/activities/{row.id}/attendance", sheet(world))
    assert "已经开展" in branch.post(f"/activities/{row.id}/plan", {"mode": "joint"}, 422)["detail"]
    assert "登记到会" in reader("village.secretary").get(f"/activities/{row.id}/plan").title
