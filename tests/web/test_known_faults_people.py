"""Known faults of people and posts by page; the reason of each names the part that mends it."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from oversight.models import Post
from oversight.time import sweep
from tests.support.faults import known_fault
from tests.support.html import every
from tests.support.world import at

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def post_of(session, person) -> Post:
    return session.scalar(sa.select(Post).where(Post.person_id == person.id))


@pytest.fixture
def namesakes(session, world):
    """Two members of the village with one name, and two branches with one name."""
    for name, year in (("member1", 1990), ("member2", 2015)):
        person = world.people[f"village.{name}"]
        person.name, person.number, person.joined_on = "王伟", f"N{year}", date(year, 7, 1)
    world.units["village2"].name = world.units["village"].name
    session.commit()
    sweep.sweep(session, at("2026-11-24"))


def entries(page, name: str, *tags: str) -> set[str]:
    """Return what the entries say that name somebody or something, each text once."""
    texts = (" ".join("".join(node.itertext()).split()) for node in every(page.tree, *tags))
    return {text for text in texts if name in text}


# Names and days -----------------------------------------------------------------------------------


@known_fault(reason="part 6: a misspelt name can be put right on no page")
def test_a_misspelt_name_can_be_put_right(reader, world, session):
    person = world.people["village.member1"]
    person.name = "王慰民"
    page = reader("zone.sysadmin").get(f"/admin/people/{person.id}")
    assert page.value("name") == "王慰民"


@known_fault(reason="part 6: nothing tells two members of one name apart")
@pytest.mark.parametrize(
    "who, path, tags",
    [
        ("village.secretary", "/activities/{activity}/attendance", ("label",)),
        ("village.secretary", "/activities/{activity}/attendance/blank", ("th",)),
        ("zone.secadmin", "/admin/units/{village}/posts", ("option",)),
        ("zone.sysadmin", "/admin/units/{village}/people", ("a",)),
    ],
    ids=["attendance", "paper sheet", "posts", "members"],
)
def test_two_members_of_one_name_are_told_apart(reader, world, play, namesakes, who, path, tags):
    where = path.format(activity=play.activity().id, village=world.units["village"].id)
    assert len(entries(reader(who).get(where), "王伟", *tags)) == 2


@known_fault(reason="part 6: the page that writes a member down as dead doesn't say which namesake")
def test_the_page_of_a_member_says_which_of_two_namesakes_he_is(reader, world, namesakes):
    page = reader("zone.sysadmin").get(f"/admin/people/{world.people['village.member1'].id}")
    assert "1990" in page.main


@known_fault(reason="part 6: nothing tells two branches of one name apart")
def test_two_branches_of_one_name_are_told_apart(reader, world, namesakes):
    page = reader("zone.sysadmin").get(f"/admin/people/{world.people['community.member1'].id}")
    assert len(entries(page, "石桥村", "option")) == 2


# Transfers and posts ------------------------------------------------------------------------------


@known_fault(reason="part 6: the page appoints a second secretary, which the roster refuses")
def test_an_organization_has_one_secretary(reader, world):
    admin, path = reader("zone.secadmin"), f"/admin/units/{world.units['village'].id}/posts"
    person = world.people["village.member1"].id
    admin.submit(
        admin.get(path), "/posts", 422, person=person, office="secretary", from_on="2026-11-24"
    )
