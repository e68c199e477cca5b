"""Of SQLite one process serves; under any server somebody keeps time, or it is said that nobody does."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager, suppress
from datetime import timedelta

import pytest

from oversight.base.alone import SEVERAL, Alone
from oversight.commands import timekeeper
from oversight.commands.timekeeper import Timekeeper
from oversight.time import due
from tests.support.world import at

HOLD = """
import sys
from oversight.base.alone import Alone
print(Alone(sys.argv[1]).mine(), flush=True)
sys.stdin.readline()
"""


@contextmanager
def another(url: str):
    """Let another process serve."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "True\n"
        yield process
        process.kill()


@pytest.fixture
def kept(app, monkeypatch):
    """The application as `wsgi.py` wraps it, and the threads that keep time."""
    begun: list[int] = []
    monkeypatch.setattr(timekeeper, "keep_time", lambda _app, seconds, _act: begun.append(seconds))
    monkeypatch.setattr(timekeeper, "_drain", lambda _app: None)
    monkeypatch.setattr("oversight.base.logs.begin", lambda *_: None)
    plain = app.wsgi_app
    app.wsgi_app = Timekeeper(app)
    yield begun
    app.wsgi_app = plain
    with suppress(OSError):  # nothing was locked
        os.close(app.extensions.pop("alone")._handle)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_second_process_says_so_and_goes_on_when_the_first_is_gone(api, app, stage, kept):
    with another(stage.url):
        client = app.test_client()
        answer = client.get("/login")
        assert answer.status_code == 503 and str(SEVERAL) in answer.text
        assert str(SEVERAL) in api(None).send("GET", "//api/v1/me").text
        answer = client.get("/readyz")
        assert (answer.status_code, answer.text) == (
            503,
            "another process serves this SQLite database\n",
        )
        assert client.get("/healthz").status_code == 200 and kept == []
    for _time in ("begun after the first answer", "and once"):
        answer = client.get("/login", buffered=True)
        assert answer.status_code == 200 and kept == [60]


def test_of_postgresql_each_serves_and_of_memory_too():
    for url in ("postgresql+psycopg://x@127.0.0.1/x", "sqlite:///:memory:", "sqlite://"):
        assert Alone(url).mine()


def test_a_folder_that_takes_no_lock_stops_nobody(tmp_path):
    assert Alone(f"sqlite:///{tmp_path / 'gone' / 'o.db'}").mine()


def test_where_nobody_keeps_time_the_administrator_is_told(reader, session, world, clock):
    told = "最近没有办理过到期的事"
    assert told in reader("zone.sysadmin").get("/admin/").main
    due.sweep(session, at("2026-11-24"))
    clock.now = at("2026-11-24").now + timedelta(minutes=5)
    assert told not in reader("zone.sysadmin").get("/admin/").main
    clock.now += timedelta(hours=1)
    assert told in reader("zone.sysadmin").get("/admin/").main
    assert told not in reader("zone.secadmin").get("/admin/").main
