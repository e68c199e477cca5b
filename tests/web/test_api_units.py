"""Units, members, activities and party days: what the rule yields, what is in force, and how lists
page.
"""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from oversight.calendar.party_days import plan_year
from oversight.models import Activity, Membership, Person, PublishedYear, Unit
from tests.support.world import at


@pytest.fixture
def planned(session, world):
    """Plan 2026 for every branch."""
    branches = [unit for unit in world.units.values() if unit.kind == "branch"]
    plan_year(session, branches, 2026, at("2026-11-24"))
    session.commit()
    return world


def walk(client, path: str, limit: int, **query) -> list[dict]:
    """Return a whole list, read page by page."""
    rows, cursor = [], {}
    for _page in range(1000):
        answer = client.get(path, limit=limit, **query, **cursor)
        assert len(answer["items"]) <= limit
        rows += answer["items"]
        if answer["next"] is None:
            return rows
        cursor = {"cursor": answer["next"]}
    pytest.fail(f"{path} never comes to its last page")


def test_units_page_in_the_order_of_the_tree(api, world):
    officer = api("zone.officer")
    whole = officer.get("/units", limit=1000)["items"]
    assert walk(officer, "/units", 1) == walk(officer, "/units", 4) == whole
    assert [unit["kind"] for unit in whole] == [
        "zone",
        "town",
        "town",
        "department",
        *["branch"] * 7,
    ]
    village = next(unit for unit in whole if unit["name"] == "石桥村党支部")
    assert (village["category"], village["rule_set"], village["parent"]["name"]) == (
        "rural",
        "rural",
        "青溪镇党委",
    )
    assert officer.get(f"/units/{village['id']}") == village
    assert officer.get(f"/units/{whole[0]['id']}")["parent"] is None
    assert walk(api("town1.officer"), "/units", 2)[0]["name"] == "青溪镇党委", "own unit first"


def test_members_are_those_of_today_with_flags_for_those_who_lead(api, world, session):
    secretary, unit = api("village.secretary"), world.units["village"]
    world.people["village.member1"].elderly = world.people["village.member1"].mobile = True
    session.execute(
        sa.update(Membership)
        .where(Membership.person_id == world.people["village.member2"].id)
        .values(to_on=date(2026, 11, 23))
    )
    session.execute(
        sa.update(Person)
        .where(Person.id == world.people["village.member3"].id)
        .values(left_on=date(2026, 1, 1))
    )
    session.commit()
    rows = secretary.get(f"/units/{unit.id}/members")["items"]
    assert [row["name"] for row in rows] == [
        "village.secretary",
        "village.organizer",
        "village.member1",
    ]
    assert rows[2]["flags"] == ["mobile", "elderly"] and rows[0]["flags"] == []


def test_members_of_a_town_are_those_of_its_branches(api, world):
    officer, path = api("town1.officer"), f"/units/{world.units['town1'].id}/members"
    rows = officer.get(path, limit=1000)["items"]
    assert walk(officer, path, 7) == rows and len(rows) == 25
    assert {row["unit"]["name"] for row in rows} == {
        world.units[name].name for name in ("village", "community", "organ", "firm", "soe")
    }


def test_members_of_a_group(api, world, session):
    group = world.unit("group", "group", "village", title="第一党小组")
    session.execute(
        sa.update(Membership)
        .where(Membership.person_id == world.people["village.member1"].id)
        .values(group_id=group.id)
    )
    session.commit()
    rows = api("village.secretary").get(f"/units/{group.id}/members")["items"]
    assert [row["name"] for row in rows] == ["village.member1"]


def test_activities_of_a_branch_and_of_a_town(api, planned):
    officer, town = api("town1.officer"), planned.units["town1"]
    rows = officer.get(f"/units/{planned.units['village'].id}/activities", year=2026)["items"]
    assert [row["month"] for row in rows] == list(range(1, 13)) and rows[0]["on"] == "2026-01-09"
    assert (rows[0]["status"], rows[10]["status"], rows[11]["status"]) == (
        "missed",
        "unrecorded",
        "planned",
    )
    assert rows[11]["name"] == "12月主题党日" and rows[11]["rule_day"] == "2026-12-04"
    path = f"/units/{town.id}/activities"
    whole = officer.get(path, year=2026, limit=1000)["items"]
    assert walk(officer, path, 11, year=2026) == whole and len(whole) == 60
    assert officer.get(path, year=2027)["items"] == []


def test_party_days_of_a_fixed_branch(api, world, session):
    days = api("village.secretary").get(
        f"/units/{world.units['village'].id}/party-days", year=2026
    )["items"]
    assert [row["month"] for row in days] == list(range(1, 13))
    assert [row["on"] for row in days] == [
        "2026-01-09",
        "2026-02-06",
        "2026-03-06",
        "2026-04-03",
        "2026-05-08",
        "2026-06-05",
        "2026-07-01",
        "2026-08-07",
        "2026-09-04",
        "2026-10-09",
        "2026-11-06",
        "2026-12-04",
    ]
    january = days[0]
    assert (january["first_friday"], january["postponed_for"]) == ("2026-01-02", "元旦")
    assert [step["kind"] for step in january["steps"]] == ["start", "skip", "result"]
    assert january["steps"][0]["clause"] == "R-2.1.1a" and january["rule_day"] == january["on"]
    assert days[6]["steps"][-1]["clause"] == "R-2.1.2", "七一"
    assert session.query(Activity).count() == 0, "nobody has planned the year, and reading does not"


def test_a_year_not_yet_published_is_provisional_and_never_empty(api, world, session):
    path, village = f"/units/{world.units['village'].id}/party-days", api("village.secretary")
    days = village.get(path, year=2027)["items"]
    assert all(row["on"] for row in days) and {row["status"] for row in days} == {"provisional"}
    assert days[0]["on"] == "2027-01-08" and days[0]["postponed_for"] == "元旦"
    assert days[0]["steps"][-1]["kind"] == "note"
    session.add(
        PublishedYear(zone_id=world.zone.id, year=2027, source="通知", at=at("2026-11-24").now)
    )
    session.commit()
    assert {row["status"] for row in village.get(path, year=2027)["items"]} == {"planned"}
    for year in (2000, 2019, 2100):
        assert all(row["on"] for row in village.get(path, year=year)["items"])


def test_a_day_consented_to_is_moved_though_its_year_is_provisional(api, world):
    village, officer, unit = api("village.secretary"), api("town1.officer"), world.units["village"]
    case = village.move(
        village.open(unit, day="2027-03-05"), "ask", new_day="2027-03-09", reason="春耕"
    )
    officer.move(case, "approve", opinion="同意")
    march = village.get(f"/units/{unit.id}/party-days", year=2027)["items"][2]
    assert (march["status"], march["on"], march["rule_day"]) == (
        "moved",
        "2027-03-09",
        "2027-03-05",
    )
    assert village.get(f"/units/{unit.id}/activities", year=2027)["items"][0]["status"] == "moved"


def test_party_days_of_a_branch_that_chooses(api, world, session):
    firm = world.units["firm"]
    session.add(
        Activity(zone_id=firm.zone_id, unit_id=firm.id, year=2026, month=12, day=date(2026, 12, 16))
    )
    session.commit()
    days = api("firm.secretary").get(f"/units/{firm.id}/party-days", year=2026)["items"]
    assert days[0]["on"] is None and days[0]["rule_day"] is None and days[0]["first_friday"] is None
    assert (
        days[0]["status"] == "missed"
        and days[10]["status"] == "unplanned"
        and days[0]["steps"] == []
    )
    assert days[6]["on"] == days[6]["rule_day"] == "2026-07-01", "七一 is for all"
    assert (days[11]["on"], days[11]["status"], days[11]["rule_day"]) == (
        "2026-12-16",
        "planned",
        None,
    )


def test_months_before_the_branch_was_accountable_are_not_held_against_it(api, world, session):
    session.execute(
        sa.update(Unit)
        .where(Unit.id == world.units["village"].id)
        .values(accountable_from=date(2026, 6, 15))
    )
    session.commit()
    days = api("village.secretary").get(
        f"/units/{world.units['village'].id}/party-days", year=2026
    )["items"]
    assert [row["owed"] for row in days] == [False] * 5 + [True] * 7
    assert (
        days[4]["status"] == "not_owed"
        and days[4]["on"] == "2026-05-08"
        and days[5]["status"] == "missed"
    )


def test_only_branches_have_party_days(api, world):
    problem = api("town1.officer").get(f"/units/{world.units['town1'].id}/party-days", status=404)
    assert "党支部" in problem["detail"]


def test_me(api, world):
    me = api("town1.officer").get("/me")
    assert (me["id"], me["name"]) == (world.people["town1.officer"].id, "town1.officer")
    assert me["title"] == "青溪镇党委党建办经办人" and me["branch"] is None
    assert me["posts"] == [
        {
            "office": "officer",
            "label": "党建办经办人",
            "from_on": "2020-01-01",
            "unit": {"id": world.units["town1"].id, "name": "青溪镇党委"},
        }
    ]
    secretary = api("village.secretary").get("/me")
    assert secretary["branch"] == secretary["units"][0] and len(secretary["units"]) == 1
