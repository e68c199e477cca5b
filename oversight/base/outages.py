"""What databases and disks raise, told as refusals: 409 where somebody else wrote first, 503 where
something is away, full, read-only or too slow. Anything else is a bug and stays what it is.
"""

from __future__ import annotations

import errno

import sqlalchemy as sa
from sqlalchemy.orm.exc import StaleDataError

from .refusals import AlreadyTaken, DomainError, Unavailable, VersionConflict
from .sentences import N_

AWAY = N_("数据库暂时不可用，内容没有改动，请稍后再试。")
FULL = N_("服务器的磁盘满了，内容没有保存。请告诉系统管理员，腾出空间后再办。")
READ_ONLY = N_("数据库现在只能看不能改，内容没有保存。请告诉系统管理员，稍后再办。")
DISK = N_("服务器的磁盘读写出错，内容没有保存。请告诉系统管理员，稍后再办。")
BUSY = N_("现在办理的人太多，内容没有改动，请过一会儿再试。")
TAKEN = N_("刚刚已有人办了同一件事，您的这一步没有生效，请看过再办。")
STALE = N_("与这件事有关的党日刚刚被别人改动，您的这一步没有生效，请看过再办。")
FULL_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
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
RETRY_SECONDS = 10


def as_refusal(error: BaseException) -> DomainError | None:
    """Return what to tell of an error; None where it is a bug."""
    if isinstance(error, DomainError):
        return error
    if isinstance(error, StaleDataError):
        return VersionConflict(STALE)
    if isinstance(error, sa.exc.IntegrityError):
        return AlreadyTaken(TAKEN) if _is_taken(error) else None
    if isinstance(error, sa.exc.TimeoutError):  # no connection is free
        return Unavailable(BUSY)
    if isinstance(error, sa.exc.DBAPIError):
        return _of_database(error)
    return _of_disk(error) if isinstance(error, OSError) else None


def _is_taken(error: sa.exc.IntegrityError) -> bool:
    """True where a unique key is taken; any other violated constraint is a bug."""
    return "UNIQUE" in str(error.orig) or getattr(error.orig, "sqlstate", "") == "23505"


def _of_database(error: sa.exc.DBAPIError) -> DomainError | None:
    code, said = getattr(error.orig, "sqlstate", None) or "", str(error.orig).lower()
    sentence = CODES.get(code) or CODES.get(code[:2])
    sentence = sentence or next((told for words, told in WORDS.items() if words in said), None)
    lost = error.connection_invalidated or isinstance(
        error, sa.exc.OperationalError | sa.exc.InterfaceError
    )
    return Unavailable(sentence or AWAY) if sentence or lost else None


def _of_disk(error: OSError) -> DomainError | None:
    if error.errno in FULL_DISK:
        return Unavailable(FULL)
    if error.errno == errno.EROFS:
        return Unavailable(READ_ONLY)
    return Unavailable(DISK) if error.errno in (errno.EIO, errno.EACCES, errno.EPERM) else None
