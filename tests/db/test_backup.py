"""Backups: the whole of an installation while it runs, read back, restored elsewhere to the same."""

from __future__ import annotations

import errno
import fcntl
import gzip
import os
import signal
import sqlite3
import subprocess
import sys
import tarfile
import threading
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from oversight import cli, create_app
from oversight.base import archive, copies, files, jobs, outages, written
from oversight.base.clock import StoppedClock
from oversight.base.db import db, new_id
from oversight.commands import keeping
from oversight.engine import journal
from oversight.models import Attachment, Case, JournalRow, Paper, SealedCopy, Zone
from oversight.time import backup, growth, sweep
from tests.support import disks, postgres
from tests.support.actors import Play
from tests.support.world import at

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
PHOTO = b"\xff\xd8\xff a photo"


class Place:
    """An installation at a terminal, apart from the one that the test fixtures serve."""

    def __init__(self, folder, url: str, key: str | None = "t" * 32):
        folder.mkdir(exist_ok=True)
        self.folder, self.url = folder, url
        source = {"OVERSIGHT_DATABASE_URL": url, "OVERSIGHT_INSTANCE": str(folder)}
        source |= {"OVERSIGHT_SECRET_KEY": key} if key else {}
        self.env = {**os.environ, **source}
        self.app = create_app(source, StoppedClock(NOW))

    def __call__(self, *args: str):
        return CliRunner().invoke(cli.main, list(args), obj=self.app, prog_name="oversight")

    def ok(self, *args: str) -> str:
        result = self(*args)
        assert result.exit_code == 0, result.output
        return result.output

    def no(self, *args: str) -> str:
        result = self(*args)
        assert result.exit_code == 1 and isinstance(result.exception, SystemExit), result.output
        assert "Traceback" not in result.output
        return result.output


@pytest.fixture
def lived(session, world, app, stage, tmp_path):
    """An installation with a decided case, a photo, and an account of the clock's work."""
    play = Play(session, world)
    case = play.approved()
    data = tmp_path / "here" / "data"
    stored, thumb = files.keep(data, PHOTO), files.keep(data, b"small", marked=True)
    session.add(
        Attachment(
            zone_id=case.zone_id,
            case_id=case.id,
            series_id=case.id,
            name="1.jpg",
            kind="image/jpeg",
            size=len(PHOTO),
            sha256=files.sha256(PHOTO),
            stored=stored,
            thumb=thumb,
            by_id=world.people["village.secretary"].id,
            at=at("2026-11-24").now,
        )
    )
    session.commit()
    sweep.sweep(session, at("2026-11-24"))
    found = Place(tmp_path / "here", stage.url)
    found.ok("upgrade")
    return found


@pytest.fixture
def empty(request, database_url, tmp_path):
    url = (
        f"sqlite:///{tmp_path / 'there' / 'oversight.db'}"
        if database_url.startswith("sqlite")
        else postgres.create_database()
    )
    return Place(tmp_path / "there", url, key=None)


def contents(place) -> dict[str, list]:
    """Return all rows of all tables."""
    with place.app.app_context(), db.engine.connect() as link:
        names = sa.inspect(link).get_table_names()
        tables = [name for name in names if not name.startswith(jobs.TABLES)]
        return {
            name: sorted(map(str, link.execute(sa.text(f"SELECT * FROM {name}")).all()))
            for name in tables
        }


def uploads(place) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in files.all_of(place.folder / "data")}


def test_what_was_restored_is_what_there_was(lived, empty, tmp_path):
    said = lived.ok("backup", str(tmp_path / "one.backup"))
    assert "读回核对无误" in said
    assert (tmp_path / "one.backup").stat().st_mode & 0o777 == 0o600
    assert "逐条相连" in empty.ok("restore", str(tmp_path / "one.backup"))
    assert contents(empty) == contents(lived) and len(contents(lived)["journal"]) > 1
    assert uploads(empty) == uploads(lived) and len(uploads(lived)) == 2
    key = tmp_path / "there" / "secret_key"
    assert key.read_text() == "t" * 32 and key.stat().st_mode & 0o777 == 0o600
    assert "日志完整" in empty.ok("audit", "verify")
    again = Place(tmp_path / "there", empty.url, key=None)
    assert "日志完整" in again.ok("audit", "verify"), "and the key that it starts with fits"


def test_numbers_go_on_behind_what_was_restored(lived, empty, tmp_path):
    with lived.app.app_context():
        db.session.execute(
            sa.text(
                "INSERT INTO sign_ins (id, at, name_hash, address, agent, what)"
                " VALUES (41, '2026-11-24', 'x', '', '', 'right')"
            )
        )
        db.session.commit()
    lived.ok("backup", str(tmp_path / "one.backup"))
    empty.ok("restore", str(tmp_path / "one.backup"))
    assert not list(empty.folder.glob("secret_key.*")), "none was there before"
    with empty.app.app_context():
        db.session.execute(
            sa.text(
                "INSERT INTO sign_ins (at, name_hash, address, agent, what)"
                " VALUES ('2026-11-24', 'x', '', '', 'right')"
            )
        )
        assert db.session.scalar(sa.text("SELECT max(id) FROM sign_ins")) == 42
        db.session.rollback()


def test_a_restore_writes_over_nothing(lived, tmp_path):
    lived.ok("backup", str(tmp_path / "one.backup"))
    before = contents(lived)
    assert "已有数据" in lived.no("restore", str(tmp_path / "one.backup"))
    assert contents(lived) == before
    assert "已经有了" in lived.no("backup", str(tmp_path / "one.backup"))


def test_of_two_restores_at_once_one_waits_for_the_other(lived, empty, tmp_path):
    """Or one would bring the key and the other the database."""
    lived.ok("backup", str(tmp_path / "one"))
    held = os.open(empty.app.instance_path, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    assert "另一次恢复正在进行" in empty.no("restore", str(tmp_path / "one"))
    os.close(held)
    empty.ok("restore", str(tmp_path / "one"))


def test_what_came_while_a_backup_was_unpacked_is_not_written_over(
    lived, empty, tmp_path, monkeypatch
):
    lived.ok("backup", str(tmp_path / "one"))
    there = iter((True, False))
    monkeypatch.setattr(keeping.backups, "is_empty", lambda _: next(there))
    monkeypatch.setattr(keeping, "load", lambda *_: pytest.fail("written over"))
    empty.no("restore", str(tmp_path / "one"))


@pytest.mark.parametrize(("daily", "said"), [(True, "已经做过了"), (False, "已由另一次备份写好")])
def test_of_two_backups_of_one_name_the_second_says_so(lived, tmp_path, monkeypatch, daily, said):
    def second(*_):
        raise FileExistsError

    monkeypatch.setattr(keeping.backups, "make", second)
    asked = ["--daily"] if daily else [str(tmp_path / "one")]
    assert said in (lived.ok if daily else lived.no)("backup", *asked)


def test_what_is_no_whole_backup_is_refused_and_changes_nothing(lived, empty, tmp_path):
    path = tmp_path / "one.backup"
    lived.ok("backup", str(path))
    whole = path.read_bytes()
    plain = gzip.decompress(whole)
    spoilt = {
        "short": whole[: len(whole) // 2],
        "none": b"",
        "other": b"PK\x03\x04 a workbook",
        "changed": gzip.compress(plain.replace(PHOTO, PHOTO[::-1], 1)),
    }
    for name, data in spoilt.items():
        (tmp_path / name).write_bytes(data)
        assert "备份" in empty.no("restore", str(tmp_path / name)), name
    assert "打不开" in empty.no("restore", str(tmp_path / "nowhere"))
    assert not files.place(tmp_path / "there" / "data", "00").parent.parent.exists()
    empty.ok("restore", str(path))


def test_a_backup_of_a_newer_program_is_refused(lived, empty, tmp_path):
    with lived.app.app_context(), db.engine.begin() as link:
        link.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    lived.no("backup", str(tmp_path / "one.backup"))
    assert "更新的版本" in empty.no("restore", str(tmp_path / "one.backup"))
    with empty.app.app_context(), db.engine.connect() as link:
        assert not sa.inspect(link).has_table("zones")
    assert uploads(empty) == {}


def test_no_member_leads_out_of_its_folder(tmp_path):
    with tarfile.open(tmp_path / "evil", "w:gz") as tar:
        (tmp_path / "x").write_text("x")
        tar.add(tmp_path / "x", "../../x")
    with pytest.raises(Exception, match="不是本系统的备份"):
        archive.read(tmp_path / "evil", tmp_path / "into")


def test_neither_the_signing_key_nor_ballot_keys_leave(lived, tmp_path):
    (tmp_path / "here" / "seal_key").write_text("s" * 64)
    lived.ok("backup", str(tmp_path / "one.backup"))
    with tarfile.open(tmp_path / "one.backup") as tar:
        names = tar.getnames()
    tables = {name for name in names if name.startswith("database/")}
    assert not [name for name in set(names) - tables if "seal" in name or "ballot" in name]
    assert {"secret_key", "manifest.json"} < set(names)


def test_a_missing_photo_is_said_and_the_backup_kept(lived, tmp_path):
    for path in files.all_of(tmp_path / "here" / "data"):
        if path.read_bytes() == PHOTO:
            path.unlink()
    said = lived.no("backup", str(tmp_path / "one.backup"))
    assert "有 1 个附件的文件不在了" in said and (tmp_path / "one.backup").exists()


def test_a_missing_scan_is_said_as_a_missing_photo(lived, session, world, tmp_path):
    paper, at_now = session.scalars(sa.select(Paper)).first(), at("2026-11-24").now
    named = {"zone_id": paper.zone_id, "case_id": paper.case_id, "paper_id": paper.id}
    more = {"by_id": world.people["village.secretary"].id, "kind": "image/jpeg", "at": at_now}
    more |= {"version": 1, "size": 1, "sha256": "0" * 64, "stored": "f" * 32}
    session.add(SealedCopy(**named, **more))
    session.commit()
    assert "有 1 个附件的文件不在了" in lived.no("backup", str(tmp_path / "one.backup"))


def test_before_an_upgrade_a_backup_is_made_all_the_same(lived, tmp_path):
    """The new program is there, the database is not its own yet."""
    with lived.app.app_context(), db.engine.begin() as link:
        for name in ("sealed_copies", "paper_files"):
            link.exec_driver_sql(f"DROP TABLE {name}")
        link.exec_driver_sql("UPDATE alembic_version SET version_num = '0038'")
    assert "还没有升级" in lived.no("backup", str(tmp_path / "one.backup"))
    assert archive.read(tmp_path / "one.backup")["heads"] == ["0038"]


def test_a_changed_journal_is_said_and_the_backup_kept(lived, tmp_path):
    if lived.url.startswith("sqlite"):
        with closing(sqlite3.connect(lived.url.removeprefix("sqlite:///"))) as link:
            link.execute("DROP TRIGGER journal_no_update")
            link.execute("UPDATE journal SET words = '{\"reason\": \"x\"}' WHERE move = 'ask'")
            link.commit()
        assert "原来的数据有问题" in lived.no("backup", str(tmp_path / "one.backup"))
        assert (tmp_path / "one.backup").exists()


def test_a_backup_under_load_holds_a_moment(lived, empty, tmp_path):
    """Writers go on: each row of the copy has what it hangs on, and the chain is whole."""
    stop, going, written = threading.Event(), threading.Event(), []
    changed = sa.update(Zone).values(epoch=sa.bindparam("to"))

    def write():
        with lived.app.app_context():
            while not stop.is_set():
                db.session.execute(changed, {"to": new_id()})
                db.session.commit()
                written.append(1)
                going.set()
            db.session.remove()

    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    try:
        assert going.wait(10)
        before = len(written)
        lived.ok("backup", str(tmp_path / "one.backup"))
        assert len(written) > before, "nobody waited for it"
    finally:
        stop.set()
        thread.join(10)
    empty.ok("restore", str(tmp_path / "one.backup"))
    with empty.app.app_context():
        assert journal.Verifier().read(journal.told(db.session)).done().problems == []
        assert db.session.scalar(sa.select(sa.func.count()).select_from(JournalRow)) > 1
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Case)) == 1
        db.session.remove()


def test_seven_daily_ones_are_kept(lived, tmp_path):
    folder = tmp_path / "here" / "backups"
    folder.mkdir()
    for day in range(1, 12):
        (folder / f"oversight-2026-11-{day:02}.backup").write_text("older")
    (folder / "by-hand.backup").write_text("kept")
    lived.ok("backup", "--daily")
    assert [path.name[10:-7] for path in backup.daily(folder)] == [
        "2026-11-06", "2026-11-07", "2026-11-08", "2026-11-09", "2026-11-10", "2026-11-11", "2026-11-24",
    ]  # fmt: skip
    assert (folder / "by-hand.backup").exists()
    assert "已经做过" in lived.ok("backup", "--daily")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_more_are_kept_where_something_is_wrong(lived, tmp_path):
    folder = tmp_path / "here" / "backups"
    folder.mkdir()
    for month in range(1, 11):
        (folder / f"oversight-2026-{month:02}-01.backup").touch()
    for photo in files.all_of(tmp_path / "here" / "data"):
        photo.unlink()
    assert "附件" in lived.no("backup", "--daily")
    assert len(list(folder.iterdir())) == 11


def test_the_day_s_backup_begins_at_night_or_at_noon(lived, monkeypatch):
    begun = []
    monkeypatch.setattr(keeping.subprocess, "Popen", lambda *given, **more: begun.append(given))
    monkeypatch.setattr(keeping, "_running", [])
    with lived.app.app_context():
        for hour in range(24):
            moment = lived.app.extensions["clock"].at(at("2026-11-24").today, hour)
            keeping.begin_daily(moment)
            keeping._running.clear()
        assert len(begun) == 2
        env = lived.app.config["OVERSIGHT"]
        lived.app.config["OVERSIGHT"] = replace(env, backups=False)
        keeping.begin_daily(lived.app.extensions["clock"].at(at("2026-11-24").today, 3))
        assert len(begun) == 2


def test_a_killed_backup_leaves_no_backup(lived, tmp_path, monkeypatch):
    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(archive.Writer, "add_file", killed)
    result = lived("backup", str(tmp_path / "one.backup"))
    assert result.exit_code and not list(tmp_path.glob("*.backup"))
    assert not list(tmp_path.glob(".oversight-*")), "nor its parts"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_a_killed_backup_or_restore_left_goes_with_the_next(lived, session, tmp_path):
    folder = tmp_path / "kept"
    folder.mkdir()
    code = (
        "import os, sys; from oversight.base import archive; archive.Writer.add_file = lambda *_: "
    )
    code += "os.kill(os.getpid(), 9); from oversight.cli import main; main(sys.argv[1:])"
    for ended in (-signal.SIGKILL, -signal.SIGKILL):
        words = [sys.executable, "-c", code, "backup", str(folder / "one.backup")]
        assert subprocess.run(words, env=lived.env, capture_output=True).returncode == ended
    left = list(folder.glob(".*"))
    assert len(left) == 1 and not list(folder.glob("*.backup"))
    with written.folder_aside(folder) as living:
        assert [*folder.glob(".*")] == [living], "what killed ones left is gone"
        lived.ok("backup", str(folder / "one.backup"))
        assert living.is_dir(), "a living one's is not"
    assert [one.name for one in folder.iterdir()] == ["one.backup"]
    data = tmp_path / "here" / "data"
    (data / ".oversight-abcd.part").mkdir()
    growth.tidy(session, data, at("2026-11-24"))
    assert not list(data.glob(".oversight-*"))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_full_disk_is_a_sentence_and_leaves_nothing(lived, empty, tmp_path):
    lived.ok("backup", str(tmp_path / "one.backup"))
    with disks.small(tmp_path / "small", 1) as small:
        assert outages.FULL in lived.no("backup", str(small / "one.backup"))
        assert not list(small.iterdir())


def test_a_database_that_goes_away_is_a_sentence(lived, empty, tmp_path, monkeypatch):
    kind = sqlite3.Error if lived.url.startswith("sqlite") else psycopg.Error

    def away(*_):
        raise kind("disk I/O error")

    monkeypatch.setattr(copies, "closing", away)  # of what either database is copied with
    said = lived.no("backup", str(tmp_path / "one.backup"))
    assert outages.DISK in said and not list(tmp_path.glob("*.backup"))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("code", [errno.EPERM, errno.EOPNOTSUPP])
def test_a_stick_whose_files_have_one_name_takes_a_backup(lived, tmp_path, monkeypatch, code):
    """FAT and shares of Windows know no second name of a file."""

    def none(*_, **_more):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "link", none)
    path = tmp_path / "stick" / "one.backup"
    path.parent.mkdir()
    lived.ok("backup", str(path))
    assert [one.name for one in path.parent.iterdir()] == ["one.backup"]
    with pytest.raises(FileExistsError):
        written.whole(path, b"", over=False)


def test_a_key_that_lay_there_is_kept(lived, empty, tmp_path):
    lived.ok("backup", str(tmp_path / "one.backup"))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "secret_key").write_text("k" * 40)
    said = Place(elsewhere, empty.url, key=None).ok("restore", str(tmp_path / "one.backup"))
    other = next(elsewhere.glob("secret_key.*"))
    assert other.read_text() == "k" * 40 and other.stat().st_mode & 0o777 == 0o600
    assert str(other) in said and (elsewhere / "secret_key").read_text() == "t" * 32


def test_yesterday_s_file_says_how_old_it_is(tmp_path):
    (tmp_path / "oversight-2026-11-23.backup").touch()
    assert at("2026-11-24").today - backup.newest(tmp_path) == timedelta(days=1)


def test_a_folder_that_may_not_be_entered_has_none_to_be_seen(tmp_path, monkeypatch):
    def closed(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(tmp_path), "glob", closed)
    assert backup.ended(tmp_path) == 0
