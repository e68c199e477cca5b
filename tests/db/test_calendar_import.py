"""Importing a holiday notice: all or nothing, every bad row named, open days follow, settled ones
stay.
"""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from oversight.base.db import db
from oversight.base.refusals import InvalidInput
from oversight.calendar import holidays, zone
from oversight.calendar.party_days import activity_for, status
from oversight.calendar.zone import zone_calendar
from oversight.engine import transitions
from oversight.ledger import own_days
from oversight.models import Activity, CalendarRow, Notice, Person, PublishedYear
from oversight.register import rest_days
from oversight.time import sweep
from tests.support.statements import told
from tests.support.world import at

NOTICE = """date,kind,name,source
2027-02-05,rest,春节,国办发明电〔2026〕9号
2027-02-12,rest,春节,国办发明电〔2026〕9号
2027-02-20,work,春节,国办发明电〔2026〕9号
2027-01-01,rest,元旦,国办发明电〔2026〕9号
2027-04-05,rest,清明节,国办发明电〔2026〕9号
2027-05-03,rest,劳动节,国办发明电〔2026〕9号
2027-06-09,rest,端午节,国办发明电〔2026〕9号
2027-09-15,rest,中秋节,国办发明电〔2026〕9号
2027-10-04,rest,国庆节,国办发明电〔2026〕9号
"""


def load(session, world, text: str, day: str):
    notice = holidays.read_csv(text.encode())
    return rest_days.load(session, world.zone.id, notice, None, at(day))


def february(session, world, unit: str) -> Activity:
    return activity_for(session, world.units[unit], 2027, 2)


@pytest.fixture
def planned(session, world):
    """A year that was planned before its notice was out."""
    assert zone_calendar(session, world.zone.id).provisional(2027)
    made, moved = holidays.schedule(session, world.zone.id, 2027, at("2026-11-24"))
    assert (made, moved) == (7 * 12, 0)
    session.commit()
    return world


def test_notice_moves_open_days_and_counts_them(session, planned):
    assert february(session, planned, "village").day == date(2027, 2, 12)
    done = load(session, planned, NOTICE, "2026-12-01")
    assert (done.days, done.years, done.lacking) == (9, (2027,), {})
    assert february(session, planned, "village").day == date(2027, 2, 19)
    assert done.moved == 4, "village, community, organ, village2: the others choose their day"
    assert february(session, planned, "firm").day is None
    assert not zone_calendar(session, planned.zone.id).provisional(2027)


def test_each_branch_whose_day_moved_is_told_once(session, planned):
    load(session, planned, NOTICE, "2026-12-01")
    load(session, planned, NOTICE, "2026-12-02")
    session.commit()
    sweep.sweep(session, at("2026-12-02"))
    told = session.execute(
        sa.select(Person.name, Notice.text)
        .join(Person, Person.id == Notice.person_id)
        .where(Notice.text.startswith("主题党日日期有调整"))
    ).all()
    branches = ("village", "community", "organ", "village2")
    leaders = {f"{unit}.{office}" for unit in branches for office in ("secretary", "organizer")}
    assert sorted(name for name, _text in told) == sorted(leaders)
    assert {text for _name, text in told} == {"主题党日日期有调整：2月12日改到2月19日。"}


def test_import_twice_changes_nothing(session, planned):
    load(session, planned, NOTICE, "2026-12-01")
    assert load(session, planned, NOTICE, "2026-12-02").moved == 0


def test_holidays_of_the_law_hold_where_the_file_leaves_them_out(session, planned):
    load(session, planned, NOTICE, "2026-12-01")
    row = session.get(CalendarRow, (planned.zone.id, date(2027, 10, 1)))
    assert (row.kind, row.statutory, row.name) == ("rest", True, "国庆节")
    january = activity_for(session, planned.units["village"], 2027, 1)
    assert january.day == date(2027, 1, 8), "1 January is a holiday"
    assert (
        session.get(CalendarRow, (planned.zone.id, date(2027, 2, 5))).source
        == "国办发明电〔2026〕9号"
    )


def test_moved_and_held_and_past_days_stay(session, planned):
    march = {
        name: activity_for(session, planned.units[name], 2027, 3)
        for name in ("village", "community", "organ", "village2")
    }
    assert {row.day for row in march.values()} == {date(2027, 3, 5)}
    case = transitions.submit_opening(
        session,
        "date_change",
        planned.units["village"].id,
        {"day": "2027-03-05"},
        planned.actor("village.secretary", date(2027, 2, 22)),
        at("2027-02-22"),
        then=("ask", {"new_day": "2027-03-10", "reason": "清淤集中施工，到会不足半数"}),
    )
    transitions.submit(
        session,
        case.id,
        "approve",
        planned.actor("town1.officer", date(2027, 2, 23)),
        {"opinion": "同意"},
        version=case.version,
        at=at("2027-02-23"),
    )
    own_days.record_held(
        session,
        march["organ"],
        date(2027, 3, 2),
        planned.actor("organ.secretary", date(2027, 3, 2)),
        at("2027-03-02"),
    )
    before = february(session, planned, "community").day
    done = load(session, planned, NOTICE + "2027-03-05,rest,假日,国办通知\n", "2027-03-03")
    assert march["village"].day == date(2027, 3, 10), "moved by consent"
    assert march["village"].rule_day == date(2027, 3, 12), "but what the rule yields is kept up"
    assert march["organ"].day == date(2027, 3, 5) and march["organ"].held_on == date(2027, 3, 2), (
        "held"
    )
    assert march["community"].day == march["village2"].day == date(2027, 3, 12)
    assert february(session, planned, "community").day == before, "past"
    assert done.moved == 2


def test_status_is_provisional_until_published(session, planned):
    row, today = february(session, planned, "village"), date(2026, 12, 1)
    assert (
        status(row, today, zone_calendar(session, planned.zone.id).provisional(2027))
        == "provisional"
    )
    load(session, planned, NOTICE, "2026-12-01")
    assert (
        status(row, today, zone_calendar(session, planned.zone.id).provisional(2027)) == "planned"
    )


def test_working_days_alone_publish_no_year(session, world):
    done = load(
        session, world, "date,kind,name,source\n2027-02-20,work,春节,国办通知\n", "2026-12-01"
    )
    assert done.years == ()
    assert session.get(PublishedYear, (world.zone.id, 2027)) is None


def test_a_year_nobody_planned_is_not_planned_by_an_import(session, world):
    assert load(session, world, NOTICE, "2026-12-01").moved == 0
    assert session.scalar(sa.select(sa.func.count()).select_from(Activity)) == 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_year_is_planned_by_one_statement_and_the_rule_asked_once_a_rule_set(
    session, world, monkeypatch
):
    asked, derive = [], zone._derive
    monkeypatch.setattr(zone, "_derive", lambda *given: asked.append(given) or derive(*given))
    for number in range(40):
        world.unit(f"new{number}", "branch", "town2", "rural")
    session.commit()
    with told(db.engine) as seen:
        made, moved = holidays.schedule(session, world.zone.id, 2026, at("2026-01-05"))
    rules = {unit.rule_set for unit in world.units.values() if unit.kind == "branch"}
    assert (made, moved) == (47 * 12, 0)
    assert len(asked) <= 12 * len(rules)
    reads = [text for text in seen if not text.startswith("INSERT")]
    assert len(reads) <= 16


def test_byte_order_mark_and_windows_lines_are_read():
    days = holidays.read_csv(b"\xef\xbb\xbf" + NOTICE.replace("\n", "\r\n").encode())
    assert [(day.on.isoformat(), day.kind) for day in days[:3]] == [
        ("2027-02-05", "rest"),
        ("2027-02-12", "rest"),
        ("2027-02-20", "work"),
    ]
    assert [day.statutory for day in days[:3]] == [True, False, False]


def test_every_bad_row_is_named_with_line_and_value():
    bad = (
        NOTICE
        + "2027年2月,rest,春节,国办\n2027-02-30,rest,春节,国办\n2027-02-05,work,春节,国办\n\n"
        "2027-03-01,free,春节,国办\n2027-03-02,rest,,国办\n2027-03-03,rest,春节\n1999-01-01,rest,元旦,国办\n"
    )
    with pytest.raises(InvalidInput) as wrong:
        holidays.read_csv(bad.encode())
    assert list(wrong.value.fields.values()) == [
        "第 11 行：日期要写成 2027/2/5 这样，这里是“2027年2月”",
        "第 12 行：日期要写成 2027/2/5 这样，这里是“2027-02-30”",
        "第 13 行：日期重复：2027-02-05",
        "第 15 行：类别应是“休息”或“上班”，这里是“free”",
        "第 16 行：名称应有 1 到 40 字，这里是“”",
        "第 17 行：应有 4 列，这里有 3 列",
        "第 18 行：日期要写成 2027/2/5 这样，这里是“1999-01-01”",
    ]


@pytest.mark.parametrize(
    "raw, sentence",
    [
        (b"", "第一行应是：日期,类别,名称,来源。"),
        (b"day,kind\n", "第一行应是：日期,类别,名称,来源。"),
        (b"date,kind,name,source\n", "文件里没有日期。"),
        (b"\x89PNG\r\n\x1a\n\0", "这个文件不是 CSV。请在 Excel 里另存为 CSV 后再导入。"),
        (
            'date,kind,name,source\n2027-02-05,rest,"春节,通知\n'.encode(),
            "文件不是完整的 CSV，请检查引号后再导入。",
        ),
    ],
)
def test_a_file_that_is_none_is_refused_in_a_sentence(raw, sentence):
    with pytest.raises(InvalidInput) as wrong:
        holidays.read_csv(raw)
    assert wrong.value.sentence == sentence


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "gbk"])
@pytest.mark.parametrize(
    "day", ["2027/2/5", "2027-02-05", "2027年2月5日", "2027.2.5", "2027/2/5 0:00"]
)
def test_a_file_is_read_as_excel_saves_it(encoding, day):
    text = f"日期\t类别\t名称\t来源\n{day}\t休息\t春节\t国办通知\n"
    for one in (text, text.replace("\t", ",")):
        days = holidays.read_csv(one.encode(encoding))
        assert [(row.on, row.kind, row.name, row.statutory) for row in days] == [
            (date(2027, 2, 5), "rest", "春节", True)
        ]


def test_a_day_of_the_zone_s_own_publishes_nothing_and_a_notice_in_parts_does(session, world):
    own = "date,kind,name,source\n2027-03-05,rest,停电检修,区通知\n"
    done = load(session, world, own, "2026-12-01")
    assert done.years == () and "春节" in done.lacking[2027]
    assert zone_calendar(session, world.zone.id).provisional(2027)
    half = "".join(NOTICE.splitlines(keepends=True)[:5])
    assert load(session, world, half, "2026-12-01").lacking[2027] == [
        "清明节",
        "劳动节",
        "端午节",
        "中秋节",
        "国庆节",
    ]
    assert load(session, world, NOTICE, "2026-12-02").years == (2027,)
    assert load(session, world, own.replace("05", "08"), "2026-12-03").lacking == {}
    assert session.get(PublishedYear, (world.zone.id, 2027)).source == "国办发明电〔2026〕9号"
