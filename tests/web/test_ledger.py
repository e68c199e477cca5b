"""The ledger and the monthly sheet as pages and over the API."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from oversight.calendar.party_days import activity_for
from oversight.models import DutyRecord
from oversight.register import reorganize
from tests.db.test_attendance import sheet
from tests.db.test_registers import note
from tests.support.world import at

TODAY = "2026-11-24"


@pytest.fixture
def november(session, world):
    """Return the address of the sheet of the village's party day of November, not yet recorded."""
    found = activity_for(session, world.units["village"], 2026, 11)
    session.commit()
    return f"/activities/{found.id}"


def test_a_branch_sees_what_it_owes_and_what_is_settled(reader, world, november):
    page = reader("village.secretary").get("/ledger")
    assert "11月应办" in page.main and "我应办" in page.main and "别人应给我" in page.main
    assert "交纳党费" in page.main and "11月主题党日" in page.main
    assert "通报村（居）务" in page.main


def save(reader, address: str, status: int = 200, **words):
    """Fill in the sheet as the branch's secretary and send it."""
    somebody = reader("village.secretary")
    return somebody.submit(somebody.get(f"{address}/attendance"), "/attendance", status, **words)


def test_one_sheet_settles_the_month(reader, session, november):
    """Attendance and duties in one submission; nothing is ticked before."""
    page = reader("village.secretary").get(f"{november}/attendance")
    assert "均已开展" in page.main and page.value("all_done") is None
    words = {"note-STUDY.SPEECHES": "在基层调研时的讲话"}
    save(reader, november, all_done="1", **{"not": ["PLAN.CONSULT"]}, **words)
    done = {row.key: row for row in session.scalars(sa.select(DutyRecord))}
    assert "DUES.MONTHLY" in done and "DISCLOSE.VILLAGE" in done and "PLAN.CONSULT" not in done
    assert done["STUDY.SPEECHES"].facts == {"note": "在基层调研时的讲话"}


def test_what_is_not_confirmed_stays_open(reader, session, november):
    save(reader, november)
    assert session.scalars(sa.select(DutyRecord)).all() == []


def test_a_lecture_says_who_gave_it(reader, session, november):
    words = {"did": ["LECTURE.QUARTERLY"], "lecturer": "LECTURE.SECRETARY"}
    save(reader, november, **words)
    keys = set(session.scalars(sa.select(DutyRecord.key)))
    assert keys == {"LECTURE.QUARTERLY", "LECTURE.SECRETARY"}


def test_a_sheet_that_was_saved_shows_what_it_says(reader, world, session, november):
    """Dues but for one; he pays later, and no reason is asked."""
    late = world.people["village.member1"].id
    save(reader, november, all_done="1", **{"without-DUES.MONTHLY": [late]})
    assert "还差 1 人" in reader("village.secretary").get("/ledger").main
    save(reader, november, **{"without-DUES.MONTHLY": []})
    assert "还差 1 人" not in reader("village.secretary").get("/ledger").main
    refused = save(reader, november, 422, **{"not": ["DISCLOSE.ITEMS"]})
    assert "写明原因" in refused.main


def test_the_api_lists_what_is_open(api, world, session, november):
    items = api("village.secretary").get("/obligations")["items"]
    keys = {item["key"] for item in items}
    assert {"DUES.MONTHLY", "ATT.RECORD", "DISCLOSE.VILLAGE"} <= keys
    one = next(
        item for item in items if item["key"] == "DUES.MONTHLY" and item["period"] == "2026-11"
    )
    assert one["owed_by"]["name"] == "石桥村党支部" and one["owed_to"]["name"] == "青溪镇党委"
    assert (
        one["clause"] == "R-3.1.1a" and one["state"] == "overdue" and one["due_on"] == "2026-11-13"
    )


def test_the_api_settles_with_the_sheet_and_tells_the_past(api, world, session, november):
    raw = sheet(world) | {"duties": {"DUES.MONTHLY": {}}}
    api("village.secretary").post(f"{november}/attendance", raw)
    box = api("village.secretary").get("/obligations", box="settled")["items"]
    assert ("DUES.MONTHLY", "2026-11") in {(one["key"], one["period"]) for one in box}
    before = api("village.secretary").get("/obligations", as_of="2026-11-20")["items"]
    assert ("DUES.MONTHLY", "2026-11") in {(one["key"], one["period"]) for one in before}


def test_a_past_day_counts_from_that_day(reader, november):
    """Four days after the party day its record is not late: five working days are left for it, and
    how late a thing was is counted to the day that is shown. Source: G-2.1.2b, setting of the term.
    """
    past = reader("village.secretary").get("/ledger?on=2026-11-10")
    row = next(one for one in past.tree.iter("li") if "11月主题党日" in "".join(one.itertext()))
    said = " ".join("".join(row.itertext()).split())
    assert "周五" in said and "超期" not in said
    now = reader("village.secretary").get("/ledger")
    row = next(one for one in now.tree.iter("li") if "11月主题党日" in "".join(one.itertext()))
    assert "超期 7 个工作日" in " ".join("".join(row.itertext()).split())
    later = reader("village.secretary").get("/ledger?on=2026-11-16")
    row = next(one for one in later.tree.iter("li") if "11月主题党日" in "".join(one.itertext()))
    assert "超期 1 个工作日" in " ".join("".join(row.itertext()).split())


def test_above_the_branches_all_of_them_are_listed(api, world):
    items = api("town1.officer").get("/obligations", box="units", limit=1000)["items"]
    units = {item["owed_by"]["name"] for item in items}
    assert {"石桥村党支部", "恒达公司党支部"} <= units and "柏树村党支部" not in units
    own = api("town1.officer").get("/obligations")["items"]
    assert "PLAN.SUPERIOR_SCHEME" in {item["key"] for item in own}


def test_a_member_without_office_and_a_stranger_see_no_ledger(api, world):
    api("village.member1").get("/obligations", status=403)
    api("village.secretary").get("/obligations", unit=world.units["community"].id, status=404)
    api("village.secretary").get("/obligations", as_of="2027-01-01", status=422)


def test_the_year_sheet_is_entered_and_taken_back(reader, world, session):
    address = f"/units/{world.units['village'].id}/year-sheet/2026"
    somebody = reader("village.secretary")
    page = somebody.get(address)
    assert "制定年度活动计划" in page.main
    words = {"key": "PLAN.YEAR", "on": "2026-01-20", "note": "支部大会通过"}
    somebody.submit(page, address, **words)
    again = somebody.submit(somebody.get(address), address, 422, **words)
    assert "已经登记过" in again.main
    assert 'value="2026-01-20"' in again.html and 'value="支部大会通过"' in again.html
    row = session.scalars(sa.select(DutyRecord)).one()
    before = somebody.get(address)
    somebody.submit(before, address, record=row.id, reason="日期写错")
    late = somebody.submit(before, address, 409, record=row.id, reason="我也来撤回")
    assert "您写的：我也来撤回" in late.main
    assert "已撤回：日期写错" in somebody.get(address).main
    seen = reader("town1.officer").get(address)
    assert "支部大会通过" in seen.main and not seen.has_form(address)


@pytest.mark.parametrize("nothing", ["", " \u3000 ", "。", "……"])
def test_a_line_of_the_year_that_asks_what_is_no_bare_tick(reader, api, world, session, nothing):
    somebody, unit = reader("village.secretary"), world.units["village"]
    address = f"/units/{unit.id}/year-sheet/2026"
    sheet = somebody.get(address)
    page = somebody.submit(sheet, address, 422, key="PLAN.YEAR", on="2026-03-02", note=nothing)
    assert "“制定年度活动计划”请填写“写一句内容”。" in page.main
    assert 'value="2026-03-02"' in page.html
    sent = {"key": "PLAN.YEAR", "on": "2026-03-02", "note": nothing}
    answer = api("village.secretary").post(f"/units/{unit.id}/duties", sent, status=422)
    assert set(answer["fields"]) == {"note"}
    assert session.scalars(sa.select(DutyRecord)).all() == []
    somebody.submit(sheet, address, key="FAMILY", on="2026-03-02", note=nothing)
    assert session.scalars(sa.select(DutyRecord.key)).all() == ["FAMILY"], "nothing is asked there"


def test_what_was_not_done_is_explained_and_shown_as_such(reader, session, world):
    """What was typed stays on a refusal; afterwards both sides see the sentence, and nothing is settled."""
    unit = world.units["village"].id
    secretary = reader("village.secretary")
    assert f"/units/{unit}/year-sheet/2026#y-why" in secretary.get("/ledger").links("说明情况")
    address, what = f"/units/{unit}/year-sheet/2026", "2026-Q1:LECTURE.QUARTERLY"
    page = secretary.get(f"{address}?form=why")
    again = secretary.submit(page, address, 422, what=what, why="长" * 201)
    assert "长" * 201 in again.html and f'<option value="{what}" selected>' in again.html
    page = secretary.submit(again, address, what=what, why="一季度换届，没有安排；二季度已补两次。")
    assert "每季度党课" in page.main and "一季度换届" in page.main
    assert "LECTURE.QUARTERLY" not in page.html.split("2026-Q1:")[-1][:20]
    ledger = secretary.get("/ledger").main
    assert "已说明情况：一季度换届，没有安排；二季度已补两次。" in ledger
    assert re.search(r"\d+ 项超期\s*其中已说明情况 1 项", ledger)
    overview = reader("town1.officer").get("/overview").main
    assert "其中已说明情况 1" in overview
    address = f"/overview/rows?unit={unit}&state=explained"
    assert "一季度换届" in reader("town1.officer").get(address).main
    [row] = session.scalars(sa.select(DutyRecord))
    assert (row.key, row.month) == ("why:LECTURE.QUARTERLY", 3)


def test_a_member_is_offered_no_explanation(reader, world):
    unit = world.units["village"].id
    assert "y-why" not in reader("town1.officer").get(f"/units/{unit}/year-sheet/2026").html


def test_the_zone_begins_its_themes_and_bulletins_here(reader, world):
    """A theme only while its month is not over."""
    zone = world.units["zone"].id
    doors = reader("zone.officer").get("/ledger").links("去办理")
    assert f"/new/bulletin?unit={zone}&month=2026-10" in doors
    assert f"/new/theme?unit={zone}&month=2026-12" in doors
    assert f"/new/theme?unit={zone}&month=2026-10" not in doors
    begun = reader("zone.officer").get(f"/new/bulletin?unit={zone}&month=2026-10")
    assert begun.value("month") == "2026-10"
    assert not [
        one
        for one in reader("zone.inspector").get(f"/units/{zone}/ledger").links()
        if "/new/theme" in one
    ]


def test_who_comes_second_to_a_register_is_told_so_with_what_he_wrote(reader, world, session):
    raised = note(session, world, "raised", what="路灯不亮")
    session.commit()
    address = f"/units/{world.units['village'].id}/registers"
    secretary = reader("village.secretary")
    before = secretary.get(f"{address}?form={raised.id}")
    words = {"entry": raised.id, "on": "2026-11-23", "note": "已修好"}
    secretary.submit(before, address, **words)
    late = secretary.submit(before, address, 409, **words | {"note": "我也修了"})
    assert "已经登记办结" in late.main and "您写的：我也修了" in late.main


def test_what_lies_with_others_is_looked_at_and_not_done_here(reader, play):
    """What a superior is to answer is done at his desk; the branch looks at it."""
    case = play.asked()
    page = reader("village.secretary").get("/ledger")
    assert f"/cases/{case.id}" in page.links("查看")
    assert f"/cases/{case.id}" not in page.links("去办理")


def test_what_a_branch_owes_is_looked_at_from_above_and_not_done_there(reader, november):
    """Only the branch keeps its sheets; who inspects it is offered nothing that he may not do."""
    own = reader("village.secretary").get("/ledger")
    assert f"{november}/attendance" in own.links("登记")
    for name in ("town1.officer", "town1.inspector", "zone.officer"):
        above = reader(name).get(own.path)
        assert f"{november}/attendance" in above.links("查看")
        assert not {*above.links("登记")} & {*own.links("登记")} - {*own.links("小登记")}


def test_a_superior_reads_to_which_branch_a_lecture_is_owed(reader, api, world, session):
    """G-3.1.5b: 到所在党支部讲1次党课."""
    world.people["organ.member1"].leading = True
    session.commit()
    page = reader("town1.officer").get("/ledger")
    assert "班子成员到所在支部讲党课" in page.main and world.units["organ"].name in page.main
    items = api("town1.officer").get("/obligations")["items"]
    owed = [one["owed_to"]["name"] for one in items if one["key"] == "LECTURE.LEADERS"]
    assert owed == [world.units["organ"].name]


def test_a_sheet_counts_what_it_says_itself_was_read(reader, november):
    """R-3.1.3b: 总纲 and eleven chapters; the ledger has it settled, and so says the sheet."""
    words = {"did": ["CHARTER.FULL_YEARLY"], "note-CHARTER.FULL_YEARLY": "读到第十章"}
    save(reader, november, **words)
    page = reader("village.secretary").get(f"{november}/attendance")
    assert "还没有读到：第十一章" in page.main
    save(reader, november, why="还读了第十一章", **{"note-CHARTER.FULL_YEARLY": "读到第十一章"})
    assert "全年已读完一遍" in reader("village.secretary").get(f"{november}/attendance").main


def test_a_merged_branch_s_ledger_names_its_heir_who_has_what_was_left(
    reader, session, world, november
):
    """House rule 承继; of the day before it says what was owed then."""
    note(session, world, "raised", what="水渠堵了")
    day, units = at(TODAY), [world.units["village"]]
    who = world.actor("town1.officer", day.today)
    reorganize.merge(session, units, world.units["community"], day.today, who, day)
    session.commit()
    town, address = reader("town1.officer"), f"/units/{units[0].id}/ledger"
    page = town.get(address)
    assert "已于2026年11月24日并入桃源社区党支部" in page.main
    assert "没有到期要办的" in page.main and "没有等着别人办的" in page.main
    assert "没有到期要办的" not in town.get(f"{address}?on=2026-11-23").main
    heir = f"/units/{world.units['community'].id}"
    assert "石桥村党支部" in reader("community.secretary").get(f"{heir}/ledger").main
    book = reader("community.secretary").get(f"{heir}/registers").main
    assert "水渠堵了" in book and "原石桥村党支部" in book


def test_a_superior_says_on_its_year_sheet_why_it_gave_no_lecture(reader, world, session):
    """House rule: by the same door as a branch; it is taken back there, and not by the branch."""
    organ, town = world.units["organ"], world.units["town1"]
    world.people["organ.member1"].leading = True
    session.commit()
    officer, address = reader("town1.officer"), f"/units/{town.id}/year-sheet/2025"
    page, what = officer.get(f"{address}?form=why"), f"2025:LECTURE.LEADERS:{organ.id}"
    assert f'<option value="{what}">' in page.html
    page = officer.submit(page, f"{address}", what=what, why="换届期间没有安排，今年补讲。")
    assert f"班子成员到所在支部讲党课 {organ.name}：" in page.main and what not in page.html
    own = reader("organ.secretary").get(f"/units/{organ.id}/year-sheet/2025")
    assert "换届期间没有安排" not in own.main
    [row] = session.scalars(sa.select(DutyRecord))
    back = officer.submit(
        officer.get(f"{address}?form={row.id}"), address, record=row.id, reason="写错了"
    )
    assert "已撤回：写错了" in back.main
