"""What binds whom, and until when, by page and API."""

from __future__ import annotations

import pytest

from oversight.models import Person
from oversight.time import sweep
from tests.support.world import at

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
BREACH = {"clause": "G-2.1.1b", "fact": "11月6日未开展活动", "demand": "说明情况，按期开展"}


def order(api, unit, status: int, clause: str = "R-2.1.1a", inspected_on: str = "2026-11-20"):
    """Draft an order about one finding as the town's inspector, having asserted the status."""
    return api("town1.inspector").open(
        unit,
        status,
        workflow="rectification",
        method="random",
        inspected_on=inspected_on,
        findings=[BREACH | {"clause": clause}],
    )


def test_an_activity_without_anybody_was_not_held(api, session, world, play, clock):
    sweep.sweep(session, at("2026-12-04"))
    clock.now = at("2026-12-04", 15).now
    people = [one.id for name, one in world.people.items() if name.startswith("village.")]
    path = f"/activities/{play.activity().id}/attendance"
    api("village.secretary").post(path, {"absent": people, "held_on": "2026-12-04"}, 422, "none")


def test_the_eve_of_july_can_be_the_day_of_the_first_of_july(reader):
    admin = reader("zone.sysadmin")
    admin.submit(admin.get("/zone/settings"), "/zone/settings/july_day", value="06-30")


def test_nothing_is_opened_in_a_branch_that_has_ended(api, reader, world, clock):
    officer, path = reader("town1.officer"), f"/admin/units/{world.units['village'].id}/merge"
    into = world.units["community"].id
    officer.submit(
        officer.submit(officer.get(path), "/merge", into=into, on="2026-11-24"), "/merge"
    )
    clock.now = at("2026-11-25").now
    order(api, world.units["village"], 422)


@pytest.mark.parametrize("name", ["王\u3000明", "王\u200b明"], ids=["wide blank", "zero width"])
def test_a_name_is_the_same_by_hand_and_by_roster(reader, session, world, name):
    admin, path = reader("zone.sysadmin"), f"/admin/units/{world.units['village'].id}/people"
    admin.submit(admin.get(path), "/people", name=name, on="2026-11-24")
    assert session.query(Person).filter_by(name="王明").count() == 1
