"""The further cases of docs/further-cases.md that live on pages alone."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from oversight.calendar.party_days import activity_for
from oversight.models import Case, Notice, Person
from oversight.time import sweep
from tests.db.test_attendance import record, sheet

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
CALLED = {"reached": True, "told": True, "way": "phone"}
VISIT = {"method": "desk_review", "inspected_on": "2026-11-24"}


@pytest.mark.parametrize(
    "unit, month, day, clause", [("community", 10, 16, "R-2.1.1b"), ("firm", 7, 3, "P-2.1.2")]
)
def test_a02_a06_another_day_is_said_with_the_clause(
    reader, session, world, unit, month, day, clause
):
    on = f"2026-{month:02}-{day:02}"
    record(session, world, sheet(world, unit, held_on=on), f"{unit}.secretary", on, unit, month)
    page = reader("town1.officer").get(f"/units/{world.units[unit].id}/year/2026")
    assert f"{month}月未按期" in page.main
    assert any(link.endswith(f"#{clause}") for link in page.links("二（一）"))


@pytest.mark.parametrize("unit, files", [("firm", False), ("soe", True)])
def test_a05_only_state_firms_read_of_filing(reader, session, world, unit, files):
    record(session, world, sheet(world, unit, held_on="2026-11-06"), f"{unit}.secretary", unit=unit)
    page = reader(f"{unit}.secretary").get(f"/units/{world.units[unit].id}/year/2026")
    assert ("备案" in page.main) == files
    assert "11月9日 " + ("报上级备案" if files else "登记") in page.main


def test_a15_a_ground_of_the_general_document_says_so(reader, session, world, play):
    raw = sheet(world, "soe", held_on="2026-11-06", absent=("member1",))
    record(session, world, raw, "soe.secretary", unit="soe")
    [case] = session.scalars(sa.select(Case).where(Case.workflow == "absence"))
    case = play.say(case, "soe.secretary", "record_contact", CALLED)
    page = reader("soe.secretary").get(f"/cases/{case.id}").main
    assert "《国有企业党支部主题党日活动指导书》四、4" in page
    assert "《党支部主题党日活动指导书》四、4" not in page
    visit = play.open("town1.inspector", "organ", workflow="inspection", **VISIT)
    page = reader("town1.inspector").get(f"/cases/{visit.id}").main
    assert "三（二）4（依总指导书）" in page, (
        "organs: 交心谈心 stands in the general document alone"
    )


@pytest.mark.parametrize("value", ["½", "1e3", "十二", "٣", "-1"])
def test_b20_a_number_is_read_or_refused(reader, session, world, value):
    row = activity_for(session, world.units["village"], 2026, 11)
    session.commit()
    branch, path = reader("village.secretary"), f"/activities/{row.id}/attendance"
    words = {"invited-masses": value, "host_why": "书记外出学习"}
    wrong = branch.submit(branch.get(path), "/attendance", 422, **words)
    assert "请填人数" in wrong.main
    assert (wrong.value("invited-masses"), wrong.value("host_why")) == (value, "书记外出学习")


@pytest.mark.parametrize(
    "typed, kept",
    [
        ("王𮯰明", "王𮯰明"),
        ("王\u200b明", "王明"),
        ("阿依古丽・买买提", "阿依古丽·买买提"),
        ("阿依古丽‧买买提", "阿依古丽·买买提"),
        ("阿依古丽．买买提", "阿依古丽·买买提"),
        ("李⼀", "李一"),
        ("张一○", "张一〇"),
    ],
)
def test_b20_a_name_is_kept_as_it_is_meant(reader, session, world, typed, kept):
    admin, path = reader("zone.sysadmin"), f"/admin/units/{world.units['village'].id}/people"
    admin.submit(admin.get(path), "/people", name=typed, on="2026-11-24")
    assert session.query(Person).filter_by(name=kept).count() == 1


def test_a19_the_list_of_a_state_firm_offers_both_grounds(reader, session, world, play):
    visits = {
        unit: play.open("town1.inspector", unit, workflow="inspection", **VISIT)
        for unit in ("soe", "village")
    }
    inspector = reader("town1.inspector")
    assert "走过场" not in inspector.get(f"/cases/{visits['village'].id}").main
    page = inspector.get(f"/cases/{visits['soe'].id}")
    words = {
        "seen-S-2.3b": "hollow",
        "fact-S-2.3b": "支委会只签名没有研究",
        "demand-S-2.3b": "重开",
    }
    done = inspector.submit(page, "/moves/order", **words)
    assert "已转整改" in done.main
    [case] = session.scalars(sa.select(Case).where(Case.workflow == "rectification"))
    assert case.facts["findings"][0]["ground"] == "hollow"
    assert "走过场" in inspector.get(f"/cases/{case.id}").main


def test_b05_what_was_corrected_is_said_to_branch_and_superior(reader, session, world):
    record(session, world, sheet(world, absent=("member1",)), on="2026-11-06")
    record(session, world, sheet(world, why="在分会场，漏登"))
    for who in ("village.secretary", "town1.officer"):
        page = reader(who).get(f"/units/{world.units['village'].id}/year/2026").main
        assert "有更正，更正前：缺席" in page and "在分会场，漏登" in page
    [case] = session.scalars(sa.select(Case).where(Case.workflow == "record_note"))
    page = reader("town1.officer").get(f"/cases/{case.id}").main
    assert "更正前为缺席" in page and "写进批复" not in page


def test_b08_what_was_typed_stands_there_when_nobody_came(reader, session, world):
    row = activity_for(session, world.units["village"], 2026, 11)
    session.commit()
    branch, path = reader("village.secretary"), f"/activities/{row.id}/attendance"
    everybody = [one.id for name, one in world.people.items() if name.startswith("village.")]
    words = {f"kind-{person}": "absent" for person in everybody}
    words["out"] = everybody
    wrong = branch.submit(branch.get(path), "/attendance", 422, **words, host_why="书记生病")
    assert "没有一个人到会" in wrong.main and wrong.value("host_why") == "书记生病"


def test_b12_reading_the_answer_is_having_read_it(reader, session, world, play):
    case = play.move(play.asked(), "town1.officer", "refuse")
    sweep.sweep(session, play.at)
    branch = reader("village.secretary")
    bell = branch.get("/notices")
    assert "请示没有获得同意" in bell.main and "未读" in bell.main
    [notice] = session.scalars(
        sa.select(Notice).where(
            Notice.case_id == case.id, Notice.person_id == world.people["village.secretary"].id
        )
    )
    shown = branch.submit(bell, "/notices", notice=notice.id, next=f"/cases/{case.id}")
    assert "已办结：不同意" in shown.main
    assert "未读" not in branch.get("/notices").main
