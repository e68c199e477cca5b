"""Every value of every setting over a whole year: each offers only what works. From issue part 6, 2."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from oversight.base.refusals import InvalidInput, RuleViolation
from oversight.base.settings import ZONE_SETTINGS
from oversight.calendar.party_days import activity_for, plan_year, status
from oversight.ledger import attendance, month, own_days, table
from oversight.models import Activity
from oversight.register import zone_settings
from tests.db.test_attendance import sheet
from tests.support.world import at

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
JULY_DAYS = ("06-20", "06-30", "07-01", "07-17", "07-31")
VALUES = [
    (name, value)
    for name, setting in ZONE_SETTINGS.items()
    for value in ([key for key, _label in setting.choices] or JULY_DAYS)
]
YEAR = 2026


def set_to(session, world, **values):
    for name, value in values.items():
        zone_settings.change(session, world.zone.id, name, value, None, at("2026-01-02"))
    session.commit()


def plan(session, world, *names):
    units = [world.units[name] for name in names]
    plan_year(session, units, YEAR, at("2026-01-02"))
    session.commit()
    return units


def whole_year(session, world, unit: str) -> list[Activity]:
    """Hold and record every activity of a branch's year on its day."""
    wanted = sa.select(Activity).where(Activity.unit_id == world.units[unit].id)
    rows = session.scalars(wanted.order_by(Activity.month, Activity.kind)).all()
    for row in rows:
        day = row.day or date(YEAR, row.month, 15)
        moment = at(day.isoformat(), 20)
        who = world.actor(f"{unit}.secretary", day)
        raw = attendance.read_sheet(sheet(world, unit, held_on=day.isoformat()))
        attendance.record(session, row.id, raw, who, moment)
        session.commit()
    return rows


@pytest.mark.parametrize("name, value", VALUES)
def test_every_value_lives_a_year(session, world, name, value):
    set_to(session, world, **{name: value})
    units = plan(session, world, "village", "firm")
    for unit in ("village", "firm"):
        rows = whole_year(session, world, unit)
        assert [row.month for row in rows if row.kind == "party_day"] == list(range(1, 13))
        assert {status(row, date(YEAR, 12, 31)) for row in rows} == {"held"}
        assert {row.kind for row in rows if row.month == 7} >= {"party_day"}
    found = table.read(session, units, YEAR, date(YEAR, 12, 31))
    assert all(cell.words == (("ok", "已开展"),) for row in found for cell in row.months[:6])


@pytest.mark.parametrize("day", JULY_DAYS)
@pytest.mark.parametrize("mode", ["combined", "separate"])
def test_the_first_of_july_is_never_abolished(session, world, mode, day):
    set_to(session, world, july_mode=mode, july_day=day)
    plan(session, world, "village", "firm")
    kind = "party_day" if mode == "combined" else "july"
    for unit in ("village", "firm"):
        row = session.scalar(
            sa.select(Activity).where(
                Activity.unit_id == world.units[unit].id, Activity.kind == kind, Activity.month == 7
            )
        )
        assert row.day == date.fromisoformat(f"{YEAR}-{day}") and row.rule_day == row.day


@pytest.mark.parametrize("value", ["06-19", "08-01", "06-31", "07-32", "7-1", "", "01-07"])
def test_a_day_that_is_not_about_the_first_of_july_is_refused(session, world, value):
    with pytest.raises(InvalidInput):
        zone_settings.change(session, world.zone.id, "july_day", value, None, at("2026-01-02"))


def held(session, world, row, day: str, unit="village"):
    raw = attendance.read_sheet(sheet(world, unit, held_on=day))
    who = world.actor(f"{unit}.secretary", at(day).today)
    attendance.record(session, row.id, raw, who, at(day, 20))
    session.commit()
    return row


def july(session, world, unit="village") -> Activity:
    wanted = sa.select(Activity).where(Activity.unit_id == world.units[unit].id)
    return session.scalar(wanted.where(Activity.kind == "july"))


def test_the_first_of_july_is_settled_by_its_own_activity_alone(session, world):
    set_to(session, world, july_mode="separate")
    [village] = plan(session, world, "village")
    held(session, world, activity_for(session, village, YEAR, 7), "2026-07-03")
    later = date(YEAR, 8, 20)
    assert status(july(session, world), later) == "missed"
    cell = table.read(session, [village], YEAR, later)[0].months[6]
    assert [str(word) for _kind, word in cell.words] == ["已开展", "“七一”未开展"]
    held(session, world, july(session, world), "2026-07-10")
    assert status(july(session, world), later) == "late", "it is the zone's day, never the branch's"


def test_going_back_to_one_activity_asks_for_no_second(session, world):
    set_to(session, world, july_mode="separate")
    [village] = plan(session, world, "village")
    set_to(session, world, july_mode="combined")
    found = month.of_year(session, village, YEAR, date(YEAR, 8, 20), month.Month)
    assert found[6].row.day == date(YEAR, 7, 1) and found[6].others == []


# Two activities in a month ------------------------------------------------------------------------


def another(session, world, day: str, unit="village"):
    at_ = at("2026-11-24")
    who = world.actor(f"{unit}.secretary", at_.today)
    on = date.fromisoformat(day)
    row = own_days.another(session, world.units[unit], on.year, on.month, on, who, at_)
    session.commit()
    return row


def test_a_second_activity_stands_beside_the_month(session, world):
    [village] = plan(session, world, "village")
    row = held(session, world, another(session, world, "2026-11-18"), "2026-11-18")
    found = month.of_year(session, village, YEAR, at("2026-11-24").today, month.Month)
    assert [one.row.id for one in found[10].others] == [row.id]
    assert found[10].status == "unrecorded", "on another day without consent it settles nothing"
    assert found[10].others[0].status == "held" and found[10].others[0].took_part == 5


@pytest.mark.parametrize("day, said", [("2026-11-06", "已有活动"), ("2026-10-07", None)])
def test_one_activity_a_day(session, world, day, said):
    plan(session, world, "village")
    if said:
        with pytest.raises(RuleViolation, match=said):
            another(session, world, day)
    else:
        another(session, world, day)
        with pytest.raises(RuleViolation, match="另外登记过一次"):
            another(session, world, "2026-10-20")
