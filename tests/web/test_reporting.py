"""四、1: the secretary's direct responsibility and the target 「每个支部动起来、每名党员不掉队」 as facts of a year; 四、4:
the two handbooks, compiled from the records. No points, no rank; only who may see.
"""

from __future__ import annotations

import pytest

from oversight.calendar.party_days import plan_year
from oversight.ledger.duty_records import Done
from oversight.models import Post
from tests.db.test_attendance import record, sheet
from tests.db.test_obligations import do
from tests.db.test_registers import note
from tests.support.world import at

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def year(session, world):
    """A village's year that is planned; returns the address of its pages."""
    plan_year(session, [world.units["village"]], 2026, at("2026-01-05"))
    session.commit()
    return f"/units/{world.units['village'].id}"


def test_what_was_not_done_stands_under_him_too(reader, year):
    page = reader("town1.officer").get(f"{year}/reporting/2026")
    assert "village.secretary" in page.main and "直接责任" in page.main
    assert "未开展 10" in page.main and "超期" in page.main


def test_what_was_done_stands_under_the_secretary(reader, session, world, year):
    record(session, world, sheet(world, leave=("member1",)), on="2026-11-09")
    do(session, world, {"LECTURE.SECRETARY": "怎样过好组织生活"})
    page = reader("village.secretary").get(f"{year}/reporting/2026")
    for said in ("按期开展 1", "应到 5 人次，参加 4 人次", "还没有办结 1", "怎样过好组织生活"):
        assert said in page.main, said
    assert not [word for word in ("得分", "第一名", "名次") if word in page.main]


def test_who_led_in_the_year_is_named_with_his_days(reader, session, world, year):
    old = session.query(Post).filter_by(unit_id=world.units["village"].id, office="secretary").one()
    old.to_on = at("2026-05-31").today
    world.post("village.organizer", "village", "secretary", at("2026-06-01").today)
    session.commit()
    page = reader("town1.officer").get(f"{year}/reporting/2026")
    assert "到2026年5月31日" in page.main and "village.organizer" in page.main


def test_above_branches_stand_in_their_own_order_without_figures(reader, world, year):
    page = reader("town1.officer").get(f"/units/{world.units['town1'].id}/reporting/2026")
    branches = [link for link in page.links() if (link or "").endswith("/reporting/2026")]
    assert len(branches) == 5 and "不排名" in page.main and "柏树村" not in page.main


def test_every_fact_leads_to_its_rows(reader, year):
    for name in ("village.secretary", "town1.officer"):
        page = reader(name).get(f"{year}/reporting/2026")
        for link in page.links("看明细"):
            reader(name).get(link.partition("#")[0])


@pytest.mark.parametrize("what", ["reporting", "handbook"])
def test_a_year_is_read_by_its_leaders_and_from_above(reader, world, year, what):
    reader("village.secretary").get(f"{year}/{what}/2026")
    reader("village.member1").get(f"{year}/{what}/2026", 403)
    reader("community.secretary").get(f"{year}/{what}/2026", 404)
    reader("town1.officer").get(f"{year}/{what}/1999", 404)


def test_a_branch_s_handbook_is_compiled_from_its_records(reader, session, world, year):
    raw = sheet(world, leave=("member1",), other=("member3",), theme="冬季走访", place="村委会")
    record(session, world, raw, on="2026-11-09")
    do(session, world, {"PLAN.OWN_ITEMS": "清沟渠", "DUES.MONTHLY": ""})
    note(session, world, "raised")
    note(session, world, "hardship", what="家里的难处")
    session.commit()
    page = reader("village.secretary").get(f"{year}/handbook/2026")
    for said in (
        "基层党组织工作手册",
        "11月主题党日",
        "活动主题冬季走访",
        "应到5人，到会3人，其他方式1人，请假1人，缺席0人",
        "village.member3（送学上门）",
        "village.member1（正在办理）",
        "确定自选动作：清沟渠",
        "问题登记",
    ):
        assert said in page.main, said
    assert "难处" not in page.main, "care is in no handbook"


def test_a_member_s_handbook_says_how_he_took_part(reader, session, world, year):
    record(session, world, sheet(world, leave=("member1",)), on="2026-11-09")
    late = world.people["village.member1"]
    do(session, world, {"DUES.MONTHLY": Done(without=(late.id,))})
    page = reader("village.member1").get("/me/handbook")
    assert "党员手册" in page.main and "请假" in page.main and "还没有交" in page.main
    other = world.people["village.member2"].id
    assert "已交" in reader("village.secretary").get(f"/people/{other}/handbook/2026").main


def test_a_member_s_handbook_is_his_and_his_leaders_alone(reader, world, year):
    address = f"/people/{world.people['village.member1'].id}/handbook/2026"
    reader("village.member1").get(address)
    reader("village.organizer").get(address)
    for name, status in (
        ("village.member2", 403),
        ("town1.officer", 403),
        ("community.secretary", 404),
        ("zone.sysadmin", 404),
    ):
        reader(name).get(address, status)


def test_what_links_lead_there(reader, world, year):
    page = reader("village.secretary").get("/ledger")
    assert page.links("工作手册") and page.links("述职评议参考")
    assert reader("village.member1").get("/me").links("我的党员手册")
