"""Whether the secret key is the one that sealed what this database holds: a value that follows from
the key lies in the database. A key that was lost is never replaced in silence.
"""

from __future__ import annotations

import hashlib
import hmac

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.clock import Moment
from oversight.base.db import insert_once
from oversight.base.refusals import Unavailable
from oversight.base.sentences import N_
from oversight.models import InstallationFact

NAME = "key"
OTHER = N_(
    "密钥与数据库对不上：电话、动态码和草稿都打不开，所以暂停使用。请系统管理员把原来的 secret_key 放回数据目录，"
    "再重新启动；确实找不回的，在服务器上运行 oversight reseal --lost。"
)


def mark(secret: str) -> str:
    """Return what is kept of a key, from which nobody gets the key."""
    return hmac.new(secret.encode(), b"oversight.key-check", hashlib.sha256).hexdigest()[:32]


def fits(session: Session, secret: str) -> bool | None:
    """Return whether the database knows the key as its own; None where it knows none."""
    known = session.scalar(sa.select(InstallationFact.value).where(InstallationFact.name == NAME))
    return None if known is None else hmac.compare_digest(known, mark(secret))


def vouch(session: Session, secret: str, at: Moment) -> None:
    """Let a database know its key from now on. Does not commit. Raises Unavailable."""
    value = mark(secret)
    insert_once(session, InstallationFact, name=NAME, value=value, at=at.now)
    if not fits(session, secret):
        raise Unavailable(OTHER)


def replace(session: Session, secret: str, at: Moment) -> None:
    """Let a database know another key. Does not commit."""
    session.merge(InstallationFact(name=NAME, value=mark(secret), at=at.now))


def known_by(connection, secret: str) -> bool | None:
    """Return the same as `fits` by a plain connection that has just been opened; None also where the
    table is not there yet.
    """
    cursor = connection.cursor()
    try:
        cursor.execute(f"SELECT value FROM installation WHERE name = '{NAME}'")
        row = cursor.fetchone()
    except Exception:  # not migrated yet: whatever this driver calls it
        return None
    finally:
        cursor.close()
        connection.rollback()
    return None if row is None else hmac.compare_digest(row[0], mark(secret))
