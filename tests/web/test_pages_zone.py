"""The zone's settings: who may change them, what follows, and what stays; and the table of rest
days.
"""

from __future__ import annotations

import io
from datetime import date

import pytest
import sqlalchemy as sa

from oversight import cli
from oversight.base.refusals import Forbidden, InvalidInput
from oversight.calendar.party_days import plan_year
from oversight.models import Activity, CalendarRow, Refusal, SettingChange
from oversight.register import zone_settings
from tests.support.world import at

pages = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def planned(session, world):
    """The village's and the organ's 2026 and 2027; 2027 is not published yet."""
    for number in (2026, 2027):
        plan_year(session, [world.units["village"], world.units["organ"]], number, at("2026-11-24"))
    session.commit()


def day(session, world, unit: str, year: int, month: int) -> date:
    return session.scalar(
        sa.select(Activity.day).where(
            Activity.unit_id == world.units[unit].id, Activity.year == year, Activity.month == month
        )
    )


def test_days_ahead_follow_a_changed_rule_and_decided_ones_stay(session, world, planned, play):
    """May 2027: the first full week's Friday is the 7th; January's first Friday is a holiday by
    law.
    """
    moved = play.approved("2026-12-11")
    past = day(session, world, "village", 2026, 11)
    count = zone_settings.change(
        session, world.zone.id, "week_rule", "full_week", play.who("zone.sysadmin"), play.at
    )
    session.commit()
    assert count > 0 and day(session, world, "village", 2026, 11) == past
    assert (
        day(session, world, "village", 2026, 12) == date(2026, 12, 11) and moved.state == "approved"
    )
    assert day(session, world, "village", 2027, 10) != date(2027, 10, 1)
    assert day(session, world, "organ", 2026, 12) == date(
        2026, 12, 11
    )  # the first whole week begins on the 7th
    [row] = zone_settings.history(session, world.zone.id)
    assert (row.name, row.before, row.after, row.moved) == (
        "week_rule",
        "first_friday",
        "full_week",
        count,
    )
    assert row.by_id == world.people["zone.sysadmin"].id


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("week_rule", "second_friday"),
        ("july_day", "06-19"),
        ("july_day", "07-32"),
        ("july_day", "七月一日"),
        ("no_such", "1"),
    ],
)
def test_a_value_that_cannot_be_is_refused(session, world, planned, play, name, value):
    with pytest.raises(InvalidInput):
        zone_settings.change(
            session, world.zone.id, name, value, play.who("zone.sysadmin"), play.at
        )
    assert zone_settings.history(session, world.zone.id) == []


@pytest.mark.parametrize(
    "who", ["zone.officer", "zone.secretary", "zone.secadmin", "zone.auditor", "town1.officer"]
)
def test_only_the_zones_system_administrator_changes(session, world, play, who):
    with pytest.raises(Forbidden):
        zone_settings.change(session, world.zone.id, "july_day", "07-02", play.who(who), play.at)


def test_what_was_changed_cannot_be_rewritten(session, world, play):
    zone_settings.change(session, world.zone.id, "july_day", "07-02", None, play.at)
    session.commit()
    for statement in (sa.update(SettingChange).values(after="07-03"), sa.delete(SettingChange)):
        with pytest.raises(sa.exc.DBAPIError):
            session.execute(statement)
        session.rollback()


@pages
def test_the_administrator_sets_and_the_page_says_who_did(reader, world, session, planned):
    admin = reader("zone.sysadmin")
    page = admin.submit(admin.get("/zone/settings"), "/zone/settings/july_day", value="07-02")
    assert "“七一”活动日（月-日）”已设定，2 个还没有到的党日随之改期" in page.main
    assert "zone.sysadmin “七一”活动日（月-日）" in page.main and "07-01 → 07-02" in page.main
    assert day(session, world, "village", 2027, 7) == date(2027, 7, 2)


@pages
def test_what_was_typed_stays_with_its_sentence(reader, session):
    admin = reader("zone.sysadmin")
    page = admin.submit(
        admin.get("/zone/settings"), "/zone/settings/july_day", status=422, value="8月1日"
    )
    assert "要写成 07-01 这样" in page.main and "8月1日" in [
        node.get("value") for node in page.tree.iter("input") if node.get("name") == "value"
    ]
    assert session.scalar(sa.select(Refusal.move)) == "set_july_day"


@pages
def test_others_look_or_see_nothing_and_an_attempt_is_kept(reader, session):
    page = reader("zone.officer").get("/zone/settings")
    assert "当月第一个周五" in page.main and not page.has_form("/zone/settings/")
    token = page.value("csrf_token")
    answer = reader("zone.officer").raw(
        "POST", "/zone/settings/july_day", data={"csrf_token": token, "value": "07-02"}
    )
    assert answer.status_code == 403
    reader("village.secretary").get("/zone/settings", 404)
    assert [row.status for row in session.scalars(sa.select(Refusal))] == [403]


@pages
def test_rest_days_are_shown_with_their_source(reader):
    page = reader("village.member1").get("/zone/rest-days/2026")
    assert "10月1日 星期四" in page.main and "国庆节" in page.main and "国务院" in page.main
    assert "还没有录入" in reader("village.member1").get("/zone/rest-days/2027").main


def test_settings_at_the_terminal(app, session, world, planned):
    runner = app.test_cli_runner()
    listed = runner.invoke(cli.main, ["settings", "list"], obj=app)
    assert "july_day\t07-01" in listed.output
    kinds = {line.split("\t")[0]: line.split("\t")[3] for line in listed.output.splitlines()}
    assert (kinds["july_day"], kinds["reply_series"]) == ("月-日", "文字")
    done = runner.invoke(cli.main, ["settings", "set", "july_day", "07-02"], obj=app)
    assert done.exit_code == 0 and "2 个还没有到的党日" in done.output
    wrong = runner.invoke(cli.main, ["settings", "set", "week_rule", "often"], obj=app)
    assert wrong.exit_code == 1 and "只能是" in wrong.output
    assert session.scalar(sa.select(sa.func.count()).select_from(SettingChange)) == 1


HEAD = "date,kind,name,source\n"


def bring(reader, lines: str) -> None:
    """Import rest days by page, pasted."""
    admin = reader("zone.sysadmin")
    admin.submit(admin.get("/admin/calendar"), "/calendar", text=HEAD + lines, sure="1")


def row_of(session, day: date) -> CalendarRow | None:
    session.expire_all()
    return session.scalar(sa.select(CalendarRow).where(CalendarRow.day == day))


@pages
def test_rest_days_saved_by_a_chinese_excel_are_read(reader, session):
    raw = f"{HEAD}2027-01-01,rest,元旦,国务院办公厅放假通知\n".encode("gbk")
    admin = reader("zone.sysadmin")
    page = admin.get("/admin/calendar")
    admin.submit(page, "/calendar", file=(io.BytesIO(raw), "放假.csv"), sure="1")
    row = row_of(session, date(2027, 1, 1))
    assert (row.name, row.source) == ("元旦", "国务院办公厅放假通知")


@pages
def test_rest_days_as_excel_writes_them_are_read(reader, session):
    bring(reader, "2027/1/1,rest,元旦,国务院办公厅放假通知\n")
    assert row_of(session, date(2027, 1, 1)).name == "元旦"


@pages
def test_one_day_does_not_publish_a_year(reader, world):
    bring(reader, "2027-03-05,rest,全区停电检修,区管委会通知\n")
    page = reader("village.secretary").get(f"/units/{world.units['village'].id}/year/2027")
    assert "预排" in page.main


@pages
@pytest.mark.parametrize(
    "lines, published",
    [
        ("2027-01-01,rest,元旦,国办通知\n", False),
        ("2027-03-05,rest,停电,区通知\n2027-03-08,rest,停电,区通知\n", False),
        (
            "".join(
                f"2027-{day},rest,{name},国办通知\n"
                for day, name in (
                    ("01-01", "元旦"),
                    ("02-05", "春节"),
                    ("04-05", "清明节"),
                    ("05-03", "劳动节"),
                    ("06-09", "端午节"),
                    ("09-15", "中秋节"),
                    ("10-01", "国庆节"),
                )
            ),
            True,
        ),
    ],
)
def test_a_year_is_published_once_all_its_holidays_are_there(reader, world, lines, published):
    bring(reader, lines)
    page = reader("village.secretary").get(f"/units/{world.units['village'].id}/year/2027")
    assert ("预排" in page.main) is not published


@pages
def test_the_keeper_is_told_what_a_notice_lacks(reader):
    admin = reader("zone.sysadmin")
    text = f"{HEAD}2027/1/1,休息,元旦,国办通知\n"
    shown = admin.submit(admin.get("/admin/calendar"), "/calendar", text=text)
    assert "2027 年还缺春节、清明节、劳动节、端午节、中秋节、国庆节" in shown.main


# Terms -------------------------------------------------------------------------------------------


def test_a_term_is_set_in_chinese_and_read_by_pages_and_refusals(reader, api, play):
    admin = reader("zone.sysadmin")
    page = admin.get("/zone/settings")
    assert "上级批复、答复请示的期限" in page.main and "可设 1 到 10" in page.main
    done = admin.submit(page, "/zone/settings/term_reply", value="2")
    assert "已经在走的期限不变" in done.text and "2 个工作日" in done.main
    law = reader("village.secretary").get("/law/date_change").main
    assert "2 个工作日内、且在原定日期之前答复" in law and "3 个工作日内、且" not in law
    told = api("village.secretary").get("/workflows/date_change")
    assert {one["due_workdays"] for one in told["states"] if one["name"] == "asked"} == {2}


def test_a_term_that_cannot_be_stands_as_it_was_typed(reader):
    admin = reader("zone.sysadmin")
    wrong = admin.submit(
        admin.get("/zone/settings"), "/zone/settings/term_reply", 422, value="三天"
    )
    assert "1 到 10 的整数" in wrong.main and 'value="三天"' in wrong.html


@pages
def test_who_comes_second_sees_who_was_first_and_keeps_what_was_typed(reader):
    admin = reader("zone.sysadmin")
    page = admin.get("/zone/settings")
    admin.submit(page, "/zone/settings/term_reply", value="2")
    lost = admin.submit(page, "/zone/settings/term_reply", 409, value="4")
    assert "您的改动没有生效" in lost.main and 'value="4"' in lost.html
    admin.submit(lost, "/zone/settings/term_reply", value="4")
