"""Whoever looks holds up nobody, and is held up by nobody: readers at the terminal take no write lock."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from time import monotonic

import pytest
import sqlalchemy as sa

from oversight.base import patience
from oversight.base.db import db
from oversight.base.refusals import AlreadyTaken
from oversight.engine.use_case import use_case
from oversight.models import Zone
from tests.db.test_backup import Place
from tests.support.actors import Play
from tests.support.world import at

READERS = (
    ("audit", "verify"),
    ("audit", "export", "{folder}/export"),
    ("calendar", "show", "2026"),
    ("settings", "list"),
    ("backup", "{folder}/one.backup"),
    ("doctor",),
)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_readers_wait_for_no_writer(session, world, stage, tmp_path, monkeypatch):
    Play(session, world).approved()
    place = Place(tmp_path, stage.url)
    place.ok("upgrade")
    with closing(sqlite3.connect(stage.url.removeprefix("sqlite:///"), timeout=1)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        for words in READERS:
            result = place(*(word.format(folder=tmp_path) for word in words))
            assert "暂时" not in result.output and "正在" not in result.output, result.output
            assert result.exit_code == 0 or words == ("doctor",), (words, result.output)
        writer.rollback()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_database_that_does_not_answer_is_given_up(session, world):
    with patience.waiting(0.2), pytest.raises(sa.exc.OperationalError) as gone:
        session.execute(sa.text("SELECT pg_sleep(30)"))
    assert gone.value.connection_invalidated
    session.rollback()
    assert session.scalar(sa.select(sa.func.count()).select_from(Zone)) == 1, "and heals by itself"


def test_who_lost_learns_who_was_first_and_when(session, world):
    case = Play(session, world).asked()
    who = world.actor("town1.officer", at("2026-11-24").today)
    with (
        pytest.raises(AlreadyTaken) as lost,
        use_case(session, who, at("2026-11-24"), "x", case_id=case.id),
    ):
        zone = sa.select(Zone).limit(1).subquery()
        session.execute(sa.insert(Zone).from_select(zone.c.keys(), sa.select(zone)))
    assert world.people["village.secretary"].name in lost.value.extra["decided_by"]
    assert lost.value.extra["decided_at"].startswith("2026-11-24T")
    db.session.rollback()


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_who_has_waited_for_his_turn_waits_no_longer_for_the_lock(session, world, stage):
    """Behind a lock that stays, each group of writers would wait as long as the one before it."""
    asked = "PRAGMA busy_timeout" if stage.url.startswith("sqlite") else "SHOW lock_timeout"

    def most() -> str:
        session.rollback()
        return str(session.scalar(sa.text(asked)))

    full = most()
    with patience.come(monotonic() - 3):
        assert most() in ("12000", "7s")
    with patience.come(monotonic() - 60):
        assert most() in ("1000", "1s")
    assert most() == full and full in ("15000", "10s")
