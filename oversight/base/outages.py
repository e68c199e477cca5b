"""What databases and disks raise, told as refusals: 409 where somebody else wrote first, 503 where
something is away, full, read-only or too slow. Anything else is a bug and stays what it is.
"""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.orm.exc import StaleDataError

from .refusals import AlreadyTaken, DomainError, Unavailable, Unsure, VersionConflict
from .sentences import N_

AWAY = N_("数据库暂时不可用，内容没有改动，请稍后再试。")
UNSURE = N_(
    "数据库刚刚断开，不知道这一步有没有保存。请先看一看，没有的再办一次；同一张表单再提交一次，不会重复办理。"
)
FULL = N_("服务器的磁盘满了，内容没有保存。请告诉系统管理员，腾出空间后再办。")
READ_ONLY = N_("数据库现在只能看不能改，内容没有保存。请告诉系统管理员，稍后再办。")
DISK = N_("服务器的磁盘读写出错，内容没有保存。请告诉系统管理员，稍后再办。")
BUSY = N_("现在办理的人太多，内容没有改动，请过一会儿再试。")
TAKEN = N_("刚刚已有人办了同一件事，您的这一步没有生效，请看过再办。")
STALE = N_("与这件事有关的党日刚刚被别人改动，您的这一步没有生效，请看过再办。")
# Of a page that was to be read: what its reader sent before it may well have been done.
PAGE = {
    AWAY: N_("数据库暂时不可用，这一页没有打开，请稍后再打开。"),
    BUSY: N_("现在办理的人太多，这一页没有打开，请过一会儿再打开。"),
    FULL: N_("服务器的磁盘满了，这一页没有打开。请告诉系统管理员，腾出空间后再打开。"),
    READ_ONLY: N_("数据库现在只能看不能改，这一页没有打开。请告诉系统管理员，稍后再打开。"),
    DISK: N_("服务器的磁盘读写出错，这一页没有打开。请告诉系统管理员，稍后再打开。"),
}
# By PostgreSQL's codes, whole or their first two characters, and by SQLite's words.
CODES = {
    "25006": READ_ONLY,  # a standby
    "25P03": AWAY,  # waited too long inside a transaction
    "53": FULL,
    "53300": BUSY,
    "55P03": BUSY,
    "57": AWAY,
    "57014": BUSY,  # statement_timeout
    "58": DISK,
    "40": BUSY,  # a deadlock, or a transaction that cannot be put in a row
    "08": AWAY,
}
WORDS = {
    "disk is full": FULL,
    "readonly database": READ_ONLY,
    "disk i/o error": DISK,
    "unable to open": DISK,
    "locked": BUSY,
}
NOT_BUILT = ("no such table", "no such column", "unable to open", "not a database")


def as_refusal(error: BaseException) -> DomainError | None:
    """Return what to tell of an error; None where it is a bug."""
    for kind, tell in _KINDS:
        if isinstance(error, kind):
            return tell(error)
    return None


def of_page(refusal: DomainError) -> DomainError:
    """Tell of a page that was only to be read that it could not be shown, not that nothing was done."""
    refusal.sentence = PAGE.get(refusal.sentence, refusal.sentence)
    return refusal


@contextmanager
def of_driver(kind: type[Exception]) -> Iterator[None]:
    """Raise what a driver says that is asked directly, or what stands for it, as SQLAlchemy would; `kind`
    is the class of all its errors.
    """
    try:
        yield
    except sa.exc.SQLAlchemyError:
        raise
    except Exception as error:
        said = error if isinstance(error, kind) else error.__cause__
        if not isinstance(said, kind):
            raise
        raise sa.exc.DBAPIError.instance("", None, said, kind, hide_parameters=True) from error


def of_commit(error: sa.exc.DBAPIError) -> DomainError | None:
    """Return what to tell where the end of a transaction failed: one whose connection went away may
    have come about, but in a file and where the server only reads.
    """
    code = getattr(error.orig, "sqlstate", None)
    sure = isinstance(error.orig, sqlite3.Error) or code == "25006"
    return as_refusal(error) if sure or not error.connection_invalidated else Unsure(UNSURE)


def only_reads(error: BaseException) -> bool:
    """True where SQLite says that a file was opened to be read only."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_READONLY


def unbuilt(error: BaseException) -> bool:
    """True where the database is there, and is not this program's or not migrated."""
    return isinstance(error, sa.exc.ProgrammingError) or any(
        words in str(error) for words in ("no such table", "no such column", "not a database")
    )


def named(error: BaseException) -> str:
    """Return what an error is called, for the log: the words of a database may tell of people."""
    original = getattr(error, "orig", error)
    code = getattr(original, "sqlite_errorname", None) or getattr(original, "sqlstate", None)
    return " ".join(filter(None, (type(error).__name__, code)))


def _taken(error: sa.exc.IntegrityError) -> DomainError | None:
    """Tell of a unique key that is taken; any other violated constraint is a bug."""
    taken = "UNIQUE" in str(error.orig) or getattr(error.orig, "sqlstate", "") == "23505"
    return AlreadyTaken(TAKEN) if taken else None


def _of_database(error: sa.exc.DBAPIError) -> DomainError | None:
    sentence = _by_code(getattr(error.orig, "sqlstate", None) or "") or _by_words(str(error.orig))
    lost = isinstance(error, LOST) or error.connection_invalidated
    return Unavailable(sentence or AWAY) if sentence or lost else None


def _by_code(code: str) -> str | None:
    return CODES.get(code) or CODES.get(code[:2])


def _by_words(said: str) -> str | None:
    return next((told for words, told in WORDS.items() if words in said.lower()), None)


def _of_disk(error: OSError) -> DomainError | None:
    return Unavailable(ERRNO[error.errno]) if error.errno in ERRNO else None


LOST = (sa.exc.OperationalError, sa.exc.InterfaceError)
ERRNO = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), FULL),
    errno.EROFS: READ_ONLY,
    **dict.fromkeys((errno.EIO, errno.EACCES, errno.EPERM), DISK),
}
_KINDS: tuple[tuple[type, Callable], ...] = (
    (DomainError, lambda error: error),
    (StaleDataError, lambda _error: VersionConflict(STALE)),
    (sa.exc.IntegrityError, _taken),
    (sa.exc.TimeoutError, lambda _error: Unavailable(BUSY)),  # no connection is free
    (sa.exc.DBAPIError, _of_database),
    (OSError, _of_disk),
)
