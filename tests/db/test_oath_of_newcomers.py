"""The oath of the month in which somebody joined the Party is owed by the branch to which he then belongs: found
by a simulated year, in which who moved house left his new branch owing a month before he came.
"""

from __future__ import annotations

from datetime import date

import pytest

from oversight.ledger import obligations
from oversight.models import Membership, Person
from tests.db.test_attendance import record, sheet
from tests.support.world import at

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
KEY = "OATH.JOIN_MONTH"


def owed(session, unit) -> set[str]:
    now = at("2026-12-31")
    facts = obligations.read(session, [unit], 2026, now)
    return {
        one.period
        for one in obligations.of_branch(facts, unit, None, keys=(KEY,))
        if one.key == KEY
    }


@pytest.mark.parametrize(
    ("came", "joined", "asked"),
    [
        ("2026-08-02", "2011-06-11", False),  # the month was over before he came
        ("2026-08-02", "2011-09-11", True),
        ("2026-08-02", "2011-08-11", True),  # came within it
        ("2020-01-01", "2011-06-11", True),
    ],
)
def test_it_is_owed_from_the_month_in_which_he_came(session, world, came, joined, asked):
    unit, period = world.units["village"], f"2026-{joined[5:7]}"
    assert period not in owed(session, unit), "nobody else joined in that month"
    come(session, unit, came, joined)
    assert (period in owed(session, unit)) == asked


@pytest.mark.parametrize(("came", "asked"), [("2026-11-05", True), ("2026-11-06", False)])
def test_who_came_on_the_party_day_after_its_sheet_leaves_nothing_open(session, world, came, asked):
    """Found by a simulated year of 200 branches."""
    record(session, world, sheet(world), on="2026-11-06")
    unit = world.units["village"]
    come(session, unit, came, "2011-11-13")
    assert ("2026-11" in owed(session, unit)) == asked


def come(session, unit, came: str, joined: str) -> None:
    """Let somebody who joined the Party on one day belong to the branch from another on."""
    person = Person(zone_id=unit.zone_id, name="新来", joined_on=date.fromisoformat(joined))
    session.add(person)
    session.flush()
    since = date.fromisoformat(came)
    own = {"zone_id": unit.zone_id, "person_id": person.id, "unit_id": unit.id}
    session.add(Membership(**own, from_on=since, sort=99))
    session.flush()
