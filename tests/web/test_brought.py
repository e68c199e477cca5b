"""What an office kept of past months comes in from its workbook: looked at first, errors by cell in a sentence,
nothing half done, nothing that stands overwritten.
"""

from __future__ import annotations

import io

import openpyxl
import pytest
import sqlalchemy as sa

from oversight.models import Activity, Attendance, DutyRecord, Unit
from tests.db.test_attendance import cases, record, sheet
from tests.support.world import at

NAMES = ["village.secretary", "village.organizer", *(f"village.member{n}" for n in (1, 2, 3))]
ROLL = {"village.member1": "请假（外出）", "village.member2": "缺席", "village.member3": "送学上门"}


def book(roll=None, on=("2026-10-09",), days=(), dues=None, months=("2026-10",)) -> bytes:
    """Return a workbook: the roll by name (others came), activities, dues by name (others paid)."""
    made = openpyxl.Workbook()
    made.remove(made.active)
    if roll is not None:
        one = made.create_sheet("考勤")
        one.append(["姓名", *on])
        for name in dict.fromkeys((*NAMES, *roll)):
            one.append([name, *[roll.get(name, "到会")] * len(on)])
    if days:
        one = made.create_sheet("活动")
        one.append(["活动日期", "主题", "地点", "主持人"])
        for row in days:
            one.append(row)
    if dues is not None:
        one = made.create_sheet("党费")
        one.append(["姓名", *months])
        for name in NAMES:
            one.append([name, *[dues.get(name, "已交")] * len(months)])
    if not made.sheetnames:
        made.create_sheet("别的").append(["姓名"])
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


@pytest.fixture
def bring(reader, world):
    """Send a workbook and return the page that comes back."""

    def send(data: bytes, status: int = 200, who: str = "village.secretary"):
        somebody = reader(who)
        address = f"/units/{world.units['village'].id}/past"
        page = somebody.get(address)
        words = {"csrf_token": page.value("csrf_token"), "file": (io.BytesIO(data), "以前.xlsx")}
        answer = somebody.raw("POST", address, data=words, content_type="multipart/form-data")
        return somebody._page(answer, address, status)

    return send


def held(session):
    return session.scalars(
        sa.select(Activity).where(Activity.held_on.is_not(None)).order_by(Activity.month)
    ).all()


def confirm(reader, page, status=200):
    return reader("village.secretary").submit(page, "/past/apply", status)


def test_what_would_come_is_shown_first_and_then_brought_in(reader, bring, session):
    page = bring(book(ROLL, days=[["2026-10-09", "秋季植树", "村后山", None]]))
    assert "到会 2，其他方式 1，请假 1，缺席 1" in page.main and "秋季植树" in page.main
    assert "补录，2 人转入联系登记" in page.main
    assert held(session) == [] and cases(session) == [], "looking changes nothing"
    assert "已导入 1 个月的登记" in confirm(reader, page).main
    [row] = held(session)
    assert (row.held_on.isoformat(), row.theme, row.place) == ("2026-10-09", "秋季植树", "村后山")
    assert row.entered_on == at("2026-11-24").today, "a late entry says so for good"
    assert len(cases(session)) == 2
    again = bring(book(ROLL), 422)
    assert "10月已经登记过" in again.main


def test_before_the_start_it_is_a_copy_of_the_handbook(reader, bring, session, world):
    session.get(Unit, world.units["village"].id).accountable_from = at("2026-11-01").today
    session.commit()
    page = bring(book(ROLL))
    assert "转录（来源：手册），不再联系补课" in page.main
    confirm(reader, page)
    assert held(session)[0].source == "handbook" and cases(session) == []


def test_dues_say_who_has_not_paid_and_no_amount(reader, bring, session, world):
    page = bring(book(ROLL, dues={"village.member2": "未交"}))
    assert "未交 1 人，其余已交" in page.main
    confirm(reader, page)
    [row] = session.scalars(sa.select(DutyRecord)).all()
    assert (row.key, row.facts) == (
        "DUES.MONTHLY",
        {"except": [world.people["village.member2"].id]},
    )
    wrong = bring(book(dues={"village.member1": "12.5"}), 422)
    assert "“党费”B4：只写“已交”或“未交”，不登记金额。" in wrong.main


def test_dues_of_a_month_that_stands_leave_its_sheet_as_it_is(reader, bring, session, world):
    raw = sheet(world) | {"duties": {"STUDY.SPEECHES": {"note": "讲话"}}}
    record(session, world, raw, on="2026-11-09")
    page = bring(book(dues={}, months=("2026-11",)))
    assert "不动" in page.main and "都已交" in page.main
    confirm(reader, page)
    assert set(session.scalars(sa.select(DutyRecord.key))) == {"STUDY.SPEECHES", "DUES.MONTHLY"}
    assert "已经登记过" in bring(book(dues={}, months=("2026-11",)), 422).main


@pytest.mark.parametrize(
    "data, said",
    [
        (book({"village.member1": "来过"}), "“考勤”B4：看不懂“来过”"),
        (book({"village.member1": ""}), "“考勤”B4：空着看不出到没到"),
        (book({"village.member1": "请假"}), "“考勤”B4：请假要写事由"),
        (book({"张三": "到会"}), "“考勤”B7：“张三”不在这一天应到的名单里"),
        (book({}, on=("去年冬天",)), "“考勤”B1：看不出是哪一天"),
        (book({}, on=("2027-01-08",)), "还没有到"),
        (book({}, on=("2026-10-09", "2026-10-16")), "“考勤”C1：10月已经写了另一天"),
        (book({"village.member1": "送学上门"}), "其他方式只用于流动"),
        (book(dict.fromkeys(NAMES, "缺席")), "没有一个人到会"),
        (book(dues={}), "“党费”B1：10月还没有登记活动"),
        (book(days=[["2026-10-09", "题" * 61, "", ""]], roll={}), "最多 60 个字"),
        (book(days=[["2026-10-09", "", "", "张三"]], roll={}), "“活动”D2：“张三”不在"),
        (book(), "没有找到名为"),
        (b"no workbook", "没有找到名为"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_by_its_cell_and_nothing_comes_in(bring, session, data, said):
    page = bring(data, 422)
    assert said in page.main and "没有导入" in page.main
    assert held(session) == [] and session.scalars(sa.select(Attendance)).all() == []


def test_one_wrong_month_keeps_the_good_one_out(bring, session):
    page = bring(book(ROLL | {"village.member1": "来过"}, on=("2026-09-04", "2026-10-09")), 422)
    assert "B4" in page.main and "C4" in page.main and held(session) == []


def test_what_changed_meanwhile_is_refused_whole(reader, bring, session, world):
    page = bring(book(ROLL, on=("2026-09-04", "2026-10-09")))
    record(session, world, sheet(world, held_on="2026-10-09"), on="2026-10-12", month=10)
    done = confirm(reader, page, 422)
    assert "没有导入" in done.main
    assert [row.month for row in held(session)] == [10]


def test_what_was_looked_at_cannot_be_another_s_or_made_up(reader, bring, world):
    page = bring(book(ROLL))

    somebody = reader("village.secretary")
    made = somebody.submit(page, "/past/apply", 422, sealed="made up")
    assert "请重新上传" in made.main


def test_a_sheet_with_the_members_names_to_fill_in(reader, world):
    address = f"/units/{world.units['village'].id}/past/template.xlsx"
    answer = reader("village.secretary").raw("GET", address)
    found = openpyxl.load_workbook(io.BytesIO(answer.data))
    assert found.sheetnames == ["活动", "考勤", "党费"]
    assert [row[0].value for row in found["考勤"].iter_rows()] == ["姓名", *NAMES]


def test_only_who_keeps_the_records_brings_any(reader, world):
    address = f"/units/{world.units['village'].id}/past"
    reader("village.member1").get(address, 403)
    reader("community.secretary").get(address, 404)
    reader("town1.officer").get(f"/units/{world.units['town1'].id}/past", 404)
