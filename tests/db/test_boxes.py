"""Every box holds what today's conditions say of every case of the zone, page by page and in number.

`tests.support.inbox_oracle` asks them of each case in turn; the lists begin at indexes.
"""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from oversight.engine import inbox
from oversight.engine.inbox import BOXES, Filters
from tests.support import inbox_oracle
from tests.support.random_boxes import Filling
from tests.support.slices import WHOLE

DAY = date(2026, 11, 24)


def paged(session, who, box: str, filters: Filters, limit: int) -> list[tuple[str, str]]:
    """Return a box as its pages show it, all of them."""
    found, cursor = [], None
    for _page in range(200):
        page = inbox.cases(session, who, box, DAY, filters, cursor, limit)
        assert len(page.items) == limit if page.next else len(page.items) <= limit
        found += [(case.id, case.workflow) for case in page.items]
        cursor = page.next
        if cursor is None:
            return found
    raise AssertionError("the pages have no end")


def hold(session, who, box: str, rows, filters: Filters = Filters(), limit: int = 7) -> int:  # noqa: B008
    """Hold a box against what the oracle says of all cases: its pages, its order, its counts;
    returns how many it holds.
    """
    wanted = inbox_oracle.listed(rows, box, DAY, filters)
    assert paged(session, who, box, filters, limit) == wanted, (who.title, box, filters)
    counted = dict(Counter(workflow for _case, workflow in wanted))
    assert inbox.counts(session, who, box, DAY, filters) == counted, (who.title, box, filters)
    if filters == Filters():
        assert inbox.box_count(session, who, box) == len(wanted), (who.title, box)
    return len(wanted)


@pytest.fixture(params=range(3 if WHOLE else 1))
def filling(session, world, request):
    found = Filling(world, request.param, DAY.isoformat())
    found.fill(cases=110)
    session.commit()
    return found


def test_random_worlds(session, world, filling):
    held = Counter()
    for name in filling.draw.sample(sorted(world.people), 10) + ["second.hat", "zone.officer"]:
        who = world.actor(name, DAY)
        rows = inbox_oracle.asked(session, who)
        for box in BOXES:
            held[box] += hold(session, who, box, rows)
    assert all(held[box] for box in BOXES), held


def test_random_worlds_narrowed(session, world, filling):
    town = world.units["town1"].path
    narrowed = [
        Filters(workflow="date_change"),
        Filters(due="overdue"),
        Filters(due="today"),
        Filters(due="week", unit_path=town),
        Filters(workflow="absence", unit_path=town),
    ]
    for name in ("second.hat", "zone.officer", "town1.secretary", "village.secretary"):
        who = world.actor(name, DAY)
        rows = inbox_oracle.asked(session, who)
        for box in BOXES:
            hold(session, who, box, rows, filling.one(narrowed), limit=3)
        come = [case.id for case in inbox.come(session, who, DAY, Filters(), 99)]
        followed = inbox_oracle.listed(rows, "follow_up", DAY)
        assert come == [case_id for case_id, _workflow in followed][: len(come)]


def test_a_page_goes_on_where_many_are_kept_from_the_reader(session, world, monkeypatch):
    """The village's deputy is its town's officer too: most of what lies there is not for him."""
    monkeypatch.setattr(inbox, "SPARE", 0)
    Filling(world, 1, DAY.isoformat()).fill(cases=300)
    session.commit()
    who = world.actor("second.hat", DAY)
    assert hold(session, who, "mine", inbox_oracle.asked(session, who), limit=1) > 2
