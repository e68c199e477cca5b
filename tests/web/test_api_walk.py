"""The contract walked over HTTP: a date change from the first request to the day in force."""

from __future__ import annotations

import pytest

from oversight.models import Activity, Case
from tests.support.dump import difference, dump

ASK = {"new_day": "2026-12-11", "reason": "冬修水利集中施工"}


@pytest.fixture
def asked(api, world):
    """A request of the village, put to its town."""
    village = api("village.secretary")
    return village.move(village.open(world.units["village"]), "ask", **ASK)


def test_walk(api, world):
    village, officer, unit = api("village.secretary"), api("town1.officer"), world.units["village"]
    case = village.open(unit)
    assert case["unit"] == {"id": unit.id, "name": "石桥村党支部"}
    assert (case["state"], case["label"], case["version"], case["number"]) == (
        "draft",
        "草稿",
        1,
        None,
    )
    assert (
        case["waits_on"] == {"role": "branch", "label": "石桥村党支部"} and case["due_on"] is None
    )
    case = village.move(case, "ask", **ASK)
    assert (case["state"], case["due_on"]) == ("asked", "2026-11-27")
    assert case["waits_on"] == {"role": "superior", "label": "青溪镇党委"}
    before = village.get(f"/units/{unit.id}/party-days", year=2026)["items"][11]
    assert (before["on"], before["status"], before["case"]) == ("2026-12-04", "planned", case["id"])

    missing = officer.move(case, "approve", status=428, version=None, opinion="同意")
    assert "If-Match" in missing["detail"]
    stale = officer.move(case, "approve", status=409, version=1, opinion="同意")
    assert stale["decided_by"].startswith("village.secretary") and stale["decided_at"].startswith(
        "2026-11-24T"
    )

    case = officer.move(case, "approve", opinion="同意")
    assert (case["state"], case["number"], case["version"]) == (
        "approved",
        "青委党日〔2026〕1号",
        3,
    )
    assert case["attachments"] == []
    [paper] = case["documents"]
    assert (paper["number"], paper["issued_on"], paper["void"]) == (
        "青委党日〔2026〕1号",
        "2026-11-24",
        False,
    )
    assert "批复" in paper["title"]
    december = village.get(f"/units/{unit.id}/party-days", year=2026)["items"][11]
    assert (december["on"], december["rule_day"], december["status"]) == (
        "2026-12-11",
        "2026-12-04",
        "moved",
    )
    assert december["case"] == case["id"]
    assert case == officer.get(f"/cases/{case['id']}")


def test_the_journal_tells_who_did_what_newest_last(api, asked):
    case = api("town1.officer").move(asked, "return", opinion="请写清影响多少党员")
    assert [entry["move"] for entry in case["journal"]] == ["open", "ask", "return"]
    last = case["journal"][-1]
    assert last["actor"] == "town1.officer（青溪镇党委党建办经办人）"
    assert (last["label"], last["from"], last["to"], last["clause"]) == (
        "退回修改",
        "asked",
        "returned",
        "R-2.1.1c",
    )
    assert last["words"]["opinion"] == "请写清影响多少党员"
    assert case["journal"][0]["from"] is None and case["journal"][0]["label"] == "新开"


def test_moves_say_what_is_allowed_and_why_not(api, asked):
    seen = {
        move["name"]: move for move in api("town1.officer").get(f"/cases/{asked['id']}")["moves"]
    }
    assert seen["approve"]["allowed"] and seen["approve"]["why_not"] is None
    assert seen["approve"]["clause"] == "R-2.1.1c" and not seen["approve"]["many"]
    assert seen["approve"]["asks"][0]["name"] == "opinion"
    assert not seen["withdraw"]["allowed"] and "石桥村党支部" in seen["withdraw"]["why_not"]
    assert (
        not seen["lapse"]["allowed"]
        and seen["lapse"]["house_rule"]
        and seen["lapse"]["clause"] is None
    )
    own = {
        move["name"]: move
        for move in api("village.secretary").get(f"/cases/{asked['id']}")["moves"]
    }
    assert own["withdraw"]["allowed"] and not own["approve"]["allowed"]


def test_a_case_carries_its_version_and_its_address(api, world):
    village = api("village.secretary")
    body = {
        "workflow": "date_change",
        "unit": world.units["village"].id,
        "facts": {"day": "2026-12-04"},
    }
    made = village.send("POST", "/cases", json=body)
    assert made.headers["ETag"] == '"1"' and made.headers["Location"].endswith(
        f"/cases/{made.json['id']}"
    )
    read = village.send("GET", f"/cases/{made.json['id']}")
    assert read.headers["ETag"] == '"1"' and read.headers["Cache-Control"] == "no-store"


def test_the_queue_follows_the_case(api, asked):
    queue = api("town1.officer").get("/queue")
    assert queue["counts"] == {"date_change": 1} and queue["next"] is None
    [row] = queue["items"]
    assert row["id"] == asked["id"] and row["waits_on"] == asked["waits_on"]
    assert (row["title"], row["overdue"], row["due_on"]) == (
        "变更活动时间请示",
        False,
        "2026-11-27",
    )
    assert api("village.secretary").get("/queue")["items"] == []
    waiting = api("village.secretary").get("/queue", box="waiting")
    assert [row["id"] for row in waiting["items"]] == [asked["id"]]


def test_the_queue_is_narrowed_by_workflow_unit_and_due_day(api, world, asked, clock):
    officer = api("town1.officer")

    def found(**query):
        answer = officer.get("/queue", **query)
        assert sum(answer["counts"].values()) == len(answer["items"])
        return len(answer["items"])

    assert found(workflow="date_change") == 1 and found(workflow="zone_shift") == 0
    assert found(unit=world.units["village"].id) == 1 and found(unit=world.units["organ"].id) == 0
    assert found(due="week") == 1 and found(due="today") == 0 and found(due="overdue") == 0
    clock.now = clock.at(clock.moment().today.replace(day=30)).now
    assert found(due="overdue") == 1
    assert officer.get("/queue")["items"][0]["overdue"]


def test_the_queue_pages_without_losing_or_repeating(api, world):
    for name, facts in (("village", {}), ("community", {}), ("organ", {})):
        secretary = api(f"{name}.secretary")
        secretary.move(secretary.open(world.units[name], **facts), "ask", **ASK)
    officer, seen, cursor = api("town1.officer"), [], {}
    for _ in range(3):
        answer = officer.get("/queue", limit=1, **cursor)
        seen += [row["id"] for row in answer["items"]]
        cursor = {"cursor": answer["next"]}
    assert answer["next"] is None and len(set(seen)) == 3
    assert officer.get("/queue", limit=1)["counts"] == {"date_change": 3}


def test_claim_and_release(api, asked):
    officer, secretary, path = (
        api("town1.officer"),
        api("town1.secretary"),
        f"/cases/{asked['id']}/desk",
    )
    assert officer.get(f"/cases/{asked['id']}")["acts"][0] == "claim"
    claimed = officer.post(f"{path}/claim")
    assert claimed["acts"][0] == "release" and claimed["version"] == asked["version"]
    assert (claimed["journal"][-1]["move"], claimed["journal"][-1]["label"]) == ("claim", "认领")
    first = secretary.post(f"{path}/claim", status=409)
    assert "town1.officer" in first["detail"]
    assert secretary.move(asked, "approve", status=409, opinion="同意")["type"].endswith(
        "SomebodyFirst"
    )
    officer.post(f"{path}/release")
    assert secretary.move(asked, "approve", opinion="同意")["state"] == "approved"


def test_acts_that_are_none_and_acts_of_others(api, asked):
    path = f"/cases/{asked['id']}/desk"
    api("town1.officer").post(f"{path}/approve", status=404)
    api("town1.officer").post(f"{path}/hand_over", status=422)
    api("village.secretary").post(f"{path}/claim", status=403)
    api("town1.officer").post(f"{path}/release", status=403)
    api("town2.officer").post(f"{path}/claim", status=404)


def test_where_many_answer_nobody_needs_the_version(api, world, session):
    village = api("village.secretary")
    case = village.open(
        world.units["village"], day="2026-12-04", **{"with": [world.units["village2"].id]}
    )
    case = village.move(case, "ask_jointly", **ASK)
    assert case["state"] == "consulting" and case["waits_on"]["label"] == "柏树村党支部"
    api("village2.secretary").move(case, "join", version=None)
    case = village.get(f"/cases/{case['id']}")
    assert case["waits_on"]["label"] == "青溪镇党委、柏岭镇党委"
    seen = {
        move["name"]: move for move in api("town2.officer").get(f"/cases/{case['id']}")["moves"]
    }
    assert seen["approve"]["many"] and seen["approve"]["allowed"] and not seen["refuse"]["many"]
    api("town1.officer").move(case, "refuse", status=428, version=None, opinion="不同意")
    one = api("town1.officer").move(case, "approve", version=None, opinion="同意")
    assert one["state"] == "asked_joint" and one["waits_on"]["label"] == "柏岭镇党委"
    both = api("town2.officer").move(case, "approve", opinion="同意")
    assert both["state"] == "approved" and len(both["documents"]) == 2
    partner = api("village2.secretary").get(
        f"/units/{world.units['village2'].id}/party-days", year=2026
    )
    assert (partner["items"][11]["status"], partner["items"][11]["on"]) == ("moved", "2026-12-11")


def test_getting_changes_nothing(api, session, world, asked):
    unit = world.units["village"].id
    paths = [
        "/me",
        "/queue",
        "/queue?box=units&due=week",
        "/queue?box=waiting",
        "/queue?box=done",
        "/queue?box=copied",
        f"/cases/{asked['id']}",
        "/units",
        f"/units/{unit}",
        f"/units/{unit}/members",
        f"/units/{unit}/activities?year=2026",
        f"/units/{unit}/party-days?year=2026",
        f"/units/{unit}/party-days?year=2028",
        "/workflows",
        "/workflows/date_change",
        "/openapi.json",
        "//healthz",
        "//readyz",
        "//metrics",
    ]
    names = (
        "village.secretary",
        "town1.officer",
        "zone.officer",
        "village.member1",
        "zone.sysadmin",
    )
    clients = [api(name) for name in names]
    before = dump(session, without=())
    for client in clients:
        for path in paths:
            assert client.send("GET", path).status_code in (200, 404)
    assert not difference(before, dump(session, without=()))
    assert session.query(Case).count() == 1 and session.query(Activity).count() == 1
