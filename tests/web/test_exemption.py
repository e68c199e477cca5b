"""免予参加 as its users meet it: to its last day, for one day, prolonged without a gap, and coming all
the same.
"""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from oversight.models import Attendance, Case, Post
from oversight.time import sweep
from tests.support.world import at

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def exempt(play, until: str, from_on: str = "2026-11-25") -> Case:
    """Exempt the village's first member for a time."""
    who, member = "village.member1", play.world.people["village.member1"].id
    case = play.open(
        who, workflow="exemption", member=member, reason="长期在外", from_on=from_on, until=until
    )
    play.say(case, "village.secretary", "support", {})
    return play.say(case, "town1.officer", "approve", {})


def test_an_exemption_includes_its_last_day(session, api, world, play, clock):
    exempt(play, until="2026-12-04")
    clock.now = at("2026-12-04", 15).now
    sweep.sweep(session, at("2026-12-04", 15))
    sheet = api("village.secretary").get(f"/activities/{play.activity().id}/attendance")
    expected = [one["id"] for one in sheet["members"]]
    assert len(expected) == 4 and world.people["village.member1"].id not in expected


def test_an_exemption_may_be_of_one_day(api, world):
    village, member = world.units["village"], world.people["village.member2"].id
    days = {"from_on": "2026-12-04", "until": "2026-12-04"}
    api("village.member2").open(village, workflow="exemption", member=member, reason="其他", **days)


def test_an_exemption_is_prolonged_without_a_gap(api, world, play, clock):
    exempt(play, until="2026-12-20")
    clock.now = at("2026-12-10").now
    village, member = world.units["village"], world.people["village.member1"].id
    days = {"from_on": "2026-12-21", "until": "2027-06-30"}
    api("village.member1").open(
        village, workflow="exemption", member=member, reason="长期在外", **days
    )


def sheet_of(api, world, play, **entries) -> dict:
    """Return a sheet of the village's December day on which all but the first member are present."""
    first = world.people["village.member1"].id
    people = [one.id for name, one in world.people.items() if name.startswith("village.")]
    present = [one for one in people if one != first]
    return {"present": present, "held_on": "2026-12-04"} | entries


@pytest.fixture
def excused(session, play, clock):
    """The village's first member is exempt on the party day of December, which has come."""
    exempt(play, until="2026-12-31")
    clock.now = at("2026-12-04", 15).now
    sweep.sweep(session, at("2026-12-04", 15))


def test_who_comes_although_exempt_is_recorded_as_present(
    api, session, world, play, clock, excused
):
    first, activity = world.people["village.member1"].id, play.activity().id
    sent = sheet_of(api, world, play)
    answer = api("village.secretary").post(
        f"/activities/{activity}/attendance",
        {**sent, "present": [*sent["present"], first]},
        key="a",
    )
    assert answer["counts"]["expected"] == 5
    assert session.get(Attendance, (activity, first)).kind == "present"


def test_who_is_exempt_is_never_absent(api, world, play, excused):
    first = world.people["village.member1"].id
    sent = sheet_of(api, world, play, absent=[first])
    api("village.secretary").post(f"/activities/{play.activity().id}/attendance", sent, 422, "a")


def test_the_page_asks_whether_who_is_exempt_came(reader, session, world, play, excused):
    first, activity = world.people["village.member1"].id, play.activity().id
    secretary = reader("village.secretary")
    page = secretary.get(f"/activities/{activity}/attendance")
    sent = page.fields("/attendance")
    assert first not in [value for name, value in sent if name == "who"]
    assert "自愿来了" in page.main and "免予参加 1 人不计" in page.main


def test_a_member_with_an_office_elsewhere_applies_for_himself_as_any_other(reader, session, world):
    """免予参加由本人申请: a group's leader, or an official of the town, is a member of his branch like others."""
    village, member = world.units["village"], world.people["village.member1"]
    session.add(
        Post(
            zone_id=village.zone_id,
            unit_id=world.units["town2"].id,
            person_id=member.id,
            office="committee",
            from_on=date(2026, 1, 1),
        )
    )
    session.commit()
    himself = reader("village.member1")
    assert any("/new/exemption" in link for link in himself.get("/new").links(""))
    page = himself.get(f"/new/exemption?unit={village.id}")
    assert page.value("member") == member.id
    words = {"reason": "年老体弱", "from_on": "2026-11-25", "until": "2027-05-31"}
    himself.submit(page, "/new/exemption", **words)
    case = session.scalars(sa.select(Case).where(Case.workflow == "exemption")).one()
    assert case.data_subject_id == member.id
