"""Known faults of the bell and the log-in;

the reason of each names the part that mends it.
"""

from __future__ import annotations

import pytest

from tests.support.faults import known_fault
from tests.support.html import PASSWORD
from tests.support.world import at

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


# Logging in ---------------------------------------------------------------------------------------


@known_fault(reason="part 6: what was typed is lost when the log-in ends, and a 405 page comes")
def test_what_was_typed_outlives_the_log_in(reader, play, clock):
    case, officer = play.asked(), reader("town1.officer")
    page = officer.get(f"/cases/{case.id}")
    clock.now = at("2026-11-24", 22).now
    asked = officer.submit(page, "/moves/return", opinion="请把受影响的党员人数写清楚")
    assert asked.path.startswith("/login")
    again = officer.submit(asked, "/login", username="town1.officer", password=PASSWORD)
    assert "请把受影响的党员人数写清楚" in again.html
