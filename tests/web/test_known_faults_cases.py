"""Known faults of requests, exemptions and orders;

the reason of each names the part that mends it.
"""

from __future__ import annotations

import re

import pytest

from oversight.models import Case
from oversight.time import sweep
from tests.db.test_rectification_walk import ITEMS, rechecking
from tests.support.faults import known_fault
from tests.support.world import at

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
# Exemption ----------------------------------------------------------------------------------------


def exempt(play, until: str, from_on: str = "2026-11-25") -> Case:
    """Exempt the village's first member for a time."""
    who, member = "village.member1", play.world.people["village.member1"].id
    case = play.open(
        who, workflow="exemption", member=member, reason="长期在外", from_on=from_on, until=until
    )
    play.say(case, "village.secretary", "support", {})
    return play.say(case, "town1.officer", "approve", {})


@known_fault(reason="part 6: on the last day of an exemption the member is expected")
def test_an_exemption_includes_its_last_day(session, api, world, play, clock):
    exempt(play, until="2026-12-04")
    clock.now = at("2026-12-04", 15).now
    sweep.sweep(session, at("2026-12-04", 15))
    sheet = api("village.secretary").get(f"/activities/{play.activity().id}/attendance")
    expected = [one["id"] for one in sheet["members"]]
    assert len(expected) == 4 and world.people["village.member1"].id not in expected


@known_fault(reason="part 6: an exemption of a single day can't be asked for")
def test_an_exemption_may_be_of_one_day(api, world):
    village, member = world.units["village"], world.people["village.member2"].id
    days = {"from_on": "2026-12-04", "until": "2026-12-04"}
    api("village.member2").open(village, workflow="exemption", member=member, reason="其他", **days)


@known_fault(reason="part 6: an exemption can't be prolonged before it has ended")
def test_an_exemption_is_prolonged_without_a_gap(api, world, play, clock):
    exempt(play, until="2026-12-20")
    clock.now = at("2026-12-10").now
    village, member = world.units["village"], world.people["village.member1"].id
    days = {"from_on": "2026-12-21", "until": "2027-06-30"}
    api("village.member1").open(
        village, workflow="exemption", member=member, reason="长期在外", **days
    )


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


# Sent back ----------------------------------------------------------------------------------------


@pytest.fixture
def sent_back(reader, session, world):
    """An order whose report came back for its second finding, as the branch sees it."""
    case, officer = rechecking(session, world), reader("town1.officer")
    verdicts = {"verdicts-1": "accepted", "verdicts-2": "not"}
    page = officer.get(f"/cases/{case.id}")
    officer.submit(page, "/moves/send_back", opinion="还有一人未联系", **verdicts)
    session.expire_all()
    return reader("village.secretary").get(f"/cases/{case.id}")


@known_fault(reason="part 6: what was reported must be typed again when it is sent back")
def test_a_report_that_is_sent_back_stands_again(sent_back):
    assert sent_back.value("items-1-measure") == ITEMS[0]["measure"]


@known_fault(reason="part 6: a verdict is shown as a list of Python")
def test_a_verdict_is_shown_in_words(sent_back):
    assert "['" not in sent_back.main and not re.search(r"\baccepted\b", sent_back.main)
