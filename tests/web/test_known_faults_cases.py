"""Known faults of requests and orders;

the reason of each names the part that mends it.
"""

from __future__ import annotations

import re

import pytest

from tests.db.test_rectification_walk import ITEMS, rechecking
from tests.support.faults import known_fault

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


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
