"""No list ends without a word: it goes on, says that it was cut, or is looked through by name."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from oversight.models import Case, FollowUp, Membership, Unit
from oversight.register import audit_log, pending
from tests.db.test_venue_walk import lending
from tests.support.copies import copy_case
from tests.support.world import at

# What pages list does not depend on the database; search is tried on both.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def many_branches(session, world, n: int = 60, parent: str = "town1") -> list[Unit]:
    for number in range(n):
        world.unit(f"more{number}", "branch", parent, "rural", title=f"新村{number}号党支部")
    session.commit()
    return [world.units[f"more{number}"] for number in range(n)]


def chosen(page, name: str) -> list[str]:
    """Return what a list offers to choose, without the line that asks to."""
    return [value for value in page.options(name) if value]


def test_few_units_are_a_plain_list(reader, session, world):
    lending(session, world)
    session.commit()
    page = reader("village.secretary").get("/new/venue")
    assert "按单位名称查找" not in page.main and len(chosen(page, "owner")) < 50


def test_many_units_are_looked_for_and_what_was_written_stays(reader, session, world):
    lending(session, world)
    wanted = many_branches(session, world)[57]
    secretary = reader("village.secretary")
    page = secretary.get("/new/venue")
    [owner] = [name for name, _value in page.fields("/new/venue") if name.startswith("owner")]
    assert len(chosen(page, owner)) == 50 and "上面只列出 50 个" in page.main
    words = {"place": "二楼会议室", "day": "2026-12-04", "purpose": "集体学习"}
    page = secretary.submit(page, "/new/venue", then="find", find="57号", **words)
    assert chosen(page, owner) == [wanted.id]
    shown = dict(page.fields("/new/venue"))
    assert {name: shown[name] for name in words} == words
    page = secretary.submit(page, "/new/venue", then="", **{owner: wanted.id})
    assert session.scalar(sa.select(Case.workflow).order_by(Case.id.desc())) == "venue"


@pytest.mark.parametrize(
    ("path", "action", "field"),
    [
        ("/admin/people/{person}", "/transfer", "unit"),
        ("/admin/units/{village}/merge", "/merge", "into"),
        ("/admin/acting", "/admin/acting", "seat"),
    ],
)
def test_administration_looks_for_units_too(reader, session, world, path, action, field):
    wanted = many_branches(session, world)[57]
    person, village = world.people["village.member1"].id, world.units["village"].id
    officer = reader("town1.secretary")
    page = officer.get(path.format(person=person, village=village))
    assert "只列出 50 个" in page.main
    page = officer.submit(page, action, then="find", find="57号")
    assert any(value.startswith(wanted.id) for value in chosen(page, field))
    assert "找到 1 个" in page.main


def test_what_comes_says_that_there_is_more(reader, session, world):
    unit = world.units["village"]
    for number in range(pending.MOST + 5):
        person = world.person(f"village.new{number}")
        session.add(
            Membership(zone_id=world.zone.id, person_id=person.id, unit_id=unit.id,
                       from_on=date(2027, 3, 1))
        )  # fmt: skip
    session.commit()
    page = reader("zone.sysadmin").get("/admin/")
    assert "只列出最早生效的 100 项" in page.main


def test_a_record_of_changes_says_that_it_was_cut(reader, session, world):
    who, unit = world.actor("zone.sysadmin", date(2026, 11, 24)), world.units["village"]
    for _time in range(21):
        audit_log.note(session, who, at("2026-11-24"), "units", "rename", unit, unit.name, unit.id)
    session.commit()
    page = reader("zone.sysadmin").get(f"/admin/units/{unit.id}")
    assert "只列出最近的 20 条" in page.main


def test_cases_to_follow_up_say_that_there_are_more(reader, session, world, play):
    case = play.asked()
    copy_case(session, case, 30)
    session.flush()
    officer = world.people["town1.officer"].id
    for case_id in session.scalars(sa.select(Case.id)).all():
        session.add(
            FollowUp(
                zone_id=world.zone.id, case_id=case_id, person_id=officer, day=date(2026, 1, 4)
            )
        )
    session.commit()
    page = reader("town1.officer").get("/desk")
    assert "到了跟进日期的很多，这里只列出 25 件" in page.main


def test_namesakes_are_told_apart_by_the_api(api, session, world):
    for name, number in (("village.member1", "12"), ("village.member2", "13")):
        world.people[name].name, world.people[name].number = "王芳", number
    session.commit()
    unit = world.units["village"].id
    items = api("village.secretary").get(f"/units/{unit}/members")["items"]
    called = [one["called"] for one in items if one["name"] == "王芳"]
    assert called == ["王芳（编号 12）", "王芳（编号 13）"]
    assert all(one["called"] == one["name"] for one in items if one["name"] != "王芳")
