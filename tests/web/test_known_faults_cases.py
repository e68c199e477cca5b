"""Known faults of requests and orders;

the reason of each names the part that mends it.
"""

from __future__ import annotations

import re

import pytest

from oversight.time import sweep
from tests.db.test_rectification_walk import ITEMS, rechecking
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
