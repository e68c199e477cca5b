"""二（三）2 and 二（四）1: before the day members and people are asked, the committee meets (where there is none the
secretary and the members), own items are chosen; the plan settles these, or the sheet does.
"""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from oversight.calendar.party_days import activity_for
from oversight.engine import journal
from oversight.ledger import arrange, plans
from oversight.ledger.attendance import Sheet
from oversight.models import DutyRecord
from tests.db.test_attendance import record, sheet
from tests.db.test_obligations import owed
from tests.support.world import at

PLANNED = {"PLAN.COMMITTEE_MEETING", "PLAN.CONSULT", "PLAN.OWN_ITEMS"}


@pytest.fixture
def december(session, world):
    """Return the address of the village's party day of December, which is to come."""
    found = activity_for(session, world.units["village"], 2026, 12)
    session.commit()
    return f"/activities/{found.id}"


def save(reader, address, status=200, who="village.secretary", **words):
    somebody = reader(who)
    return somebody.submit(somebody.get(f"{address}/plan"), "/plan", status, **words)


def full(world, **changed):
    came = [world.people[f"village.{one}"].id for one in ("secretary", "organizer")]
    words = {"met_on": "2026-11-20", "came": came, "consulted": "走访六户", "own": "清沟渠"}
    return words | changed


def standing(session, month=12):
    wanted = sa.select(DutyRecord).where(
        DutyRecord.withdrawn_at.is_(None), DutyRecord.month == month
    )
    return {row.key: row for row in session.scalars(wanted)}


def test_a_plan_settles_what_is_asked_before_the_day(reader, world, session, december):
    save(reader, december, place="村委会二楼", begins="09:00", **full(world))
    rows = standing(session)
    assert set(rows) == PLANNED
    assert rows["PLAN.COMMITTEE_MEETING"].facts["met_on"] == "2026-11-20"
    assert len(rows["PLAN.COMMITTEE_MEETING"].facts["came"]) == 2
    found = owed(session, world, on="2026-12-01")
    assert {found[key, "2026-12"].state for key in PLANNED} == {"settled"}
    assert found["DUES.MONTHLY", "2026-12"].state == "open"
    page = reader("village.secretary").get(f"{december}/plan")
    assert page.value("met_on") == "2026-11-20" and page.value("own") == "清沟渠"


def test_where_there_is_no_committee_the_members_settle_it(reader, world, session, december):
    """The village has five full members."""
    page = reader("village.secretary").get(f"{december}/plan")
    assert "没有支委会：支部书记和党员哪天商定的" in page.main
    member = world.people["village.member1"].id
    save(reader, december, **full(world, came=[member]))
    assert standing(session)["PLAN.COMMITTEE_MEETING"].facts["came"] == [member]


def test_where_there_is_one_only_its_members_are_named(reader, world, session, december):
    for number in (4, 5):
        world.person(f"village.member{number}", "village")
    session.commit()
    page = reader("village.secretary").get(f"{december}/plan")
    assert "支委会哪天开的" in page.main
    refused = save(reader, december, 422, **full(world, came=[world.people["village.member1"].id]))
    assert "应是本支部的支委" in refused.main and refused.value("own") == "清沟渠"


def test_a_plan_may_be_made_anew_and_taken_back(reader, world, session, december):
    save(reader, december, **full(world))
    save(reader, december, **full(world, own="植树", met_on="", came=[]))
    assert set(standing(session)) == {"PLAN.CONSULT", "PLAN.OWN_ITEMS"}
    assert standing(session)["PLAN.OWN_ITEMS"].facts == {"note": "植树"}
    assert journal.verify_lines(journal.export_lines(session)) == []


def wait(session, world, words, who="village.secretary", on="2026-11-24"):
    row = activity_for(session, world.units["village"], 2026, 12)
    actor, moment = world.actor(who, at(on).today), at(on)
    arrange.submit(session, row.id, Sheet({}), actor, moment, plans.read(words))
    return row


def test_the_sheet_asks_no_more_what_was_planned(reader, world, session):
    """Nothing is asked twice, and what the plan says is not confirmed with the rest by mistake."""
    words = {
        "met_on": "2026-10-29",
        "came": [world.people["village.secretary"].id],
        "own": "清沟渠",
    }
    row = activity_for(session, world.units["village"], 2026, 11)
    moment = at("2026-11-02")
    who = world.actor("village.secretary", moment.today)
    arrange.submit(session, row.id, Sheet({}), who, moment, plans.read(words))
    address = f"/activities/{row.id}/attendance"
    somebody = reader("village.secretary")
    page = somebody.get(address)
    assert page.main.count("活动前已登记") == 2 and page.value("all_done") is None
    somebody.submit(page, address)
    assert set(standing(session, 11)) == {"PLAN.COMMITTEE_MEETING", "PLAN.OWN_ITEMS"}
    assert somebody.get(address).value("all_done") is None, "saved without it, it stays unsaid"
    somebody.submit(somebody.get(address), address, all_done="1")
    rows = standing(session, 11)
    assert "PLAN.CONSULT" in rows and rows["PLAN.COMMITTEE_MEETING"].facts["met_on"] == "2026-10-29"


def test_notice_and_sign_in_sheet_stand_on_one_page(reader, world, session, play, december):
    case = play.on("2026-11-20").open(
        "zone.officer",
        "zone",
        workflow="theme",
        month="2026-12",
        theme="冬季走访",
        actions="入户走访",
    )
    case = play.move(case, "zone.officer", "propose")
    play.move(case, "zone.committee1", "sign")
    assert "规定动作：入户走访" in reader("village.secretary").get(f"{december}/plan").main
    save(reader, december, place="村委会二楼", **full(world))
    page = reader("village.secretary").get(f"{december}/plan/print")
    for said in (
        "2026年12月4日",
        "村委会二楼",
        "冬季走访",
        "入户走访",
        "清沟渠",
        "签到表",
        "village.member1",
    ):
        assert said in page.main, said


@pytest.mark.parametrize(
    "changed, said",
    [
        ({"met_on": "2026-11-25"}, "会还没有开"),
        ({"met_on": "2026-09-01"}, "太远"),
        ({"met_on": "上周"}, "2026-01-09"),
        ({"came": []}, "哪些人参加"),
        ({"came": ["x"]}, "应是本支部的支委"),
        ({"own": "长" * 201}, "最多写 200 字"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    reader, world, session, december, changed, said
):
    refused = save(reader, december, 422, **full(world, **changed))
    assert said in refused.main and refused.value("consulted") == "走访六户"
    assert standing(session) == {}


def test_a_meeting_after_the_day_was_none_before_it(session, world):
    record(session, world, sheet(world, held_on="2026-11-06"), on="2026-11-09")
    page = activity_for(session, world.units["village"], 2026, 10)
    words = plans.Plan("2026-11-10", (world.people["village.secretary"].id,))
    moment = at("2026-11-24")
    who = world.actor("village.secretary", moment.today)
    with pytest.raises(plans.RuleViolation, match="以前召开"):
        arrange.submit(session, page.id, Sheet({}), who, moment, words)


def test_others_make_no_plan_and_none_is_made_after_the_day(reader, world, session, december):
    reader("village.member1").get(f"{december}/plan", 403)
    reader("town1.officer").get(f"{december}/plan", 403)
    reader("community.secretary").get(f"{december}/plan", 404)
