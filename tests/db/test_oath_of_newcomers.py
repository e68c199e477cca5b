"""The oath of the month in which somebody joined the Party is owed by the branch to which he then belongs: found
by a simulated year, in which who moved house left his new branch owing a month before he came.
"""

from __future__ import annotations

from datetime import date

import pytest

from oversight.ledger import obligations
from oversight.models import Membership, Person
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
    unit, day = world.units["village"], date.fromisoformat(joined)
    before = owed(session, unit)
    period = f"2026-{day.month:02d}"
    assert period not in before, "nobody else joined in that month"
    person = Person(zone_id=unit.zone_id, name="新来", joined_on=day)
    session.add(person)
    session.flush()
    since = date.fromisoformat(came)
    session.add(
        Membership(
            zone_id=unit.zone_id, person_id=person.id, unit_id=unit.id, from_on=since, sort=99
        )
    )
    session.flush()
    assert (period in owed(session, unit)) == asked
