"""What is out of sight does not exist: not by id, not in lists, not in counts, for nobody."""

from __future__ import annotations

import pytest

ASK = {"new_day": "2026-12-11", "reason": "冬修水利集中施工"}
TOWN1 = ("town1", "village", "community", "organ", "firm", "soe")
BOXES = ("mine", "waiting", "units", "copied", "done")


@pytest.fixture
def asked(api, world):
    """A request in each town, by branch."""
    found = {}
    for name in ("village", "village2"):
        secretary = api(f"{name}.secretary")
        found[name] = secretary.move(secretary.open(world.units[name]), "ask", **ASK)
    return found


def everything(client, names, world) -> str:
    """Return the text of all lists that a client can ask for, as one."""
    texts = [
        client.send("GET", f"/queue?box={box}&limit=1000").get_data(as_text=True) for box in BOXES
    ]
    texts.append(client.send("GET", "/units?limit=1000").get_data(as_text=True))
    for name in names:
        for part in ("", "/members", "/activities?year=2026", "/party-days?year=2026"):
            texts.append(
                client.send("GET", f"/units/{world.units[name].id}{part}").get_data(as_text=True)
            )
    return "\n".join(texts)


def test_a_town_sees_nothing_of_another(api, world, asked):
    officer = api("town2.officer")
    officer.get(f"/cases/{asked['village']['id']}", status=404)
    for name in (*TOWN1, "zone", "dept1", "school"):
        for part in ("", "/members", "/activities", "/party-days"):
            officer.get(f"/units/{world.units[name].id}{part}", status=404)
        officer.get("/queue", status=404, unit=world.units[name].id)
    seen = everything(officer, world.units, world)
    for name in TOWN1:
        assert world.units[name].id not in seen and world.units[name].name not in seen
    assert asked["village"]["id"] not in seen and asked["village2"]["id"] in seen
    assert officer.get("/queue", box="units")["counts"] == {"date_change": 1}
    assert [unit["name"] for unit in officer.get("/units")["items"]] == [
        "柏岭镇党委",
        "柏树村党支部",
    ]
    cursor = world.units["village"].id
    officer.get("/units", status=422, cursor=cursor)


def test_a_branch_sees_itself(api, world, asked):
    secretary = api("community.secretary")
    assert [unit["name"] for unit in secretary.get("/units")["items"]] == ["桃源社区党支部"]
    assert secretary.get("/queue", box="units")["counts"] == {}
    secretary.get(f"/cases/{asked['village']['id']}", status=404)
    secretary.get(f"/units/{world.units['town1'].id}", status=404)


def test_the_zone_sees_all(api, world, asked):
    officer = api("zone.officer")
    assert officer.get("/queue", box="units")["counts"] == {"date_change": 2}
    assert len(officer.get("/units", limit=1000)["items"]) == len(world.units)
    assert officer.get("/units")["items"][0]["name"] == "云泽高新区党工委", "own unit first"
    narrowed = officer.get("/queue", box="units", unit=world.units["town2"].id)
    assert [case["id"] for case in narrowed["items"]] == [asked["village2"]["id"]]


def test_a_member_sees_the_own_branch_and_no_case(api, world, asked):
    member = api("village.member1")
    me = member.get("/me")
    assert me["posts"] == [] and [unit["name"] for unit in me["units"]] == ["石桥村党支部"]
    assert [unit["name"] for unit in member.get("/units")["items"]] == ["石桥村党支部"]
    december = member.get(f"/units/{world.units['village'].id}/party-days", year=2026)["items"][11]
    assert december["on"] == "2026-12-04" and december["case"] is None, (
        "the request is not the member's to see"
    )
    members = member.get(f"/units/{world.units['village'].id}/members")["items"]
    assert len(members) == 5 and all("flags" not in person for person in members)
    member.get(f"/cases/{asked['village']['id']}", status=404)
    member.get(f"/units/{world.units['community'].id}/members", status=404)
    assert all(member.get("/queue", box=box)["items"] == [] for box in BOXES)


def test_administrators_see_none_of_the_business(api, world, asked):
    for office in ("sysadmin", "secadmin", "auditor"):
        administrator = api(f"zone.{office}")
        assert administrator.get("/me")["posts"][0]["office"] == office
        assert administrator.get("/units")["items"][0]["kind"] == "zone", (
            "they keep the units, and nothing in them"
        )
        for name in world.units:
            administrator.get(f"/units/{world.units[name].id}/members", status=404)
        for case in asked.values():
            administrator.get(f"/cases/{case['id']}", status=404)
            administrator.post(f"/cases/{case['id']}/desk/claim", status=404)
        for box in BOXES:
            queue = administrator.get("/queue", box=box)
            assert queue["items"] == [] and queue["counts"] == {}


def test_another_zone_is_another_world(api, world, session, asked):
    from oversight.models import Person, Post, Unit, Zone
    from tests.support.client import Api, token_for
    from tests.support.world import FOUNDED, MADE

    other = Zone(name="别区", created_at=MADE)
    session.add(other)
    session.flush()
    unit = Unit(zone_id=other.id, kind="zone", name="别区党工委", path="", accountable_from=FOUNDED)
    person = Person(zone_id=other.id, name="别人")
    session.add_all([unit, person])
    session.flush()
    unit.path = f"/{unit.id}/"
    session.add(
        Post(
            zone_id=other.id,
            person_id=person.id,
            unit_id=unit.id,
            office="officer",
            from_on=FOUNDED,
        )
    )
    session.commit()
    stranger = Api(api(None).app, token_for(person))
    assert [row["name"] for row in stranger.get("/units")["items"]] == ["别区党工委"]
    stranger.get(f"/cases/{asked['village']['id']}", status=404)
    stranger.get(f"/units/{world.units['zone'].id}", status=404)
    assert stranger.get("/queue", box="units")["counts"] == {}


def test_who_has_left_the_post_sees_no_more(api, world, session, asked, clock):
    """The lists agree with the door: what cannot be opened is not listed either."""
    from oversight.models import Post

    officer = api("town1.officer")
    officer.move(asked["village"], "return", opinion="请写清楚")
    post = session.query(Post).filter_by(person_id=world.people["town1.officer"].id).one()
    post.to_on = clock.moment().today
    world.post("town1.officer", "town2", "officer", from_on=clock.moment().today)
    session.commit()
    clock.now = clock.at(clock.moment().today.replace(day=25)).now
    officer.get(f"/cases/{asked['village']['id']}", status=404)
    for box in BOXES:
        queue = officer.get("/queue", box=box)
        assert asked["village"]["id"] not in [case["id"] for case in queue["items"]], box


def test_a_draft_binds_nobody(api, world):
    partner = world.units["community"]
    api("village.secretary").open(
        world.units["village"], day="2026-12-04", **{"with": [partner.id]}
    )
    api("community.secretary").open(partner, day="2026-12-04")
