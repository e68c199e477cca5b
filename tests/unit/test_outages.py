"""What databases and disks raise: each a refusal with its sentence, and a bug stays a bug."""

from __future__ import annotations

import errno
import sqlite3

import pytest
import sqlalchemy as sa
from sqlalchemy.orm.exc import StaleDataError

from oversight.base import outages, settings, written
from oversight.base.refusals import AlreadyTaken, Unavailable, VersionConflict


class Postgres(Exception):
    def __init__(self, code: str | None, said: str = ""):
        super().__init__(said)
        self.sqlstate = code


def raised(original: Exception, kind=sa.exc.OperationalError, lost: bool = False):
    return kind("SELECT 1", {}, original, connection_invalidated=lost)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (raised(sqlite3.OperationalError("database is locked")), outages.BUSY),
        (raised(sqlite3.OperationalError("database or disk is full")), outages.FULL),
        (raised(sqlite3.OperationalError("disk I/O error")), outages.DISK),
        (raised(sqlite3.OperationalError("attempt to write a readonly database")), outages.READ_ONLY),
        (raised(Postgres("25006"), sa.exc.InternalError), outages.READ_ONLY),
        (raised(Postgres("25P03"), sa.exc.InternalError), outages.AWAY),
        (raised(Postgres("57P01")), outages.AWAY),
        (raised(Postgres("55P03")), outages.BUSY),
        (raised(Postgres("53100")), outages.FULL),
        (raised(Postgres(None, "the server does not answer")), outages.AWAY),
        (raised(Postgres(None), sa.exc.InterfaceError), outages.AWAY),
        (raised(Postgres(None), sa.exc.ProgrammingError, lost=True), outages.AWAY),
        (sa.exc.TimeoutError("QueuePool limit"), outages.BUSY),
        (OSError(errno.ENOSPC, "full"), outages.FULL),
        (OSError(errno.EROFS, "read-only"), outages.READ_ONLY),
        (OSError(errno.EIO, "broken"), outages.DISK),
    ],
)  # fmt: skip
def test_outages(error, sentence):
    refusal = outages.as_refusal(error)
    assert isinstance(refusal, Unavailable) and refusal.sentence == sentence


def test_somebody_was_first():
    taken = raised(sqlite3.IntegrityError("UNIQUE constraint failed"), sa.exc.IntegrityError)
    assert isinstance(outages.as_refusal(taken), AlreadyTaken)
    assert isinstance(outages.as_refusal(StaleDataError("0 rows")), VersionConflict)


@pytest.mark.parametrize(
    "error",
    [
        raised(sqlite3.IntegrityError("NOT NULL constraint failed"), sa.exc.IntegrityError),
        raised(Postgres("42601"), sa.exc.ProgrammingError),
        OSError(errno.ENOENT, "no such file"),
        KeyError("x"),
    ],
)
def test_bugs(error):
    assert outages.as_refusal(error) is None


# Keys and files -----------------------------------------------------------------------------------


def test_a_first_key_is_whole_or_not_there(tmp_path, monkeypatch):
    env = settings.environment(tmp_path, {})

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(written.os, "link", killed)
        with pytest.raises(KeyboardInterrupt):
            settings.secret_key(env, tmp_path)
    assert list(tmp_path.iterdir()) == []
    key = settings.secret_key(env, tmp_path)
    assert len(key) == 64 and settings.secret_key(env, tmp_path) == key
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600


def test_a_lost_key_is_not_replaced(tmp_path):
    env = settings.environment(tmp_path, {})
    first = settings.secret_key(env, tmp_path)
    (tmp_path / "oversight.db").write_bytes(b"something")
    (tmp_path / "secret_key").unlink()
    assert settings.key_is_gone(env, tmp_path)
    assert settings.secret_key(env, tmp_path) != first
    assert not (tmp_path / "secret_key").exists()


def test_a_folder_that_takes_nothing_says_why(tmp_path):
    assert written.trouble(tmp_path) == "" and list(tmp_path.iterdir()) == []
    (tmp_path / "file").touch()
    assert written.trouble(tmp_path / "file") != ""
