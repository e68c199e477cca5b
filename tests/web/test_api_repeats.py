"""Repeated requests: one effect, the same answer again, and a key that means one thing only."""

from __future__ import annotations

import threading

import pytest

from oversight.engine import repeats
from oversight.models import Case, Idempotency, JournalRow, Paper, Refusal
from tests.support.dump import difference, dump

ASK = {"new_day": "2026-12-11", "reason": "冬修水利集中施工"}


@pytest.fixture
def asked(api, world):
    village = api("village.secretary")
    return village.move(village.open(world.units["village"]), "ask", **ASK)


def approve(client, case, key: str, opinion: str = "同意", version: int | None = 2):
    headers = {"Idempotency-Key": key, **({"If-Match": f'"{version}"'} if version else {})}
    return client.send(
        "POST",
        f"/cases/{case['id']}/moves/approve",
        json={"words": {"opinion": opinion}},
        headers=headers,
    )


def test_a_retry_gets_the_same_answer_and_has_one_effect(api, session, asked):
    officer = api("town1.officer")
    first = approve(officer, asked, "a-1")
    before = dump(session, without=())
    again = approve(officer, asked, "a-1")
    assert first.status_code == again.status_code == 200 and first.json == again.json
    assert first.headers["ETag"] == again.headers["ETag"] == '"3"'
    assert (
        again.headers["Idempotent-Replayed"] == "true"
        and "Idempotent-Replayed" not in first.headers
    )
    assert not difference(before, dump(session, without=()))
    assert session.query(Paper).count() == 1


def test_the_key_is_looked_up_before_the_version(api, asked):
    officer = api("town1.officer")
    first = approve(officer, asked, "a-1")
    assert approve(officer, asked, "a-1", version=None).json == first.json, "not 428"
    assert approve(officer, asked, "a-1", version=9).json == first.json, "not 409"
    assert approve(officer, asked, '"a-1"').json == first.json, (
        "quotes of a structured field do not matter"
    )


def test_a_retry_gets_the_answer_of_then_though_the_case_went_on(api, asked):
    officer, village = api("town1.officer"), api("village.secretary")
    first = approve(officer, asked, "a-1").json
    village.move(first, "ask_cancel", reason="工地提前完工")
    assert approve(officer, asked, "a-1").json == first


def test_a_key_means_one_thing_only(api, session, asked):
    officer = api("town1.officer")
    approve(officer, asked, "a-1")
    before = dump(session, without=())
    other = approve(officer, asked, "a-1", opinion="同意，抓紧")
    assert other.status_code == 422 and other.json["rule"] == "idempotency_key"
    elsewhere = officer.post(
        f"/cases/{asked['id']}/moves/revoke", {"words": {"opinion": "同意"}}, 422, "a-1", 3
    )
    assert elsewhere["rule"] == "idempotency_key"
    assert not difference(before, dump(session, without=()))


def test_keys_of_others_are_others(api, world, asked):
    village, officer = api("village.secretary"), api("town1.officer")
    approve(officer, asked, "same")
    answer = village.post(
        f"/cases/{asked['id']}/moves/ask_cancel", {"words": {"reason": "提前完工"}}, 200, "same", 3
    )
    assert answer["state"] == "cancel_asked"


def test_a_refused_request_leaves_its_key_free(api, session, asked):
    officer = api("town1.officer")
    assert approve(officer, asked, "a-1", opinion="").status_code == 422
    assert approve(officer, asked, "a-2", version=1).status_code == 409
    assert session.query(Idempotency).filter(Idempotency.key.in_(["a-1", "a-2"])).count() == 0
    assert approve(officer, asked, "a-2", version=2).status_code == 200
    assert session.query(Refusal).count() == 2


def test_opening_twice_with_one_key_opens_once(api, session, world):
    village = api("village.secretary")
    first = village.open(world.units["village"], key="open-1")
    assert village.open(world.units["village"], key="open-1") == first
    village.open(world.units["village"], status=422, key="open-1", day="2027-01-08")
    village.open(world.units["village"], status=409, key="open-2")
    assert session.query(Case).count() == 1
    again = village.send(
        "POST",
        "/cases",
        headers={"Idempotency-Key": "open-1"},
        json={
            "workflow": "date_change",
            "unit": world.units["village"].id,
            "facts": {"day": "2026-12-04"},
        },
    )
    assert again.status_code == 201 and again.headers["Location"].endswith(first["id"])


def test_a_desk_act_may_carry_a_key(api, session, asked):
    officer, path = api("town1.officer"), f"/cases/{asked['id']}/desk/claim"
    assert officer.post(path, key="c-1") == officer.post(path, key="c-1")
    assert session.query(JournalRow).filter_by(move="claim").count() == 1


def test_a_key_and_its_effect_live_and_die_together(app, api, session, asked, monkeypatch):
    """The answer is kept in the transaction of the change:

    without the one there is not the other.
    """

    def broken(*_):
        raise RuntimeError("the power fails")

    officer = api("town1.officer")
    before = dump(session, without=())
    with monkeypatch.context() as patched:
        patched.setattr(repeats, "keep", broken)
        with pytest.raises(RuntimeError):
            approve(officer, asked, "a-1")
    assert not difference(before, dump(session, without=()))
    assert approve(officer, asked, "a-1").status_code == 200


def test_the_same_request_twice_at_once(api, session, asked):
    officer = api("town1.officer")
    session.commit()
    barrier, answers = threading.Barrier(4), []

    def run():
        barrier.wait(timeout=30)
        answers.append(approve(officer, asked, "a-1"))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert [answer.status_code for answer in answers] == [200] * 4
    assert all(answer.json == answers[0].json for answer in answers)
    assert sum("Idempotent-Replayed" not in answer.headers for answer in answers) == 1
    assert session.query(Paper).count() == 1


def test_two_who_decide_at_once(api, session, asked):
    """Different keys, one version: one decides, the other is told who did."""
    officer, secretary = api("town1.officer"), api("town1.secretary")
    session.commit()
    barrier, answers = threading.Barrier(2), []

    def run(client):
        barrier.wait(timeout=30)
        answers.append(approve(client, asked, "a-1"))

    threads = [threading.Thread(target=run, args=(client,)) for client in (officer, secretary)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    loser = next(answer.json for answer in answers if answer.status_code == 409)
    assert loser["decided_by"] and loser["decided_at"] and session.query(Paper).count() == 1
