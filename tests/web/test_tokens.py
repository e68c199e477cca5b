"""Tokens for programs: named, scoped, ending, revocable; what is done by one says so."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from oversight.models import AdminChange, ApiToken, Case, JournalRow
from tests.support.client import Api
from tests.support.html import every
from tests.support.world import at

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
NOW = at("2026-11-24").now


def issued(reader, name: str, **words) -> str:
    """Issue a token by page; returns it as it is shown once."""
    page = reader(name).get("/me/tokens")
    words = {"name": "统计程序", "scope": "act", "days": "30"} | words
    shown = reader(name).submit(page, "/me/tokens", **words)
    return next("".join(node.itertext()) for node in every(shown.tree, "code"))


def test_a_token_is_named_listed_and_shown_once(reader, app, session):
    token = issued(reader, "village.secretary")
    assert Api(app, token).get("/me")["name"] == "village.secretary"
    page = reader("village.secretary").get("/me/tokens")
    assert token not in page.html
    assert "统计程序" in page.main and "2026年12月24日" in page.main.replace(" ", "")
    row = session.scalar(sa.select(AdminChange).where(AdminChange.act == "token"))
    assert "统计程序" in str(row.what) and row.by == "village.secretary"


def test_a_token_to_read_does_nothing(reader, app, world, session):
    program = Api(app, issued(reader, "village.secretary", scope="read"))
    assert program.get("/queue")["items"] == []
    answer = program.open(world.units["village"], status=403)
    assert "只能查看" in answer["detail"]
    assert session.scalar(sa.select(Case.id)) is None


def test_a_token_ends_on_its_day(reader, app, clock):
    program = Api(app, issued(reader, "village.secretary", days="1"))
    clock.now = NOW + timedelta(days=1)
    assert program.send("GET", "/me").status_code == 401


def test_a_token_is_revoked(reader, app):
    program, owner = Api(app, issued(reader, "village.secretary")), reader("village.secretary")
    owner.submit(owner.get("/me/tokens"), "/revoke")
    assert program.send("GET", "/me").status_code == 401


def test_nobody_revokes_the_token_of_another(reader, app, session):
    program = Api(app, issued(reader, "village.secretary"))
    row = session.scalar(sa.select(ApiToken.id))
    stranger = reader("village.organizer")
    form = dict(stranger.get("/me/tokens").fields("/me/tokens"))
    answer = stranger.raw("POST", f"/me/tokens/{row}/revoke", data=form)
    assert answer.status_code == 404 and program.get("/me")


@pytest.mark.parametrize(
    "words",
    [
        {"name": " "},
        {"name": "长" * 61},
        {"scope": "all"},
        {"days": "0"},
        {"days": "9999"},
        {"days": "x"},
    ],
)
def test_a_token_that_says_too_little_is_refused(reader, session, words):
    owner = reader("village.secretary")
    words = {"name": "统计程序", "scope": "act", "days": "30"} | words
    owner.submit(owner.get("/me/tokens"), "/me/tokens", 422, **words)
    assert session.scalar(sa.select(ApiToken.id)) is None


def test_last_use_is_written_at_most_every_ten_minutes(reader, app, session, clock):
    program = Api(app, issued(reader, "village.secretary"))

    def used():
        session.expire_all()
        return session.scalar(sa.select(ApiToken.used_at))

    program.get("/me")
    assert used() == NOW
    clock.now = NOW + timedelta(minutes=9)
    program.get("/me")
    assert used() == NOW
    clock.now = NOW + timedelta(minutes=10)
    program.get("/me")
    assert used() == clock.now


def test_the_journal_says_by_token(reader, app, world, session):
    program = Api(app, issued(reader, "village.secretary"))
    case = program.open(world.units["village"])
    row = session.scalar(sa.select(JournalRow).where(JournalRow.case_id == case["id"]))
    assert row.result["token"] == "统计程序"
    page = reader("village.secretary").get(f"/cases/{case['id']}")
    assert re.search("凭令牌：统计程序", page.main)
