"""Every list as filtered leaves as a workbook by one way: Chinese headers in a frozen row, dates as dates, nothing
that a spreadsheet would run, and no more than its reader may see.
"""

from __future__ import annotations

import io
from datetime import datetime

import openpyxl
import pytest

from oversight.calendar.party_days import plan_year
from oversight.register import audit_log
from tests.db.test_attendance import record, sheet
from tests.db.test_registers import note
from tests.support.world import at

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def sheet_at(reader):
    """Return a list as its reader downloads it: the header row and the rows."""

    def read(who: str, address: str):
        mark = "&" if "?" in address else "?"
        answer = reader(who).raw("GET", f"{address}{mark}as=xlsx")
        assert answer.status_code == 200, (answer.status_code, answer.location)
        assert answer.headers["Content-Disposition"].startswith("attachment")
        found = openpyxl.load_workbook(io.BytesIO(answer.data)).active
        assert found.freeze_panes == "A2"
        head, *rows = [[cell.value for cell in row] for row in found.iter_rows()]
        return head, rows

    return read


@pytest.fixture
def year(session, world):
    units = [unit for unit in world.units.values() if unit.kind == "branch"]
    plan_year(session, units, 2026, at("2026-01-05"))
    record(session, world, sheet(world, absent=("member1",)), on="2026-11-09")
    session.commit()
    return world.units["village"].id


def test_the_month_table_leaves_as_it_is_filtered(sheet_at, year):
    head, rows = sheet_at("town1.officer", "/months?year=2026")
    assert head[:3] == ["上级", "党支部", "1月"] and head[-1] == "民主评议" and len(rows) == 5
    village = next(row for row in rows if row[1] == "石桥村党支部")
    assert village[0] == "青溪镇党委" and "已开展" in village[12] and village[2] == "未开展"
    _head, rows = sheet_at("town1.officer", "/months?year=2026&q=石桥")
    assert [row[1] for row in rows] == ["石桥村党支部"]
    assert len(sheet_at("zone.officer", "/months?year=2026")[1]) == 7


def test_a_list_is_whole_beyond_its_page(sheet_at, session, year, monkeypatch):
    monkeypatch.setattr("oversight.ledger.table.SIZE", 2)
    assert len(sheet_at("zone.officer", "/months?year=2026&cursor=x")[1]) == 7


def test_the_ledger_leaves_with_days_as_days(sheet_at, year):
    head, rows = sheet_at("village.secretary", f"/units/{year}/ledger")
    one = next(dict(zip(head, row, strict=True)) for row in rows if row[2] == "交纳党费")
    assert one["谁应办"] == "石桥村党支部" and one["应给谁"] == "青溪镇党委"
    assert (
        isinstance(one["期限"], datetime) and one["状态"] == "超期" and "三（一）1" in one["条款"]
    )


def test_what_is_done_leaves_from_the_desk(sheet_at, play, session):
    case = play.on("2026-11-20").asked()
    play.move(case, "town1.officer", "refuse", opinion="当天没有特殊情况")
    session.commit()
    head, rows = sheet_at("town1.officer", "/desk?box=done")
    [row] = rows
    told = dict(zip(head, row, strict=True))
    assert told["党组织"] == "石桥村党支部" and told["文号"] and isinstance(told["立案"], datetime)
    assert sheet_at("town1.officer", "/desk?box=done&workflow=rectification")[1] == []


def test_members_accounts_and_registers_leave(sheet_at, session, world, year):
    head, rows = sheet_at("zone.sysadmin", f"/admin/units/{year}/people")
    assert head[0] == "姓名" and len(rows) == 5 and "电话" not in "".join(head)
    head, rows = sheet_at("zone.sysadmin", f"/accounts/units/{year}")
    assert head == ["姓名", "用户名", "状态"] and len(rows) == 5
    note(session, world, "raised", what="=cmd|'/c calc'!A1")
    note(session, world, "hardship", what="家里的难处")
    session.commit()
    rows = sheet_at("village.secretary", f"/units/{year}/registers")[1]
    assert {row[4] for row in rows} == {"'=cmd|'/c calc'!A1", "家里的难处"}
    above = sheet_at("town1.officer", f"/units/{year}/registers")[1]
    assert len(above) == 1, "care is the branch's own also here"


def test_the_branches_and_what_was_issued_lately_leave(sheet_at, play, session, year, clock):
    head, rows = sheet_at("town1.officer", "/units")
    assert head == ["上级", "党支部", "类别", "下一次主题党日", "在办事项"] and len(rows) == 5
    village = next(row for row in rows if row[1] == "石桥村党支部")
    assert village[0] == "青溪镇党委" and village[2] == "农村" and village[4] > 0
    assert isinstance(village[3], datetime)
    assert [row[1] for row in sheet_at("town1.officer", "/units?q=石桥")[1]] == ["石桥村党支部"]
    play.move(play.on("2026-11-24").asked(), "town1.officer", "refuse", opinion="当天没有特殊情况")
    session.commit()
    head, [row] = sheet_at("town1.officer", "/papers")
    told = dict(zip(head, row, strict=True))
    assert told["文号"].startswith("青委党日〔2026〕") and told["主送"] == "石桥村党支部"
    assert told["标题"].endswith("的批复") and told["印发日期"] == datetime(2026, 11, 24)
    assert sheet_at("town2.officer", "/papers")[1] == []


@pytest.mark.parametrize(
    "who, address, status",
    [
        ("village.member1", "/units/{year}/ledger", 403),
        ("community.secretary", "/units/{year}/registers", 404),
        ("village.secretary", "/accounts/units/{year}", 403),
    ],
)
def test_who_may_not_see_a_list_takes_none_away(reader, year, who, address, status):
    answer = reader(who).raw("GET", address.format(year=year) + "?as=xlsx")
    assert answer.status_code == status


@pytest.mark.parametrize("address", ["/months?year=2026", "/ledger", "/desk?box=units", "/units"])
def test_each_list_has_the_same_link(reader, year, address):
    page = reader("town1.officer").get(address)
    [link] = page.links("导出 Excel")
    assert "as=xlsx" in link and "cursor" not in link


def test_the_overview_and_the_rows_behind_its_numbers_leave_whole(
    sheet_at, year, world, monkeypatch
):
    monkeypatch.setattr("oversight.views.pages.overview.SIZE", 2)
    town = world.units["town1"].id
    head, rows = sheet_at("town1.officer", "/overview")
    assert head[:2] == ["单位", "1月"] and head[-1] == "在办超期"
    assert len(rows) == 6 and rows[0][0] == "本级：青溪镇党委"
    village = dict(zip(head, next(row for row in rows if row[0] == "石桥村党支部"), strict=True))
    assert "超期" in village["11月"] and "已结清" in village["活动"]
    head, rows = sheet_at("town1.officer", f"/overview/rows?unit={town}&month=11&state=overdue")
    told = {(row[0], row[2], row[4], row[6]) for row in rows}
    assert ("石桥村党支部", "交纳党费", "2026-11", "超期") in told
    assert len({row[0] for row in rows}) > 2, "all pages"
    assert {row[6] for row in rows} == {"超期"}


def test_cases_behind_a_time_leave(sheet_at, play, session, world):
    case = play.on("2026-11-20").asked()
    play.move(case, "town1.officer", "refuse", opinion="当天没有特殊情况")
    session.commit()
    town = world.units["town1"].id
    address = f"/overview/stays?unit={town}&workflow=date_change&state=asked"
    head, rows = sheet_at("town1.officer", address)
    assert head[1] == "党组织" and [row[1] for row in rows] == ["石桥村党支部"]


def test_the_administrators_lists_leave_whole(sheet_at, reader, session, world, monkeypatch):
    """Page by page beneath, as the auditor's record is long."""
    monkeypatch.setattr("oversight.views.pages.admin.listed.OF_A_READ", 2)
    for name in ("zone.sysadmin", "zone.secadmin", "village.secretary"):
        reader(name).get("/desk")
    head, rows = sheet_at("zone.auditor", "/admin/sign-ins")
    assert head == ["时间", "姓名", "用户名", "结果", "地址", "设备"] and len(rows) >= 4
    assert isinstance(rows[0][0], datetime)
    assert sheet_at("zone.auditor", "/admin/sign-ins?show=wrong")[1] == []
    for n in range(5):
        audit_log.in_zone(
            session, world.zone.id, None, at("2026-11-23"), "settings", "set", f"=第{n}项",
            value=["旧", "2026-12-01"],
        )  # fmt: skip
    session.commit()
    head, rows = sheet_at("zone.auditor", "/admin/changes?area=settings")
    assert [row[3] for row in rows] == [f"'=第{n}项" for n in (4, 3, 2, 1, 0)]
    assert rows[0][1:3] == ["服务器终端", "修改设置"] and "由“旧”改为“2026" in rows[0][5]
    assert len(sheet_at("zone.auditor", "/admin/changes?area=people")[1]) == 0
    head, rows = sheet_at("zone.sysadmin", "/admin/units?q=石桥")
    assert [row[:3] for row in rows] == [["青溪镇党委", "石桥村党支部", "农村"]]
    assert len(sheet_at("zone.sysadmin", "/accounts")[1]) == len(
        [unit for unit in world.units.values() if unit.kind != "group"]
    )
    village = world.units["village"].id
    head, rows = sheet_at("zone.secadmin", f"/admin/units/{village}/posts")
    assert head == ["职务", "姓名", "起", "止"] and "书记" in {row[0] for row in rows}


def test_what_secretaries_report_on_leaves_a_branch_a_row(sheet_at, year, world):
    town = world.units["town1"].id
    head, rows = sheet_at("town1.officer", f"/units/{town}/reporting/2026")
    assert head[:4] == ["上级", "党支部", "书记", "每月主题党日"] and len(rows) == 5
    village = next(dict(zip(head, row, strict=True)) for row in rows if row[1] == "石桥村党支部")
    assert village["书记"] == world.people["village.secretary"].name
    assert "按期开展 1" in village["每月主题党日"] and village["书记讲党课"] == "没有记录"
    alone = sheet_at("village.secretary", f"/units/{year}/reporting/2026")[1]
    assert {row[0]: row[1] for row in alone} == dict(list(village.items())[3:])
