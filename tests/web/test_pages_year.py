"""A branch's year: how each month stands, what its leaders may write, and that looking writes
nothing.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from oversight.calendar.party_days import plan_year
from oversight.models import Activity, ActivityChange, Refusal, Unit
from tests.db.test_acting import give
from tests.support.html import Page
from tests.support.world import FOUNDED, at

# What these pages show does not depend on the database; the desk and the case pages are tried on
# both.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def chips(page: Page) -> dict[int, str]:
    """Return by month what its chip says."""
    return {
        int(node.get("id")[1:]): "".join(node.find(".//span[@class]").itertext()).strip()
        for node in page.tree.iter("section")
        if (node.get("class") or "").startswith("mon")
    }


@pytest.fixture
def planned(session, world):
    plan_year(session, [world.units["village"], world.units["firm"]], 2026, at("2026-01-05"))
    session.commit()
    return {
        row.month: row
        for row in session.scalars(
            sa.select(Activity).where(Activity.unit_id == world.units["village"].id)
        )
    }


def year(world, unit: str = "village", number: int = 2026) -> str:
    return f"/units/{world.units[unit].id}/year/{number}"


def test_every_month_says_how_it_stands(reader, planned, world, session, play):
    for month in range(1, 9):
        planned[month].held_on = planned[month].day
    planned[9].held_on = date(2026, 9, 11)
    session.commit()
    play.approved()
    shown = chips(reader("village.secretary").get(year(world)))
    assert shown == {
        1: "顺延开展",
        2: "已开展",
        3: "已开展",
        4: "已开展",
        5: "顺延开展",
        6: "已开展",
        7: "已开展",
        8: "已开展",
        9: "未按期",
        10: "未开展",
        11: "待登记",
        12: "经批复变更",
    }


def test_a_day_held_by_consent_is_not_late(reader, planned, world, session, play, clock):
    play.approved()
    session.expire_all()
    planned[12].held_on = date(2026, 12, 11)
    session.commit()
    clock.now += timedelta(days=30)
    assert chips(reader("village.secretary").get(year(world)))[12] == "经批复变更"


def test_the_numbers_are_those_of_today(reader, planned, world, session):
    for month in (1, 2, 3):
        planned[month].held_on = planned[month].day
    session.commit()
    assert (
        "3 / 11次已开展3次按期7次未按期或未开展1次待登记"
        in reader("village.secretary").get(year(world)).main
    )


def test_months_are_explained_step_by_step(reader, world):
    page = reader("village.secretary").get(year(world))
    assert "每月第一周的周五：1月2日1月2日是元旦，放假调休顺延至下个周五：1月9日" in page.main
    assert "“七一”全区统一开展一次活动" in page.main


def test_a_year_that_is_not_published_says_so(reader, world):
    page = reader("village.secretary").get(year(world, number=2027))
    assert "2027年的日期是预排的。" in page.main
    assert set(chips(page).values()) == {"预排"}
    assert "预排" not in reader("village.secretary").get(year(world)).main


def test_looking_writes_nothing(reader, world, session):
    for number in (2025, 2026, 2027):
        reader("village.secretary").get(year(world, number=number))
    assert session.scalar(sa.select(sa.func.count()).select_from(Activity)) == 0


def test_an_open_request_is_named_and_no_second_is_offered(reader, planned, world, play):
    case = play.asked()
    page = reader("village.secretary").get(year(world))
    assert "已请示变更：待批复。" in page.main
    assert f"/cases/{case.id}" in page.links("查看请示")[0]
    assert not [link for link in page.links() if "2026-12-04" in link]


def test_a_leader_notes_when_it_was_held(reader, planned, world, session):
    branch = reader("village.organizer")
    page = branch.submit(branch.get(year(world)), "/2026/11/held", on="2026-11-13")
    assert "已登记：11 月党日于 11月13日 开展。" in page.main
    assert chips(page)[11] == "未按期" and "应于 11月6日 开展" in page.main
    change = session.scalars(sa.select(ActivityChange)).one()
    assert change.what["held_on"] == [None, "2026-11-13"]


def test_what_has_not_come_or_is_elsewhere_is_not_noted(reader, planned, world, session):
    branch = reader("village.secretary")
    page = branch.get(year(world))
    assert "还没有到这一天" in branch.submit(page, "/2026/11/held", 422, on="2026-11-30").main
    assert (
        "开展日期必须在 11 月之内。"
        in branch.submit(page, "/2026/11/held", 422, on="2026-10-30").main
    )
    assert "请选一个日期。" in branch.submit(page, "/2026/11/held", 422, on="").main
    assert session.scalar(sa.select(sa.func.count()).select_from(ActivityChange)) == 0


def test_a_branch_that_chooses_its_day_chooses_it_here(reader, planned, world, session):
    firm = reader("firm.secretary")
    page = firm.get(year(world, "firm"))
    assert chips(page)[12] == "待定日"
    done = firm.submit(page, "/2026/12/day", on="2026-12-16")
    assert "12 月党日定在 12月16日。" in done.main and chips(done)[12] == "已安排"
    assert (
        "活动日必须在 12 月之内。" in firm.submit(done, "/2026/12/day", 422, on="2027-01-05").main
    )
    assert not page.has_form("/2026/7/day"), "七一 is the zone's to set"


def test_who_stands_in_for_the_secretary_chooses_the_day(reader, world, session, play):
    give(play, "firm.secretary", "firm", "secretary", "firm.member1")
    stand_in = reader("firm.member1")
    done = stand_in.submit(stand_in.get(year(world, "firm")), "/2026/12/day", on="2026-12-16")
    assert chips(done)[12] == "已安排"


def test_a_fixed_branch_cannot_choose_and_others_cannot_write(reader, planned, world, session):
    branch = reader("village.secretary")
    assert not branch.get(year(world)).has_form("/day")
    token = dict(branch.get("/me").fields("/logout"))
    answer = branch.raw("POST", f"{year(world)}/12/day", data={**token, "on": "2026-12-16"})
    assert answer.status_code == 422 and "不能自行选择" in answer.text
    for name in ("town1.officer", "village.member1"):
        other = reader(name)
        assert not other.get(year(world)).has_form("/held")
        token = dict(other.get("/me").fields("/logout"))
        answer = other.raw("POST", f"{year(world)}/11/held", data={**token, "on": "2026-11-06"})
        assert answer.status_code == 403 and "您可以查看，不能办理" in answer.text
    assert session.scalar(sa.select(sa.func.count()).select_from(ActivityChange)) == 0


@pytest.mark.parametrize(
    "name", ["town2.officer", "firm.secretary", "village2.member1", "zone.auditor"]
)
def test_a_branch_out_of_sight_does_not_exist(reader, world, name):
    reader(name).get(year(world), 404)


def test_a_member_reads_his_own_branch_s_year(reader, planned, world, play):
    play.asked()
    page = reader("village.member1").get(year(world))
    assert "待批复" in page.main
    assert not [link for link in page.links() if "/cases/" in link]


@pytest.mark.parametrize("number", [1999, 2101])
def test_years_have_an_end(reader, world, number):
    reader("village.secretary").get(year(world, number=number), 404)


def test_units_in_sight_are_listed_by_town(reader, planned, world, play):
    play.asked()
    town = reader("town1.officer").get("/units").main
    assert "石桥村党支部下一次 12月4日 星期五在办 1 件" in town
    assert "恒达公司党支部日期自定" in town and "柏树村" not in town
    zone = reader("zone.officer").get("/units").main
    assert "柏岭镇党委" in zone and "区教育局党组" in zone
    assert "没有可以查看的支部" in reader("zone.sysadmin").get("/units").main


def test_an_accepted_late_report_is_not_called_an_approved_change(
    reader, planned, world, session, play, clock, api
):
    """Source: dossier §8: a flood, reported within 3 working days after recovery."""
    play.on("2026-12-08")
    case = play.move(
        play.open("village.secretary"),
        "village.secretary",
        "report_late",
        new_day="2026-12-07",
        reason="山洪冲断道路，当日无法到会",
        recovered_on="2026-12-06",
    )
    number = play.move(case, "town1.officer", "accept_late").number
    session.expire_all()
    planned[12].held_on = date(2026, 12, 7)
    session.commit()
    clock.now += timedelta(days=20)
    page = reader("village.secretary").get(year(world))
    assert chips(page)[12] == "事后补报"
    assert f"/cases/{case.id}" in page.links(number)
    month = api("village.secretary").get(
        f"/units/{world.units['village'].id}/party-days", year=2026
    )["items"][11]
    assert (month["moved_how"], month["status"]) == ("late_report", "held")


def test_the_reply_stands_on_the_year_with_its_number(reader, planned, world, session, play, api):
    case = play.approved()
    page = reader("village.secretary").get(year(world))
    assert case.number in page.main and page.links(case.number) == [f"/cases/{case.id}"]
    shown = reader("village.member1").get(year(world))
    assert case.number in shown.main and not shown.links(case.number)
    month = api("village.secretary").get(
        f"/units/{world.units['village'].id}/party-days", year=2026
    )["items"][11]
    assert month["moved_how"] == "approved"


def test_a_month_moved_by_the_zone_names_its_notice(reader, world, session, play, clock, api):
    """2 January 2026 is a holiday, the rule says the 9th; the zone's notice sets the 16th for
    everybody.
    """
    play.on("2025-12-20")
    notice = play.open(
        "zone.officer", "zone", workflow="zone_shift", new_day="2026-01-16", reason="全区换届会议"
    )
    play.move(notice, "zone.officer", "propose")
    play.move(notice, "zone.secretary", "publish")
    plan_year(session, [world.units["village"]], 2026, at("2026-01-05"))
    session.commit()
    page = reader("village.secretary").get(year(world))
    assert "按全区通知改期，" + notice.number in page.main
    row = session.scalar(
        sa.select(Activity).where(
            Activity.month == 1, Activity.unit_id == world.units["village"].id
        )
    )
    row.held_on = row.day
    session.commit()
    assert chips(reader("village.secretary").get(year(world)))[1] == "全区统一调整"
    month = api("village.secretary").get(
        f"/units/{world.units['village'].id}/party-days", year=2026
    )["items"][0]
    assert (month["moved_how"], month["notice"]) == ("zone_notice", notice.number)


@pytest.mark.parametrize("what", ["day", "held", "attendance"])
def test_writing_in_a_foreign_year_leaves_a_refusal(reader, planned, world, session, what):
    foreign = reader("village2.secretary")
    token = foreign.get("/desk").value("csrf_token")
    answer = foreign.raw(
        "POST", f"{year(world)}/12/{what}", data={"csrf_token": token, "on": "2026-11-20"}
    )
    assert answer.status_code == 404
    [row] = session.scalars(sa.select(Refusal))
    assert (row.move, row.status, row.actor_id) == (
        f"year_{what}",
        404,
        world.people["village2.secretary"].id,
    )


@pytest.fixture
def eleven_hundred(session, world):
    """More branches under one town than a page shows."""
    town = world.units["town2"]
    rows = [
        {
            "zone_id": town.zone_id,
            "kind": "branch",
            "name": f"第{number:04d}村党支部",
            "category": "rural",
            "parent_id": town.id,
            "path": "",
            "accountable_from": FOUNDED,
            "sort": 100 + number,
        }
        for number in range(1100)
    ]
    session.execute(sa.insert(Unit), rows)
    path = sa.literal(town.path).concat(sa.cast(Unit.id, sa.Text)).concat("/")
    session.execute(sa.update(Unit).where(Unit.path == "").values(path=path))
    session.commit()


@pytest.mark.parametrize(
    "who, path", [("zone.officer", "/units"), ("zone.inspector", "/new/inspection?q=村")]
)
def test_a_list_of_branches_shows_all_or_the_way_to_the_rest(reader, eleven_hundred, who, path):
    text = reader(who).raw("GET", path).text
    last = max(re.findall(r"第(\d{4})村", text))  # an error where none is shown
    assert last == "1099" or re.search("下一页|更多|还有|只列出", text)


def test_whom_to_inspect_is_found_by_a_part_of_the_name(reader, eleven_hundred):
    found = reader("zone.inspector").get("/new/inspection?q=第109")
    assert re.findall(r"第(\d{4})村", found.html) == [f"109{number}" for number in range(10)]


# The next one: G-2.1.1a, G-2.1.2b every month; of a branch that chooses, no later day than the one owed -----


@pytest.fixture
def chosen(session, world, clock):
    """A firm has held until November 2026; 2027 has no day but that of 七一. It is 30 November."""
    units = [world.units["firm"], world.units["village"]]
    for number in (2026, 2027):
        plan_year(session, units, number, at("2026-01-05"))
    firm = sa.select(Activity).where(Activity.unit_id == units[0].id, Activity.year == 2026)
    rows = {row.month: row for row in session.scalars(firm)}
    for month in range(1, 12):
        rows[month].day = rows[month].day or date(2026, month, 20)
        rows[month].held_on = rows[month].day
    session.commit()
    clock.now = at("2026-11-30").now
    return rows


def next_said(reader, world, unit: str = "firm") -> tuple[str, str, str]:
    """Return what the branch's year, the list of branches and its member's page say comes next."""
    page = reader(f"{unit}.secretary").get(year(world, unit)).main
    listed = reader("town1.officer").get("/units").main
    mine = reader(f"{unit}.secretary").get("/me").main
    name = world.units[unit].name
    return (
        "".join(re.findall(r"下一次(?:：[^。]*?星期.|的日期还没有定)", page)[:1]),
        listed.partition(name)[2][:18],
        "".join(re.findall(r"下一次主题党日(?:：.*?星期.|还没有定日期)", mine)[:1]),
    )


def test_a_branch_that_has_not_chosen_is_told_so_and_no_day_of_next_july(reader, world, chosen):
    page, listed, mine = next_said(reader, world)
    assert page == "下一次的日期还没有定" and mine == "下一次主题党日还没有定日期"
    assert listed.startswith("日期自定")
    assert "来不了，请假" not in reader("firm.secretary").get("/me").main


def test_once_it_has_chosen_its_day_is_the_next(reader, world, chosen, session):
    chosen[12].day = date(2026, 12, 14)
    session.commit()
    page, listed, mine = next_said(reader, world)
    assert page == "下一次：2026年12月14日 星期一" and listed.startswith("下一次 12月14日 星期一")
    assert mine == "下一次主题党日：12月14日 星期一"


def test_what_is_put_off_is_not_the_next(reader, world, chosen, session, play):
    chosen[12].day = date(2026, 12, 14)
    session.commit()
    play.on("2026-11-30")
    asked = {"asks": "excuse", "month": "2026-12", "reason": "全月停产检修"}
    case = play.open("firm.secretary", "firm", workflow="month_report", **asked)
    play.say(case, "town1.officer", "excuse_month", {})
    session.commit()
    page, listed, mine = next_said(reader, world)
    assert page == "下一次的日期还没有定" and mine == "下一次主题党日还没有定日期"
    assert listed.startswith("日期自定")


def test_a_day_of_another_year_is_named_with_its_year(reader, world, chosen, session, clock):
    chosen[12].day = chosen[12].held_on = date(2026, 12, 14)
    january = session.scalar(
        sa.select(Activity).where(
            Activity.unit_id == world.units["firm"].id, Activity.year == 2027, Activity.month == 1
        )
    )
    january.day = date(2027, 1, 18)
    session.commit()
    clock.now = at("2026-12-15").now
    page, _listed, mine = next_said(reader, world)
    assert page == "下一次：2027年1月18日 星期一"
    assert mine == "下一次主题党日：2027年1月18日 星期一"


def test_a_branch_that_is_gone_has_no_next(reader, world, chosen, session):
    chosen[12].day = date(2026, 12, 14)
    world.units["firm"].ended_on = date(2026, 11, 30)
    session.commit()
    page = reader("town1.officer").get(year(world, "firm")).main
    assert "下一次" not in page


def test_a_fixed_branch_knows_its_next_by_the_rule(reader, world, chosen):
    page, listed, mine = next_said(reader, world, "village")
    assert page == "下一次：2026年12月4日 星期五" and listed.startswith("下一次 12月4日 星期五")
    assert mine == "下一次主题党日：12月4日 星期五"
