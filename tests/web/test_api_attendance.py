"""The attendance sheet over the API: who may read and write it, what comes of it, and what is
refused.
"""

from __future__ import annotations

from datetime import date

import pytest

from oversight.calendar.party_days import activity_for
from oversight.models import Attendance, Case, Person, Refusal
from tests.support.dump import difference, dump

NAMES = ("secretary", "organizer", "member1", "member2", "member3")


@pytest.fixture
def november(session, world):
    row = activity_for(session, world.units["village"], 2026, 11)
    session.commit()
    return f"/activities/{row.id}/attendance"


def ids(world, *names):
    return [world.people[f"village.{name}"].id for name in names]


def sheet(world, leave=(), absent=(), other=(), **more) -> dict:
    rest = [name for name in NAMES if name not in {*leave, *absent, *other}]
    return {
        "present": ids(world, *rest),
        "absent": ids(world, *absent),
        "leave": dict.fromkeys(ids(world, *leave), "外出"),
        "other_form": dict.fromkeys(ids(world, *other), "online"),
        **more,
    }


def test_a_blank_sheet_is_the_roster(api, world, november):
    found = api("village.secretary").get(november)
    assert [row["name"] for row in found["members"]] == [f"village.{name}" for name in NAMES]
    assert {row["class"] for row in found["members"]} == {None} and found["counts"] is None
    assert (found["status"], found["on"], found["held_on"]) == ("unrecorded", "2026-11-06", None)


@pytest.mark.parametrize("kind", ["leave", "absent", "other"])
def test_who_hosts_is_present(api, world, november, session, kind):
    secretary, [host] = api("village.secretary"), ids(world, "organizer")
    sent = sheet(world, **{kind: ("organizer",)}, host=host, host_why="书记外出")
    said = secretary.post(november, sent, 422)["fields"]
    assert said == {"host": "主持人village.organizer没有到会，请改选实际主持的人。"}
    arranged = november.removesuffix("attendance") + "plan"
    secretary.post(arranged, {"host": host, "host_why": "书记外出"})
    secretary.post(november, sheet(world, **{kind: ("organizer",)}), 422)
    assert session.query(Attendance).count() == 0


def test_recording_answers_with_the_activity_its_sums_and_the_cases_opened(api, world, november):
    secretary = api("village.secretary")
    done = secretary.post(
        november, sheet(world, leave=("member1",), absent=("member2",), other=("member3",))
    )
    assert (done["status"], done["held_on"]) == ("held", "2026-11-06") and done["confirmed_at"]
    assert done["counts"] == {"expected": 5, "present": 2, "other_form": 1, "leave": 1, "absent": 1}
    assert len(done["opened"]) == 2 == done["open_make_ups"]
    cases = {secretary.get(f"/cases/{case}")["facts"]["member"]: case for case in done["opened"]}
    assert set(cases) == set(ids(world, "member1", "member2"))
    read = secretary.get(november)
    assert read == {name: value for name, value in done.items() if name != "opened"}
    rows = {row["name"]: row for row in read["members"]}
    assert (
        rows["village.member1"]["category"] == "外出"
        and rows["village.member3"]["form"] == "online"
    )
    assert rows["village.member2"]["case"] == {
        "id": cases[ids(world, "member2")[0]],
        "state": "to_contact",
    }
    assert rows["village.secretary"]["case"] is None


def test_who_invited_hosted_and_how(api, world, november):
    more = {
        "host": ids(world, "organizer")[0],
        "host_why": "书记外出学习",
        "mode": "whole_then_parts",
        "invitees": {"first_secretary": 1, "masses": 3},
    }
    done = api("village.secretary").post(november, sheet(world, **more))
    assert (done["host"]["name"], done["host_why"], done["mode"]) == (
        "village.organizer",
        "书记外出学习",
        "whole_then_parts",
    )
    assert done["invitees"] == {"first_secretary": 1, "masses": 3}
    assert done["counts"]["expected"] == 5, "who is invited is not of the roster"
    again = api("village.secretary").post(
        november, sheet(world, why="漏记一名群众代表", invitees={"masses": 4})
    )
    assert again["invitees"] == {"masses": 4} and again["host"]["name"] == "village.organizer"
    assert api("village.secretary").post(november, sheet(world, why="无"))["invitees"] == {
        "masses": 4
    }


@pytest.mark.parametrize(
    "more, said",
    [
        (
            {"host": "member1", "host_why": "书记外出"},
            None,
        ),  # five members: no committee, any full member may
        ({"host": "organizer"}, "原因"),
        ({"host": "probationer", "host_why": "书记外出"}, "主持人"),
        ({"host": "stranger", "host_why": "书记外出"}, "主持人"),
        ({"mode": "网上"}, "开展方式"),
        ({"invitees": {"president": 1}}, "列席"),
        ({"invitees": {"masses": -1}}, "列席"),
        ({"invitees": {"masses": True}}, "列席"),
        ({"invitees": {"masses": "3"}}, "列席"),
    ],
)
def test_what_else_is_on_the_sheet(api, session, world, november, more, said):
    world.people["village.member3"].probationary = True
    session.commit()
    people = {
        "probationer": ids(world, "member3")[0],
        "stranger": world.people["community.secretary"].id,
    }
    if more.get("host"):
        more = {**more, "host": people.get(more["host"]) or ids(world, more["host"])[0]}
    problem = api("village.secretary").post(november, sheet(world, **more), 422 if said else 200)
    assert said is None or said in problem["detail"]


@pytest.mark.parametrize(
    "who, status",
    [
        ("village.organizer", 200),
        ("town1.officer", 403),
        ("zone.officer", 403),
        ("village.member1", 200),
        ("community.secretary", 404),
        ("town2.officer", 404),
        ("zone.sysadmin", 404),
        (None, 401),
    ],
)
def test_who_may_record(api, session, world, november, who, status):
    """A village of five has no committee, yet its leaders are there: members do not step in."""
    status = 403 if who == "village.member1" else status
    client = api(who)
    before, refusals = dump(session), session.query(Refusal).count()
    client.post(november, sheet(world), status)
    if status != 200:
        assert not difference(before, dump(session))
        assert session.query(Refusal).count() == refusals + (who is not None)


@pytest.mark.parametrize(
    "who, status",
    [
        ("village.organizer", 200),
        ("town1.officer", 200),
        ("town1.inspector", 200),
        ("zone.committee1", 200),
        ("village.member1", 403),
        ("community.secretary", 404),
        ("town2.inspector", 404),
        ("zone.auditor", 404),
    ],
)
def test_who_may_read(api, november, who, status):
    api(who).get(november, status)


def test_an_office_elsewhere_does_not_open_the_sheet_of_one_s_own_branch(
    api, session, world, november
):
    world.post("village.member1", "community", "first_secretary")
    session.commit()
    done = api("village.secretary").post(november, sheet(world, absent=("member2",)))
    api("village.member1").get(november, 403)
    api("village.member1").get(f"/cases/{done['opened'][0]}", 404)
    assert api("village.member1").get("/queue", box="units")["items"] == []


def test_a_member_sees_his_own_absence_and_nobody_else_s(api, world, november):
    opened = api("village.secretary").post(november, sheet(world, absent=("member1", "member2")))[
        "opened"
    ]
    cases = {
        api("village.secretary").get(f"/cases/{case}")["facts"]["member"]: case for case in opened
    }
    mine, other = (cases[person] for person in ids(world, "member1", "member2"))
    member = api("village.member1")
    assert [row["id"] for row in member.get("/queue", box="waiting")["items"]] == [mine]
    assert member.get("/queue", box="mine")["items"] == []
    found = member.get(f"/cases/{mine}")
    assert {move["name"]: move["allowed"] for move in found["moves"]}["record_contact"] is False
    member.get(f"/cases/{other}", 404)


def test_the_secretary_s_own_absence_waits_on_others(api, world, november):
    [case] = api("village.secretary").post(november, sheet(world, absent=("secretary",)))["opened"]
    assert [row["id"] for row in api("village.organizer").get("/queue", box="mine")["items"]] == [
        case
    ]
    assert api("village.secretary").get("/queue", box="mine")["items"] == []
    waiting = api("village.secretary").get("/queue", box="waiting", workflow="absence")["items"]
    assert [row["id"] for row in waiting] == [case]


def test_bad_sheets_name_what_is_wrong_and_change_nothing(api, session, world, november):
    secretary, stranger = api("village.secretary"), world.people["community.member1"].id
    good = sheet(world)
    bad = [
        ({**good, "present": good["present"][1:]}, "没有登记：village.secretary"),
        ({**good, "absent": good["present"][:1]}, "登记了两次：village.secretary"),
        ({**good, "present": [*good["present"], good["present"][0]]}, "登记了两次"),
        ({**good, "present": [*good["present"], stranger]}, "不在这次应到名单里"),
        ({**good, "present": [*good["present"], "nobody"]}, "不在这次应到名单里：nobody"),
        ({**good, "held_on": "2026-11-25"}, "还没有开展"),
        ({**good, "held_on": "2026-10-30"}, "11 月之内"),
        ({**good, "held_on": "昨天"}, "日期"),
        ({**good, "leave": {good["present"][0]: "感冒"}}, "请假原因"),
        ({**good, "other_form": {good["present"][0]: "电话"}}, "其他方式"),
        ({**good, "points": 5}, "没有“points”"),
        ({**good, "present": "all"}, "格式"),
        ({**good, "present": [1, 2]}, "列表"),
    ]
    before = dump(session)
    for body, said in bad:
        problem = secretary.post(november, body, 422)
        assert said in problem["detail"], problem
        assert "community" not in problem["detail"], "the name of another branch's member"
    assert not [line for line in difference(before, dump(session))]
    assert session.query(Attendance).count() == 0


def test_a_day_ahead_cannot_have_been_held(api, session, world):
    row = activity_for(session, world.units["village"], 2026, 12)
    session.commit()
    problem = api("village.secretary").post(f"/activities/{row.id}/attendance", sheet(world), 422)
    assert "还没有开展" in problem["detail"] and problem["clause"] == "R-3.2.1a"


def test_a_correction_says_why_and_follow_ups_come_and_go(api, session, world, november):
    secretary = api("village.secretary")
    [first] = secretary.post(november, sheet(world, absent=("member1",)))["opened"]
    assert "更正" in secretary.post(november, sheet(world, absent=("member2",)), 422)["detail"]
    done = secretary.post(november, sheet(world, absent=("member2",), why="登记错人"))
    assert secretary.get(f"/cases/{first}")["state"] == "corrected" and len(done["opened"]) == 1
    assert done["open_make_ups"] == 1
    assert secretary.post(november, sheet(world, absent=("member2",)))["opened"] == [], (
        "said again: nothing new"
    )


def test_the_day_cannot_move_behind_a_lesson(api, world, november):
    secretary = api("village.secretary")
    [case] = secretary.post(november, sheet(world, absent=("member1",)))["opened"]
    found = secretary.get(f"/cases/{case}")
    words = {"reached": True, "told": True, "way": "phone", "reason": "外出"}
    found = secretary.move(found, "record_contact", on="2026-11-12", **words)
    secretary.move(found, "record_lesson", form="visit", held_on="2026-11-12")
    later = sheet(world, absent=("member1",), held_on="2026-11-13", why="实际是 13 日")
    assert "2026-11-12" in secretary.post(november, later, 422)["detail"]
    assert secretary.post(november, {**later, "held_on": "2026-11-11"})["status"] == "late"


def test_a_repeated_request_has_one_effect(api, session, world, november):
    secretary, body = api("village.secretary"), sheet(world, absent=("member1",))
    first = secretary.post(november, body, key="once")
    before = dump(session, without=())
    assert secretary.post(november, body, key="once") == first
    assert not difference(before, dump(session, without=()))
    secretary.post(november, sheet(world), 422, key="once")
    assert session.query(Case).filter_by(workflow="absence").count() == 1


def test_the_year_shows_who_came_and_what_is_open(api, world, november):
    secretary, unit = api("village.secretary"), world.units["village"].id
    secretary.post(november, sheet(world, leave=("member1",)))
    for who in ("village.secretary", "town1.officer", "village.member1"):
        days = api(who).get(f"/units/{unit}/party-days", year=2026)["items"]
        assert days[10]["attendance"] == {
            "expected": 5,
            "present": 4,
            "other_form": 0,
            "leave": 1,
            "absent": 0,
        }
        assert (days[10]["open_make_ups"], days[9]["attendance"], days[9]["open_make_ups"]) == (
            1,
            None,
            None,
        )
        [row] = api(who).get(f"/units/{unit}/activities", year=2026)["items"]
        assert (row["attendance"], row["open_make_ups"]) == (days[10]["attendance"], 1)


def test_no_such_activity(api, world):
    for path in (
        "/activities/00000000-0000-7000-8000-000000000000/attendance",
        "/activities/1/attendance",
    ):
        api("village.secretary").get(path, 404)
    api("village.secretary").post(
        "/activities/00000000-0000-7000-8000-000000000000/attendance", sheet(world), 404
    )


def test_members_who_left_since_stay_on_the_sheet(api, session, world, november):
    secretary = api("village.secretary")
    secretary.post(november, sheet(world))
    session.get(Person, ids(world, "member1")[0]).left_on = date(2026, 11, 20)
    session.commit()
    assert len(secretary.get(november)["members"]) == 5


def test_an_absence_is_opened_by_a_sheet_and_not_by_hand(api, session, world, november):
    secretary, unit = api("village.secretary"), world.units["village"]
    person = ids(world, "member1")[0]
    for activity in ("x", "00000000-0000-7000-8000-000000000000", november.split("/")[2]):
        problem = secretary.open(unit, 403, workflow="absence", activity=activity, member=person)
        assert problem["rule"] == "authority"
