"""Drafts: what somebody has typed into a form and not sent. His alone, sealed, for 30 days.

A draft binds nobody: it raises no version, stands in no journal and is no attempt at anything.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.clock import Moment
from oversight.base.db import insert_once, reading, touched
from oversight.base.refusals import TooLarge, VersionConflict
from oversight.base.sealing import Sealer
from oversight.base.sentences import say
from oversight.calendar.zone import zone_settings
from oversight.engine.use_case import one_transaction
from oversight.models import Account, Draft

Pairs = list[tuple[str, str]]
LASTS = timedelta(days=30)  # at least; a zone may keep them longer
MOST_BYTES, MOST = 200 * 2**10, 100  # of one draft before it is sealed; drafts of one account


@dataclass(frozen=True)
class Saved:
    """A draft as its author reads it."""

    address: str
    page: str
    words: Pairs
    at: datetime


def keep(
    session: Session, account: Account, found: Saved, sealer: Sealer, over: str | None = None
) -> datetime:
    """Keep a draft in the place of the one before; returns since when these words lie here. Does not
    commit.

    With `over`, the moment of the draft that the writer knew (empty: none), a newer one is left.
    Raises TooLarge, VersionConflict.
    """
    said = {"who": account.id, "address": found.address, "page": found.page, "words": found.words}
    raw = json.dumps(said, ensure_ascii=False).encode()
    if len(raw) > MOST_BYTES:
        raise TooLarge(
            say(
                "内容超过 %(most)s KB，草稿没有保存，请先提交或另存一部分。",
                most=MOST_BYTES // 1024,
            )
        )
    row = session.get(Draft, (account.id, found.address), with_for_update=True)
    if over is not None and over != (row.saved_at.isoformat() if row else ""):
        return _same(row, found, sealer)
    if row is None:
        _refuse_many(session, account.id)
    key = {"account_id": account.id, "address": found.address}
    new = {"words": sealer.seal_file(raw), "saved_at": found.at}
    if row or not insert_once(session, Draft, **key, **new, zone_id=account.zone_id):
        session.execute(sa.update(Draft).filter_by(**key).values(**new))
    return found.at


def _same(row: Draft | None, found: Saved, sealer: Sealer) -> datetime:
    """Return when the same words were saved, by a request whose answer was lost. Raises
    VersionConflict.
    """
    before = _open(row, sealer) if row else None
    if before is None or before.words != found.words:
        raise VersionConflict("您在别处存了更新的草稿，这一份没有覆盖它。")
    return before.at


def _refuse_many(session: Session, account_id: str) -> None:
    has = session.scalar(
        sa.select(sa.func.count()).select_from(Draft).where(Draft.account_id == account_id)
    )
    if has >= MOST:
        raise TooLarge(say("您已有 %(most)s 份草稿，请先提交或放弃一些再存。", most=MOST))


def of(session: Session, account_id: str, addresses: Iterable[str], sealer: Sealer) -> list[Saved]:
    """Return the drafts of an account for forms; one statement. What the key can't open is none."""
    which = Draft.account_id == account_id, Draft.address.in_(list(addresses))
    return _opened(session.scalars(sa.select(Draft).where(*which)), sealer)


def all_of(session: Session, account_id: str, sealer: Sealer) -> list[Saved]:
    """Return all drafts of an account, the newest first."""
    mine = sa.select(Draft).where(Draft.account_id == account_id)
    return _opened(session.scalars(mine.order_by(Draft.saved_at.desc(), Draft.address)), sealer)


def _opened(rows: Iterable[Draft], sealer: Sealer) -> list[Saved]:
    return [found for row in rows if (found := _open(row, sealer))]


def _open(row: Draft, sealer: Sealer) -> Saved | None:
    try:
        said = json.loads(sealer.open_file(row.words))
    except ValueError:  # of a former key
        return None
    if (said["who"], said["address"]) != (row.account_id, row.address):
        return None
    words = [(name, value) for name, value in said["words"]]
    return Saved(row.address, said["page"], words, row.saved_at)


def drop(session: Session, account_id: str, address: str) -> None:
    """Drop a draft: its form was sent, or its author gave it up. Does not commit."""
    session.execute(
        sa.delete(Draft).where(Draft.account_id == account_id, Draft.address == address)
    )


def forget_old(session: Session, at: Moment) -> int:
    """Delete the drafts that nobody has gone on with for as long as the zone keeps them; returns how
    many. Commits.
    """
    session.rollback()
    with reading():
        zones = session.scalars(sa.select(Draft.zone_id).where(_before(at, LASTS)).distinct())
        old = [_old(session, zone_id, at) for zone_id in zones.all()]
        due = [
            which
            for which in old
            if session.scalar(sa.select(Draft.address).where(*which).limit(1))
        ]
        session.rollback()
    if not due:
        return 0
    with one_transaction(session):
        return sum(touched(session, sa.delete(Draft).where(*which)) for which in due)


def _old(session: Session, zone_id: str, at: Moment) -> tuple[sa.ColumnElement[bool], ...]:
    lasts = timedelta(days=int(zone_settings(session, zone_id)["keep_drafts"]))
    return Draft.zone_id == zone_id, _before(at, lasts)


def _before(at: Moment, lasts: timedelta) -> sa.ColumnElement[bool]:
    return Draft.saved_at < at.now - lasts
