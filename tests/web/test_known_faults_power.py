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


# Power --------------------------------------------------------------------------------------------


@known_fault(reason="part 5: a search box shows a town the names of the whole zone")
def test_only_names_within_reach_are_offered(reader, world):
    page = reader("town1.officer").get(
        f"/admin/units/{world.units['village'].id}/posts?find=village2"
    )
    assert not set(page.options("person")) & {
        one.id for name, one in world.people.items() if name.startswith("village2.")
    }


# Sight --------------------------------------------------------------------------------------------


@known_fault(reason="part 5: another branch's draft blocks a branch that can't even see it")
def test_a_draft_binds_nobody(api, world):
    partner = world.units["community"]
    api("village.secretary").open(
        world.units["village"], day="2026-12-04", **{"with": [partner.id]}
    )
    api("community.secretary").open(partner, day="2026-12-04")
