"""启用日期, 转录, 代录 and 试运行: what a branch owes from when on, and how a record came in. Issue part 6, 9."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from oversight.calendar.party_days import activity_for, plan_year
from oversight.ledger import table
from oversight.models import Activity, Case, LifeMeeting, Notice, OutboxMessage
from oversight.register import zone_settings
from oversight.time import sweep
from tests.support.world import at

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
TODAY = at("2026-11-24")
COPIED, BEFORE = "转录（来源：手册）", "启用前，以纸质手册为准"


@pytest.fixture
def village(session, world):
    """The village, which has used the program since 1 October, and its planned year."""
    unit = world.units["village"]
    unit.accountable_from = date(2026, 10, 1)
    plan_year(session, [unit], 2026, TODAY)
    session.commit()
    return unit


def year_of(unit) -> str:
    return f"/units/{unit.id}/year/2026"


def row_of(session, unit, month: int) -> Activity:
    session.expire_all()
    return activity_for(session, unit, 2026, month)


# 启用日期 ------------------------------------------------------------------------------------------


def test_what_was_before_reads_as_such_and_is_no_debt(reader, session, village):
    page = reader("village.secretary").get(year_of(village))
    assert page.main.count(BEFORE) >= 9
    row = table.read(session, [village], 2026, TODAY.today)[0]
    assert [str(cell.words[0][1]) for cell in row.months[:9]] == ["启用前"] * 9
    assert not any(cell.key for cell in row.months[:9])


def test_the_administrator_sets_the_day_and_it_is_kept(reader, session, world, village):
    admin, path = reader("zone.sysadmin"), f"/admin/units/{village.id}"
    done = admin.submit(admin.get(path), "/begin", begins="2026-07-01")
    assert "启用日期已定为2026年7月1日" in done.text
    assert "由“2026年10月1日”改为“2026年7月1日”" in done.main
    session.expire_all()
    assert village.accountable_from == date(2026, 7, 1)


@pytest.mark.parametrize("day", ["2014-12-31", "2028-01-01", "", "昨天"])
def test_a_day_that_cannot_be_is_refused_and_stands(reader, session, village, day):
    admin, path = reader("zone.sysadmin"), f"/admin/units/{village.id}"
    wrong = admin.submit(admin.get(path), "/begin", 422, begins=day)
    assert wrong.value("begins") == day


def test_what_was_entered_here_is_not_put_before_the_beginning(
    reader, session, world, village, api
):
    row = row_of(session, village, 11)
    people = [one.id for name, one in world.people.items() if name.startswith("village.")]
    sheet = {"present": people, "held_on": "2026-11-06"}
    api("village.secretary").post(f"/activities/{row.id}/attendance", sheet)
    admin, path = reader("zone.sysadmin"), f"/admin/units/{village.id}"
    wrong = admin.submit(admin.get(path), "/begin", 422, begins="2026-11-20")
    assert "已经在系统里登记" in wrong.main


def test_nothing_earlier_is_warned_of(session, world, village):
    firm = world.units["firm"]
    firm.accountable_from = date(2026, 12, 1)
    session.commit()
    sweep.sweep(session, at("2026-11-28"))
    said = session.scalars(sa.select(OutboxMessage.key)).all()
    assert not [key for key in said if key.startswith(f"unheld:{firm.id}:2026-11")]


def test_a_year_and_a_day_of_before_say_so_and_ask_for_nothing(reader, village):
    branch, unit = reader("village.secretary"), f"/units/{village.id}"
    sheet = branch.get(f"{unit}/year-sheet/2025")
    assert "这一年在启用以前，以纸质手册为准，不用登记。" in sheet.main
    assert 'name="note"' not in sheet.html
    assert 'name="note"' in branch.get(f"{unit}/year-sheet/2026").html
    assert BEFORE in branch.get(f"{unit}/ledger?on=2026-09-30").main
    assert BEFORE not in branch.get(f"{unit}/ledger?on=2026-10-01").main
    zone = reader("zone.secretary")
    assert BEFORE in zone.get("/overview?on=2019-12-31").main
    assert BEFORE not in zone.get("/overview?on=2020-01-02").main


# 转录 ----------------------------------------------------------------------------------------------


def test_paper_facts_are_copied_by_the_branch_and_marked_for_good(reader, session, world, village):
    branch = reader("village.secretary")
    sheet = branch.submit(branch.get(year_of(village)), "/2026/5/attendance")
    assert COPIED in sheet.main
    person = world.people["village.member1"].id
    words = {"held_on": "2026-05-08", "out": person, f"kind-{person}": "absent"}
    saved = branch.submit(sheet, "/attendance", **words)
    row = row_of(session, village, 5)
    assert (row.source, row.held_on) == ("handbook", date(2026, 5, 8))
    page = branch.get(year_of(village))
    assert COPIED in page.main and "补录" not in page.main and saved.main
    assert session.scalars(sa.select(Case.workflow)).all() == [], "no 知悉, and nobody to contact"
    assert COPIED in branch.get(f"/activities/{row.id}/attendance").main


def test_a_day_alone_is_copied_too(reader, session, village):
    branch = reader("village.secretary")
    done = branch.submit(branch.get(year_of(village)), "/2026/4/held", on="2026-04-10")
    assert COPIED in done.main
    row = row_of(session, village, 4)
    assert (row.source, row.held_on) == ("handbook", date(2026, 4, 10))


def test_a_meeting_of_before_is_copied(reader, session, village):
    branch = reader("village.secretary")
    done = branch.submit(branch.get(year_of(village)), "/life-meetings", on="2026-06-12")
    assert COPIED in done.main
    assert session.scalar(sa.select(LifeMeeting.source)) == "handbook"


# 代录 ----------------------------------------------------------------------------------------------


def let(reader, unit, who: str):
    admin, path = reader("zone.sysadmin"), f"/admin/units/{unit.id}"
    return admin.submit(admin.get(path), "/recorder", recorder=who)


def test_nobody_enters_for_a_branch_that_enters_itself(reader, session, village):
    row = row_of(session, village, 11)
    assert (
        not reader("town1.officer").get(f"/activities/{row.id}/attendance").has_form("/attendance")
    )


@pytest.mark.parametrize("who", ["town1.officer", "village.member2"])
def test_who_enters_for_a_branch_is_named_and_the_branch_is_told(
    reader, api, session, world, village, who
):
    named = "superior" if who.startswith("town1") else world.people[who].id
    assert "代录" in let(reader, village, named).main
    row, other = row_of(session, village, 11), reader(who)
    sheet = other.get(f"/activities/{row.id}/attendance")
    assert "代录：支部会收到提醒" in sheet.main
    other.submit(sheet, "/attendance", held_on="2026-11-06")
    row = row_of(session, village, 11)
    assert row.entered_for == world.people[who].id and row.source is None
    seen = api("village.secretary").get(f"/activities/{row.id}/attendance")
    assert (seen["entered_for"]["name"], seen["copied"]) == (who, False)
    branch = reader("village.secretary")
    assert f"{who}代录" in branch.get(f"/activities/{row.id}/attendance").main
    sweep.sweep(session, TODAY)
    told = session.scalars(sa.select(Notice.text)).all()
    assert any("代录了你支部11月主题党日，请核对" in text for text in told)


def test_the_branch_corrects_what_was_entered_for_it(reader, session, world, village):
    let(reader, village, "superior")
    row, other = row_of(session, village, 11), reader("town1.officer")
    path = f"/activities/{row.id}/attendance"
    other.submit(other.get(path), "/attendance", held_on="2026-11-06")
    branch, person = reader("village.secretary"), world.people["village.member1"].id
    words = {"why": "王某当天没有来", "out": person, f"kind-{person}": "absent"}
    branch.submit(branch.get(path), "/attendance", **words)
    row = row_of(session, village, 11)
    assert row.entered_for == world.people["town1.officer"].id, "the mark stays"


def test_others_of_the_superior_do_not_enter(reader, session, world, village):
    let(reader, village, "superior")
    row = row_of(session, village, 11)
    for who in ("town2.officer", "village.member1"):
        answer = reader(who).raw("GET", f"/activities/{row.id}/attendance")
        assert answer.status_code in (403, 404)


# 试运行 --------------------------------------------------------------------------------------------


def test_a_time_of_trial_is_no_breach(reader, session, world, village):
    branch = reader("village.secretary")
    page = branch.get(year_of(village))
    assert "未开展（试运行）" in page.main, "October was missed on trial"
    assert "试运行到2026年11月30日" in page.main
    row = table.read(session, [village], 2026, TODAY.today)[0]
    assert ("info", "试运行") in [(kind, str(word)) for kind, word in row.months[9].words]
    assert not any(kind == "late" for kind, _word in row.months[9].words)


def test_without_a_trial_it_is_one(session, world, village):
    zone_settings.change(session, world.zone.id, "term_trial", "0", None, at("2026-01-02"))
    session.commit()
    row = table.read(session, [village], 2026, TODAY.today)[0]
    assert row.months[9].words == (("late", "未开展"),)


def test_every_page_says_that_secrets_stay_out(reader, village):
    assert "涉密信息不得录入" in reader("village.secretary").get("/").html
