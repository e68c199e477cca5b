"""Known faults of power and sight; the reason of each names the part that mends it."""

from __future__ import annotations

import pytest

from oversight.models import Membership
from tests.support.faults import known_fault
from tests.support.world import FOUNDED

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def join(session, world, person: str, branch: str) -> None:
    """Make somebody a member of a branch. Commits."""
    one, unit = world.people[person], world.units[branch]
    row = Membership(
        zone_id=unit.zone_id, person_id=one.id, unit_id=unit.id, from_on=FOUNDED, sort=99
    )
    session.add(row)
    session.commit()


# Sight --------------------------------------------------------------------------------------------


@known_fault(reason="part 6: an inspector may inspect the branch whose member he is")
def test_an_inspector_does_not_inspect_his_own_branch(api, session, world):
    join(session, world, "town1.inspector", "village")
    answer = api("town1.inspector").send(
        "POST",
        "/cases",
        json={
            "workflow": "inspection",
            "unit": world.units["village"].id,
            "facts": {"method": "random", "inspected_on": "2026-11-24"},
        },
        headers={"Idempotency-Key": "own"},
    )
    assert answer.status_code in (403, 422)
