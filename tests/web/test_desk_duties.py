"""Duties that are no case yet stand on the desk of those who lead the branch, first when late."""

from __future__ import annotations

from datetime import date

import pytest

from oversight.calendar.party_days import plan_year
from oversight.ledger import to_do
from oversight.models import Activity, LifeMeeting, ZoneSettingRow
from tests.support.world import at

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def planned(world, session):
    """Village and firm answer from November on, and their year is planned."""
    for name in ("village", "firm"):
        unit = world.units[name]
        unit.accountable_from = date(2026, 11, 1)
        plan_year(session, [unit], 2026, at("2026-11-20"))
    session.commit()
    return world


def rows(page) -> list[str]:
    """Return the rows of the desk's list as text, in order."""
    return [
        "".join(node.itertext())
        for node in page.tree.findall(".//li[@class]")
        if node.get("class").startswith("q-item")
    ]


def owed(session, world, name: str, day: str) -> list[tuple]:
    found = to_do.of(session, world.actor(name, date.fromisoformat(day)), at(day))
    return [(one.kind, one.due_on.isoformat()) for one in found]


def test_a_party_day_without_a_record_is_a_row_that_leads_to_its_sheet(reader, planned):
    page = reader("village.secretary").get("/desk")
    assert "都办完了" not in page.main and "11月6日党日" in page.main
    assert page.links("登记考勤")[0].endswith("/attendance")
    assert "都办完了" in reader("town1.officer").get("/desk").main


def test_beside_the_list_the_first_duty_says_what_to_do_where_no_case_waits(reader, planned):
    page = reader("village.secretary").get("/desk")
    beside = page.main.split("下一步：请您登记考勤")[1]
    assert "石桥村党支部" in beside and "11月6日党日" in beside
    assert len(page.links("去登记考勤")) == 1
    assert page.links("去登记考勤") == page.links("登记考勤")[:1]
    empty = reader("village.secretary").get("/desk?box=waiting").main
    assert "选中左边的一件" not in empty and "下一步" not in empty


def test_it_stands_first_when_late_though_cases_wait(reader, planned, play):
    play.open("village.secretary")
    page = reader("village.secretary").get("/desk")
    assert "超期 7 个工作日" in page.main  # 5 working days after the 6th: the 13th; today the 24th
    first, *others = rows(page)
    assert "登记考勤" in first and any("变更时间请示" in row for row in others)


def test_only_those_who_lead_the_branch_owe_it(planned, session):
    today = "2026-11-24"
    assert ("attendance", "2026-11-13") in owed(session, planned, "village.secretary", today)
    assert owed(session, planned, "village.member1", today) == []
    assert owed(session, planned, "town1.officer", today) == []


def test_a_branch_that_chooses_its_day_owes_the_choice_of_the_month(planned, session):
    assert ("own_day", "2026-11-30") in owed(session, planned, "firm.secretary", "2026-11-24")
    assert ("own_day", "2026-11-30") not in owed(
        session, planned, "village.secretary", "2026-11-24"
    )


def test_what_is_held_beside_the_party_day_is_called_by_its_own_name(planned, session):
    """G-2.1.3: where the zone has 七一 held apart, its record is owed beside July's."""
    village, first = planned.units["village"], date(2026, 7, 1)
    village.accountable_from = date(2026, 6, 1)
    zone = planned.zone.id
    moment = at("2026-01-01").now
    session.merge(ZoneSettingRow(zone_id=zone, name="july_mode", value="separate", at=moment))
    days = {"year": 2026, "month": 7, "day": first, "rule_day": first}
    session.add(Activity(zone_id=zone, unit_id=village.id, kind="july", **days))
    session.commit()
    who = planned.actor("village.secretary", date(2026, 7, 2))
    assert "7月1日“七一”活动" in [
        str(one.about) for one in to_do.of(session, who, at("2026-07-02"))
    ]


def test_the_meeting_of_the_fourth_quarter_is_owed_until_it_is_held(planned, session):
    """G-3.1.6d binds villages in the fourth quarter; the half-years are 一般."""
    assert ("meeting", "2026-12-31") in owed(session, planned, "village.secretary", "2026-11-24")
    village = planned.units["village"]
    session.add(
        LifeMeeting(
            zone_id=planned.zone.id,
            unit_id=village.id,
            held_on=date(2026, 11, 20),
            noted_by=planned.people["village.secretary"].id,
            noted_at=at("2026-11-20").now,
        )
    )
    session.commit()
    assert not [
        one
        for one in owed(session, planned, "village.secretary", "2026-11-24")
        if one[0] == "meeting"
    ]


def test_filters_take_duties_along(reader, planned):
    secretary = reader("village.secretary")
    assert "11月6日党日" in secretary.get("/desk?due=overdue").main
    assert "11月6日党日" not in secretary.get("/desk?due=week").main
    assert "11月6日党日" not in secretary.get("/desk?box=waiting").main
