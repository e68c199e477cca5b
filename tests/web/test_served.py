"""A served program while its database or its disk is away: a sentence in time, reading goes on, and all
is well again unaided.
"""

from __future__ import annotations

import shutil
import signal
import sqlite3
from contextlib import closing, contextmanager
from time import monotonic

import pytest

from oversight.base import outages
from tests.support import disks, scratch
from tests.support.client import token_for
from tests.support.cluster import Cluster
from tests.support.served import Served


@contextmanager
def own_cluster():
    home = scratch.folder("oversight-cluster-")
    made = Cluster(home, "first")
    try:
        yield made
    finally:
        made.stop()


def opened(served: Served, token: str, unit, key: str, day: str = "2026-12-04"):
    body = {"workflow": "date_change", "unit": unit, "facts": {"day": day}}
    return served.ask("POST", "/api/v1/cases", token, key, body)


def heals(served: Served, path: str = "/readyz", within: float = 10) -> None:
    until = monotonic() + within
    while (found := served.ask("GET", path))[0] != 200:
        assert monotonic() < until, found


def opens(served: Served, token: str, unit, within: float = 10):
    """Ask again as the sentence says: of two processes one knows for a second more that nobody answers."""
    until = monotonic() + within
    while (found := opened(served, token, unit, "one"))[0] == 503 and outages.AWAY in found[1]:
        assert monotonic() < until, found
    return found


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_database_that_says_nothing(session, world, stage, tmp_path):
    """Stopped, not ended: connections are taken and nothing is answered."""
    token = token_for(world.people["village.secretary"])
    village = str(world.units["village"].id)
    session.commit()
    with own_cluster() as cluster:
        cluster.fill(stage.url)
        with Served(tmp_path / "served", cluster.url) as served:
            assert served.ask("GET", "/api/v1/queue", token)[0] == 200
            cluster.signal(signal.SIGSTOP)
            for _ in range(3):
                status, text, took = served.ask("GET", "/api/v1/queue", token)
                assert status == 503 and outages.AWAY in text and took < 2, took
                status, text, took = opened(served, token, village, "one")
                assert status == 503 and outages.AWAY in text and took < 2, took
                assert served.ask("GET", "/healthz")[2] < 0.5
                assert served.ask("GET", "/readyz")[0] == 503
            cluster.signal(signal.SIGCONT)
            heals(served)
            assert opens(served, token, village)[0] == 201
            cluster.stop()
            status, text, took = served.ask("GET", "/api/v1/queue", token)
            assert status == 503 and outages.AWAY in text and took < 2
            cluster.start()
            heals(served)
            assert opens(served, token, village)[0] == 201, "the same answer again"


# Disks --------------------------------------------------------------------------------------------


@contextmanager
def on_small_disk(tmp_path, stage, megabytes: int = 24):
    """Yield the folder of a disk with an installation, and its address."""
    with disks.small(tmp_path / "disk", megabytes) as disk:
        stage.close()
        shutil.copy(stage.path, disk / "oversight.db")
        yield disk, f"sqlite:///{disk / 'oversight.db'}"


SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def secretary(session, world):
    """Return the token of a secretary and the id of his branch, committed."""
    token = token_for(world.people["village.secretary"])
    found = token, str(world.units["village"].id)
    session.commit()
    return found


def refused(served: Served, secretary, sentence: str) -> None:
    status, text, _took = opened(served, *secretary, "one")
    assert status == 503 and sentence in text, (status, text)
    assert served.ask("GET", "/api/v1/queue", secretary[0])[0] == 200, "reading goes on"
    status, text, _took = served.ask("GET", "/readyz")
    assert status == 503, text


def whole(served: Served) -> None:
    """Nothing is half-done: the file is sound, and one case is there."""
    with closing(sqlite3.connect(served.url.removeprefix("sqlite:///"))) as link:
        assert link.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert link.execute("SELECT count(*) FROM cases").fetchone() == (1,)
        assert link.execute("SELECT count(*) FROM journal").fetchone() == (1,)


@SQLITE
def test_the_file_alone_holds_all_once_it_is_served_no_more(stage, tmp_path, secretary):
    """Who stops the program and copies one file takes with him what was acknowledged."""
    alone = tmp_path / "alone.db"
    with on_small_disk(tmp_path, stage) as (disk, url), Served(disk / "served", url) as served:
        assert opened(served, *secretary, "one")[0] == 201
        assert served.stop() == 0
        shutil.copy(disk / "oversight.db", alone)
    with closing(sqlite3.connect(alone)) as link:
        assert link.execute("SELECT count(*) FROM cases").fetchone() == (1,)


@SQLITE
def test_a_full_disk(stage, tmp_path, secretary):
    with on_small_disk(tmp_path, stage) as (disk, url), Served(disk / "served", url) as served:
        assert served.ask("GET", "/api/v1/queue", secretary[0])[0] == 200
        filler = disks.fill(disk)
        refused(served, secretary, outages.FULL)
        filler.unlink()
        heals(served)
        assert opened(served, *secretary, "one")[0] == 201
        whole(served)


@SQLITE
def test_a_server_started_on_a_read_only_disk(stage, tmp_path, secretary):
    with on_small_disk(tmp_path, stage) as (disk, url):
        (disk / "served").mkdir()
        disks.remount(disk, "ro")
        try:
            with Served(disk / "served", url, log=tmp_path / "log") as served:
                assert served.ask("GET", "/readyz")[0] == 503
                status, text, _took = opened(served, *secretary, "one")
                assert status == 503 and "请告诉系统管理员" in text, (status, text)
                disks.remount(disk, "rw")
                heals(served)
                assert opened(served, *secretary, "one")[0] == 201
                whole(served)
        finally:
            disks.remount(disk, "rw")


@SQLITE
@pytest.mark.parametrize(
    ("error", "sentence"),
    [("EIO", outages.DISK), ("ENOSPC", outages.FULL), ("EROFS", outages.DISK)],
    ids=["EIO", "ENOSPC", "EROFS"],
)
def test_a_disk_that_fails(stage, tmp_path, secretary, error, sentence):
    stage.close()
    shutil.copy(stage.path, tmp_path / "oversight.db")
    with Served(tmp_path / "served", f"sqlite:///{tmp_path / 'oversight.db'}") as served:
        assert served.ask("GET", "/api/v1/queue", secretary[0])[0] == 200
        with disks.faulty(served.process.pid, f"pwrite64:error={error}"):
            status, text, _took = opened(served, *secretary, "one")
            assert status == 503 and sentence in text, (status, text)
            assert served.ask("GET", "/api/v1/queue", secretary[0])[0] == 200, "reading goes on"
        heals(served)
        assert opened(served, *secretary, "one")[0] == 201
        whole(served)
