"""Every status of the contract, and that a no changes nothing but a row in `refusals`."""

from __future__ import annotations

import pytest

from oversight.models import Refusal
from tests.db.test_rectification_walk import rechecking
from tests.support.client import end_tokens
from tests.support.dump import difference, dump

NOWHERE = "01900000-0000-7000-8000-000000000000"
ASK = {"new_day": "2026-12-11", "reason": "冬修水利集中施工"}


@pytest.fixture
def asked(api, world):
    village = api("village.secretary")
    return village.move(village.open(world.units["village"]), "ask", **ASK)


@pytest.fixture
def unchanged(session):
    """Return a context: what happens inside must change nothing but so many rows in `refusals`."""

    class Unchanged:
        def __init__(self, refusals: int):
            self.refusals = refusals

        def __enter__(self):
            self.before, self.rows = dump(session), session.query(Refusal).count()

        def __exit__(self, kind, *_):
            if kind is None:
                assert not difference(self.before, dump(session))
                assert session.query(Refusal).count() == self.rows + self.refusals

    return Unchanged


# (who, move, words, status, members of the problem)
MOVES = [
    (
        "village.secretary",
        "approve",
        {"opinion": "同意"},
        403,
        {"rule": "authority", "clause": "R-2.1.1c"},
    ),
    ("village.member1", "approve", {"opinion": "同意"}, 404, {}),
    ("town1.inspector", "approve", {"opinion": "同意"}, 403, {}),
    ("zone.officer", "approve", {"opinion": "同意"}, 403, {"waits_on": "青溪镇党委"}),
    ("town1.officer", "lapse", {}, 403, {}),
    ("town2.officer", "approve", {"opinion": "同意"}, 404, {}),
    ("community.secretary", "withdraw", {}, 404, {}),
    ("zone.sysadmin", "void", {"reason": "误立"}, 404, {}),
    ("zone.auditor", "approve", {"opinion": "同意"}, 404, {}),
    ("town1.officer", "no_such_move", {}, 404, {}),
    ("village.secretary", "ask", ASK, 409, {"waits_on": "青溪镇党委"}),
    ("town1.officer", "revoke", {"reason": "有变"}, 409, {}),
    ("town1.officer", "approve", {}, 422, {"fields": {"opinion": "请填写“批复意见”。"}}),
    ("town1.officer", "approve", {"opinion": 7}, 422, {}),
    ("town1.officer", "approve", {"opinion": "同意", "state": "approved"}, 422, {}),
    ("zone.officer", "take_over", {"reason": "逾期"}, 422, {"rule": "superior_is_late"}),
]


def test_moves_that_are_refused(api, asked, unchanged):
    clients = {who: api(who) for who, *_ in MOVES}
    for who, move, words, status, members in MOVES:
        with unchanged(refusals=1):
            problem = clients[who].move(asked, move, status=status, **words)
        assert problem["detail"] and problem["title"] and {**problem, **members} == problem, (
            who,
            move,
        )


def test_a_rule_names_itself_its_clause_and_its_sentence(api, world, unchanged):
    village = api("village.secretary")
    case = village.open(world.units["village"])
    with unchanged(refusals=1):
        problem = village.move(case, "ask", status=422, new_day="2027-01-08", reason="冬修水利")
    assert (problem["rule"], problem["clause"], problem["field"]) == (
        "same_month",
        "R-2.1.1a",
        "new_day",
    )
    assert problem["detail"] == "改到的日期必须在同一个月之内。"


# (who, unit, facts, status)
OPENINGS = [
    ("village.secretary", "village", {"day": "2026-12-05"}, 422),
    ("village.secretary", "village", {"day": "明天"}, 422),
    ("village.secretary", "village", {}, 422),
    ("village.secretary", "village", {"day": "2026-12-04", "with": [{"id": 1}]}, 422),
    ("village.secretary", "village", {"day": "2026-12-04", "with": ["x"]}, 422),
    ("village.secretary", "village", {"day": "2026-12-04", "with": [1, None]}, 422),
    ("firm.secretary", "firm", {"day": "2026-12-04"}, 422),
    ("town1.officer", "village", {"day": "2026-12-04"}, 403),
    ("village.secretary", "community", {"day": "2026-12-04"}, 404),
    ("town2.officer", "village", {"day": "2026-12-04"}, 404),
    ("zone.secadmin", "village", {"day": "2026-12-04"}, 404),
]


def test_openings_that_are_refused(api, world, unchanged):
    clients = {who: api(who) for who, *_ in OPENINGS}
    for who, unit, facts, status in OPENINGS:
        body = {"workflow": "date_change", "unit": world.units[unit].id, "facts": facts}
        with unchanged(refusals=1):
            clients[who].post("/cases", body, status)


def test_one_open_request_a_party_day(api, world, asked, unchanged):
    organizer = api("village.organizer")
    with unchanged(refusals=1):
        organizer.open(world.units["village"], status=409)


def test_only_a_good_token_opens_the_door(api, world, asked, unchanged):
    gets = [
        "/me",
        "/queue",
        f"/cases/{asked['id']}",
        "/units",
        f"/units/{world.units['village'].id}",
        f"/units/{world.units['village'].id}/members",
        f"/units/{world.units['village'].id}/activities",
        f"/units/{world.units['village'].id}/party-days",
        "/workflows",
        "/workflows/date_change",
    ]
    posts = [
        "/cases",
        f"/cases/{asked['id']}/moves/withdraw",
        f"/cases/{asked['id']}/desk/claim",
        "/moves",
    ]
    client = api("village.secretary")
    with unchanged(refusals=0):
        for headers in (
            {},
            {"Authorization": "Bearer "},
            {"Authorization": "Bearer nonsense"},
            {"Authorization": "Basic " + (client.token or "")},
            {"Authorization": client.token},
        ):
            for method, paths in (("GET", gets), ("POST", posts)):
                for path in paths:
                    response = api(None).send(
                        method, path, headers=headers, json={} if method == "POST" else None
                    )
                    assert (
                        response.status_code == 401
                        and response.headers["WWW-Authenticate"] == "Bearer"
                    )
    end_tokens()
    client.get("/me", status=401)


def test_a_log_in_by_cookie_does_not_open_the_api(app, api, world):
    with app.app_context():
        browser = app.test_client()
        with browser.session_transaction() as cookie:
            cookie["_user_id"] = "anything"
        assert browser.get("/api/v1/me").status_code == 401


UNREADABLE = [
    (b"{", "application/json", 400),
    (b"[]", "application/json", 400),
    (b"null", "application/json", 400),
    (b'"words"', "application/json", 400),
    (b'{"words": NaN}', "application/json", 400),
    (b"\xff\xfe", "application/json", 400),
    (b"[" * 100_000, "application/json", 400),
    (b'{"words": {"opinion": "\\u0000"}}', "application/json", 400),
    (b'{"words": {"opinion": "\\ud800"}}', "application/json", 400),
    (b'{"words": []}', "application/json", 422),
    (b'{"words": null}', "application/json", 422),
    (b'{"word": {}}', "application/json", 422),
    (b"opinion=1", "application/x-www-form-urlencoded", 415),
    (b"{}", "text/plain", 415),
    (b"{}", None, 415),
    (b'{"words": {"opinion": "' + b"x" * 3_000_000 + b'"}}', "application/json", 413),
]


def test_bodies_that_cannot_be_read(api, asked, unchanged):
    headers = {"Idempotency-Key": "k", "If-Match": f'"{asked["version"]}"'}
    officer, path = api("town1.officer"), f"/cases/{asked['id']}/moves/approve"
    with unchanged(refusals=0):
        for raw, kind, status in UNREADABLE:
            response = officer.send("POST", path, data=raw, content_type=kind, headers=headers)
            assert response.status_code == status, (raw[:40], kind, response.get_data(as_text=True))


def test_versions_that_cannot_be_read(api, asked, unchanged):
    officer, path = api("town1.officer"), f"/cases/{asked['id']}/moves/approve"
    with unchanged(refusals=0):
        for stated in ("*", "abc", 'W/"2"', '"2", "3"', "-1", '"2.0"', "", "9" * 30):
            response = officer.send(
                "POST",
                path,
                json={"words": {"opinion": "同意"}},
                headers={"Idempotency-Key": "k", "If-Match": stated},
            )
            assert response.status_code == 400, stated


def test_without_a_key_no_move(api, asked, unchanged):
    path, officer = f"/cases/{asked['id']}/moves/approve", api("town1.officer")
    with unchanged(refusals=0):
        assert (
            "Idempotency-Key"
            in officer.post(path, {"words": {"opinion": "同意"}}, 400, version=2)["detail"]
        )
        officer.post(path, {"words": {"opinion": "同意"}}, 400, key="有空格 的", version=2)
        officer.post(path, {"words": {"opinion": "同意"}}, 400, key="k" * 129, version=2)


def test_428_does_not_tell_what_is_out_of_sight(api, asked):
    for name in ("town2.officer", "zone.sysadmin"):
        api(name).move(asked, "approve", status=404, version=None, opinion="同意")
    nobody = {**asked, "id": NOWHERE}
    api("town1.officer").move(nobody, "approve", status=404, version=None, opinion="同意")


QUERIES = [
    ("/queue?box=everything", 422),
    ("/queue?due=soon", 422),
    ("/queue?workflow=nonsense", 422),
    ("/queue?workflow=%00", 422),
    ("/queue?unit=1", 422),
    ("/queue?cursor=x", 422),
    ("/queue?limit=0", 422),
    ("/queue?limit=1001", 422),
    ("/queue?limit=ten", 422),
    ("/queue?limit=²", 422),
    ("/units?cursor=x", 422),
    ("/units?limit=-1", 422),
    (f"/units?cursor={NOWHERE}", 422),
    (f"/queue?unit={NOWHERE}", 404),
    ("/queue?limit=1000", 200),
    ("/cases/1", 404),
    ("/cases/", 404),
    (f"/cases/{NOWHERE}", 404),
    ("/units/x", 404),
    (f"/units/{NOWHERE}", 404),
    ("/workflows/nonsense", 404),
    ("/nothing", 404),
    ("/", 404),
    ("/no-such-list", 404),
    ("/cases/%00", 404),
    ("/workflows/%00", 404),
]


def test_addresses_and_queries(api):
    for path, status in QUERIES:
        assert api("town1.officer").send("GET", path).status_code == status, path


def test_years_out_of_range(api, world):
    village = api("village.secretary")
    for year in ("1999", "2101", "", "x", "20262", "-1", "2026.0"):
        for part in ("party-days", "activities"):
            village.get(f"/units/{world.units['village'].id}/{part}", status=422, year=year)


def test_a_move_is_named_as_moves_are(api, asked):
    for name in ("%00", "Approve", "to_approved%20", "a" * 41, "同意"):
        path = f"/cases/{asked['id']}/moves/{name}"
        api("town1.officer").post(path, {"words": {}}, 404, key="k", version=2)


def test_methods_that_are_none_are_named(api):
    response = api("village.secretary").send("DELETE", "/me")
    assert response.status_code == 405 and "GET" in response.headers["Allow"]


def test_unknown_workflows_and_units(api, world, unchanged):
    village, unit = api("village.secretary"), world.units["village"].id
    with unchanged(refusals=1):
        village.post("/cases", {"workflow": "nonsense", "unit": unit, "facts": {}}, 404)
    with unchanged(refusals=0):
        village.post("/cases", {"workflow": "date_change", "unit": "1", "facts": {}}, 422)
        village.post("/cases", {"workflow": "date_change", "unit": 1, "facts": {}}, 422)
        village.post("/cases", {"workflow": ["date_change"], "unit": unit, "facts": {}}, 422)
        village.post("/cases", {"workflow": "date_change", "unit": unit, "fact": {}}, 422)
        village.post("/cases", status=422)


@pytest.mark.parametrize(
    ("verdicts", "said"),
    [
        (["accepted"], "每个问题都要有结论"),
        ([], "请填写“逐条结论”"),
        (["accepted", ""], "第 2 条"),
        (["accepted", "fine"], "第 2 条"),
        (["accepted"] * 3, "每个问题都要有结论"),
    ],
)
def test_a_recheck_with_a_verdict_missing_is_refused(api, session, world, verdicts, said):
    case, officer = rechecking(session, world), api("town1.officer")
    found = officer.get(f"/cases/{case.id}")
    problem = officer.move(found, "accept", 422, verdicts=verdicts, opinion="同意")
    assert (
        said in problem["detail"]
        and officer.get(f"/cases/{case.id}")["version"] == found["version"]
    )
