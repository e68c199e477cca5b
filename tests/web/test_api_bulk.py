"""Bulk answers: each item a transaction of its own, through the same door."""

from __future__ import annotations

import pytest

from oversight.models import JournalRow, Paper, Refusal
from tests.support.dump import difference, dump

ASK = {"new_day": "2026-12-11", "reason": "冬修水利集中施工"}
NOWHERE = "01900000-0000-7000-8000-000000000000"


@pytest.fixture
def asked(api, world):
    """Requests of four branches, by branch."""
    found = {}
    for name in ("village", "community", "organ", "village2"):
        secretary = api(f"{name}.secretary")
        found[name] = secretary.move(secretary.open(world.units[name]), "ask", **ASK)
    return found


def body(*cases: dict, move: str = "approve", **words) -> dict:
    return {
        "items": [{"case": case["id"], "version": case["version"]} for case in cases],
        "move": move,
        "words": words or {"opinion": "同意"},
    }


def test_mixed_outcomes(api, session, asked):
    officer = api("town1.officer")
    stale = {**asked["community"], "version": 1}
    sent = body(
        asked["village"], stale, asked["village2"], asked["organ"], {"id": NOWHERE, "version": 1}
    )
    sent["items"][3].pop("version")
    items = officer.post("/moves", sent, key="b-1")["items"]
    assert [item["case"] for item in items] == [item["case"] for item in sent["items"]], (
        "in the order sent"
    )
    assert [item["status"] for item in items] == [200, 409, 404, 428, 404]
    assert (
        items[0]["state"] == "approved"
        and items[0]["number"] == "青委党日〔2026〕1号"
        and items[0]["version"] == 3
    )
    assert items[1]["problem"]["decided_by"] and items[1]["problem"]["status"] == 409
    assert all("problem" in item and "state" not in item for item in items[1:])
    assert officer.get(f"/cases/{asked['community']['id']}")["state"] == "asked"
    assert session.query(Paper).count() == 1 and session.query(Refusal).count() == 3


def test_all_of_them(api, session, asked):
    officer = api("town1.officer")
    items = officer.post(
        "/moves", body(asked["village"], asked["community"], asked["organ"]), key="b-1"
    )["items"]
    assert [item["status"] for item in items] == [200, 200, 200]
    assert sorted(item["number"] for item in items) == [
        f"青委党日〔2026〕{seq}号" for seq in (1, 2, 3)
    ]
    assert officer.get("/queue")["items"] == []


def test_a_rule_stops_one_and_not_the_others(api, asked):
    officer = api("town1.officer")
    officer.post(
        f"/cases/{asked['village']['id']}/moves/refuse",
        {"words": {"opinion": "不同意"}},
        key="r",
        version=2,
    )
    items = officer.post("/moves", body(asked["village"], asked["organ"]), key="b-1")["items"]
    assert [item["status"] for item in items] == [409, 200]
    nothing = officer.post(
        "/moves", body(asked["community"], move="approve", opinion=" "), key="b-2"
    )["items"]
    assert nothing[0]["status"] == 422 and "opinion" in nothing[0]["problem"]["fields"]


def test_a_retry_gets_the_same_answer(api, session, asked):
    officer, sent = (
        api("town1.officer"),
        body(asked["village"], {**asked["community"], "version": 1}),
    )
    first = officer.post("/moves", sent, key="b-1")
    before = dump(session, without=())
    assert officer.post("/moves", sent, key="b-1") == first
    officer.post("/moves", body(asked["village"]), 422, key="b-1")
    assert not difference(before, dump(session, without=()))


def test_a_retry_goes_on_where_the_first_broke_off(api, session, asked, monkeypatch):
    from oversight.engine import transitions

    officer, sent = api("town1.officer"), body(asked["village"], asked["organ"])
    real = transitions.submit

    def breaking(session, case_id, *args, **kwargs):
        if case_id == asked["organ"]["id"]:
            raise RuntimeError("the power fails")
        return real(session, case_id, *args, **kwargs)

    with monkeypatch.context() as patched:
        patched.setattr(transitions, "submit", breaking)
        with pytest.raises(RuntimeError):
            officer.post("/moves", sent, key="b-1")
    items = officer.post("/moves", sent, key="b-1")["items"]
    assert [(item["status"], item.get("state")) for item in items] == [(200, "approved")] * 2
    assert session.query(JournalRow).filter_by(move="approve").count() == 2


def test_requests_that_cannot_be_read(api, session, asked):
    officer, case = api("town1.officer"), {"case": asked["village"]["id"], "version": 2}
    before = dump(session, without=())
    officer.post("/moves", body(asked["village"]), 400)
    for items in (
        [],
        [1],
        [{}],
        [case, case],
        [{"case": 1}],
        [{"case": "x", "version": 1}],
        [case] * 201,
        [{**case, "version": "2"}],
        [{**case, "version": True}],
        [{**case, "version": -1}],
        [{**case, "words": {}}],
        "all",
        None,
    ):
        officer.post("/moves", {"items": items, "move": "approve", "words": {}}, 422, key="b-1")
    for move in ("", "同意", 1, None):
        officer.post("/moves", {"items": [case], "move": move, "words": {}}, 422, key="b-1")
    officer.post("/moves", {"items": [case], "move": "approve", "words": []}, 422, key="b-1")
    officer.post("/moves", status=422, key="b-1")
    assert not difference(before, dump(session, without=()))
