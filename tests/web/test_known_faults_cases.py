"""Known faults of requests and orders;

the reason of each names the part that mends it.
"""

from __future__ import annotations

import pytest

from oversight.time import sweep
from tests.support.faults import known_fault
from tests.support.world import at

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


# Vacant seats -------------------------------------------------------------------------------------


@pytest.fixture
def locked_out(reader, world):
    """The accounts of the town's officer and secretary are locked."""
    admin, path = reader("zone.sysadmin"), f"/accounts/units/{world.units['town1'].id}"
    for name in ("town1.officer", "town1.secretary"):
        admin.submit(admin.get(path), f"/people/{world.people[name].id}/lock")


@known_fault(reason="part 6: a form says that an officer will answer whose account is locked")
def test_a_form_names_no_officer_who_is_locked_out(reader, locked_out):
    page = reader("village.secretary").get("/new/date_change?day=2026-12-04")
    assert "承办" in page.main and "town1.officer" not in page.main


@known_fault(reason="part 6: a seat whose holders are all locked out isn't taken for vacant")
def test_who_comes_next_answers_in_place_of_the_locked_out(session, api, play, clock, locked_out):
    case = play.asked()
    clock.now = at("2026-12-03").now
    sweep.sweep(session, at("2026-12-03"))
    shown = api("town1.deputy").get(f"/cases/{case.id}")
    api("town1.deputy").move(shown, "approve", opinion="同意")
