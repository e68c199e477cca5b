"""The further cases of docs/further-cases.md that live on pages alone."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from oversight.calendar.party_days import activity_for
from oversight.models import Case, Person
from tests.db.test_attendance import record, sheet

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
CALLED = {"reached": True, "told": True, "way": "phone"}
VISIT = {"method": "desk_review", "inspected_on": "2026-11-24"}


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
