"""Known faults of power and sight; the reason of each names the part that mends it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from oversight.models import Membership, Post
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


@known_fault(reason="part 5: one administrator writes another one down as dead")
def test_administrators_do_not_write_each_other_down_as_gone(reader, session, world):
    join(session, world, "zone.auditor", "organ")
    admin = reader("zone.sysadmin")
    page = admin.get(f"/admin/people/{world.people['zone.auditor'].id}")
    admin.submit(page, "/gone", 403, why="died", on="2026-11-24")


@known_fault(reason="part 5: a town can be moved under another town")
def test_a_town_does_not_come_under_a_town(reader, world):
    admin, path = reader("zone.officer"), f"/admin/units/{world.units['town1'].id}/move"
    admin.submit(admin.get(path), "/move", 422, into=world.units["town2"].id, on="2026-11-24")


@known_fault(reason="part 5: a merger is taken for a day decades away")
def test_a_merger_is_of_our_time(reader, world):
    admin, path = reader("town1.officer"), f"/admin/units/{world.units['village'].id}/merge"
    admin.submit(admin.get(path), "/merge", 422, into=world.units["community"].id, on="2099-01-01")


@known_fault(reason="part 5: a town makes the zone's people deputies of a branch unasked")
def test_nobody_is_appointed_from_above_without_consent(reader, session, world):
    officer, path = reader("town1.officer"), f"/admin/units/{world.units['village'].id}/posts"
    page, person = officer.get(f"{path}?find=zone.deputy"), world.people["zone.deputy"].id
    words = {"person": person, "office": "deputy", "from_on": "2026-11-24"}
    officer.raw("POST", path, data=dict(page.fields("/posts")) | words)
    of_branch = Post.unit_id == world.units["village"].id
    assert session.scalar(sa.select(Post.id).where(Post.person_id == person, of_branch)) is None


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
