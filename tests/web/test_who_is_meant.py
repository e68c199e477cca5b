"""Namesakes are told apart, and what was entered wrongly about somebody is put right."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from oversight.law.roles import OFFICES
from oversight.models import AdminChange, Membership, Person, Post
from oversight.time import sweep
from tests.db.test_attendance import record, sheet
from tests.support.html import every
from tests.support.world import at

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


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


def test_a_misspelt_name_can_be_put_right(reader, world, session):
    person = world.people["village.member1"]
    person.name = "王慰民"
    page = reader("zone.sysadmin").get(f"/admin/people/{person.id}")
    assert page.value("name") == "王慰民"


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


def test_the_page_of_a_member_says_which_of_two_namesakes_he_is(reader, world, namesakes):
    page = reader("zone.sysadmin").get(f"/admin/people/{world.people['village.member1'].id}")
    assert "1990" in page.main


def test_two_branches_of_one_name_are_told_apart(reader, world, namesakes):
    page = reader("zone.sysadmin").get(f"/admin/people/{world.people['community.member1'].id}")
    assert len(entries(page, "石桥村", "option")) == 2


def test_the_cases_of_two_namesakes_are_told_apart_on_the_desk(reader, world, session, namesakes):
    record(session, world, sheet(world, absent=("member1", "member2")))
    page = reader("village.secretary").get("/desk")
    assert {"1990" in page.main, "2015" in page.main} == {True}


# Put right ----------------------------------------------------------------------------------------


def test_a_correction_is_not_a_new_person(reader, world, session):
    admin, person = reader("zone.sysadmin"), world.people["village.member1"]
    path, before = f"/admin/people/{person.id}", session.scalar(sa.select(sa.func.count(Person.id)))
    words = {"name": "王慰民", "number": "0012", "joined_on": "1990-07-01"}
    refused = admin.submit(admin.get(path), "/correct", 422, why="", **words)
    assert refused.value("name") == "王慰民" and refused.value("number") == "0012"
    page = admin.submit(refused, "/correct", why="名册写错", **words)
    assert "王慰民" in page.main
    session.expire_all()
    found = session.get(Person, person.id)
    assert (found.name, found.number, found.joined_on) == ("王慰民", "0012", date(1990, 7, 1))
    assert session.scalar(sa.select(sa.func.count(Person.id))) == before
    rows = sa.select(Membership.from_on).where(Membership.person_id == person.id)
    assert session.scalars(rows).all() == [date(2020, 1, 1)]
    row = session.scalar(sa.select(AdminChange).where(AdminChange.act == "correct"))
    assert row.what["why"] == ["", "名册写错"] and row.what["name"][1] == "王慰民"


@pytest.mark.parametrize(
    "words, said",
    [
        ({"name": "王"}, "2 个字以上"),
        ({"name": "王慰民", "number": "A7"}, "已是"),
        ({"name": "王慰民", "joined_on": "1911-01-01"}, "入党日期"),
        ({}, "没有改动"),
    ],
)
def test_a_correction_that_is_none_is_refused(reader, world, session, words, said):
    world.people["village.member2"].number = "A7"
    person = world.people["village.member1"]
    person.name = "王为民"
    session.commit()
    admin, path = reader("zone.sysadmin"), f"/admin/people/{person.id}"
    page = admin.submit(admin.get(path), "/correct", 422, why="核对名册", **words)
    assert said in page.main


@pytest.mark.parametrize("name", ["张一〇", "买买提·吐尔逊", "王𮯰明", "赵\ue5f1"])
def test_no_character_of_a_name_is_dropped(reader, world, session, name):
    admin, person = reader("zone.sysadmin"), world.people["village.member1"]
    page = admin.get(f"/admin/people/{person.id}")
    assert name in admin.submit(page, "/correct", name=name, why="核对名册").main
    session.expire_all()
    assert session.get(Person, person.id).name == name


# The same rules at every door ---------------------------------------------------------------------


@pytest.mark.parametrize("office", ["secretary", "deputy", "organizer", "publicity", "discipline"])
def test_an_organization_has_one_of_each(reader, world, session, office):
    admin, path = reader("zone.secadmin"), f"/admin/units/{world.units['village'].id}/posts"
    first, second = (world.people[f"village.member{n}"] for n in (1, 2))
    words = {"office": office, "from_on": "2026-11-24"}
    if office not in ("secretary", "organizer"):  # who are there
        admin.submit(admin.get(path), "/posts", person=first.id, **words)
    page = admin.submit(admin.get(path), "/posts", 422, person=second.id, **words)
    assert f"任{OFFICES[office]}，请先登记他离任" in page.main and second.id in page.html
    held = sa.select(sa.func.count()).where(Post.unit_id == world.units["village"].id)
    session.expire_all()
    assert session.scalar(held.where(Post.office == office)) == 1


def test_of_members_there_are_several(reader, world):
    admin, path = reader("zone.secadmin"), f"/admin/units/{world.units['village'].id}/posts"
    words = {"office": "committee", "from_on": "2026-11-24"}
    for n in (1, 2):
        person = world.people[f"village.member{n}"].id
        admin.submit(admin.get(path), "/posts", person=person, **words)
