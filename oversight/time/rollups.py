"""The sums of each superior of a large zone, kept for reading: reckoned from the records, as its overview
reckons them, and made anew from them at will.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.clock import Moment
from oversight.base.db import reading
from oversight.engine.use_case import use_case
from oversight.ledger import obligations, overview
from oversight.ledger.overview import Sums
from oversight.models import Rollup, Unit

LIVE = 100  # branches up to which a zone is reckoned whenever it is asked for
ABOVE = ("zone", "town", "department")
_BRANCHES = (Unit.kind == "branch", Unit.ended_on.is_(None))


class Kept(NamedTuple):
    """Sums and when they were reckoned."""

    made_at: datetime
    sums: Sums


def is_large(session: Session, zone_id: str) -> bool:
    """True where a zone's overview is read from what is kept."""
    found = sa.select(Unit.id).where(Unit.zone_id == zone_id, *_BRANCHES).limit(LIVE + 1)
    return len(session.scalars(found).all()) > LIVE


def stale(session: Session, today: date) -> list[str]:
    """Return the superiors of large zones whose sums of today are not kept yet."""
    large = (
        sa.select(Unit.zone_id)
        .where(*_BRANCHES)
        .group_by(Unit.zone_id)
        .having(sa.func.count() > LIVE)
    )
    kept = sa.exists().where(Rollup.unit_id == Unit.id, Rollup.as_of == today)
    return list(session.scalars(_superiors().where(Unit.zone_id.in_(large), ~kept)))


def _superiors() -> sa.Select:
    return (
        sa.select(Unit.id)
        .where(Unit.kind.in_(ABOVE), Unit.ended_on.is_(None))
        .order_by(Unit.sort, Unit.id)
    )


def rebuild(session: Session, zone_id: str, at: Moment, done: Callable[[int], object] = int) -> int:
    """Reckon and keep the sums of every superior of a zone; `done` hears of each. Returns how many.
    Commits each.
    """
    ids = list(session.scalars(_superiors().where(Unit.zone_id == zone_id)))
    for unit_id in ids:
        renew(session, unit_id, at)
        done(1)
    return len(ids)


def renew(session: Session, unit_id: str, at: Moment) -> None:
    """Reckon and keep the sums of one superior, and commit."""
    session.rollback()
    with reading():
        zone_id, sums = _reckoned(session, unit_id, at)
        session.rollback()
    with use_case(session, None, at, "rollup"):
        row = session.get(Rollup, unit_id) or Rollup(unit_id=unit_id, zone_id=zone_id)
        row.as_of, row.made_at, row.sums = at.today, at.now, sums
        session.add(row)


def _reckoned(session: Session, unit_id: str, at: Moment) -> tuple[str, dict]:
    unit = session.get_one(Unit, unit_id)
    every = obligations.branches_below(session, [unit])
    groups = overview.seats(session, unit, every)
    [office] = overview.reckon(session, groups[-1:], at, live=True, every=every)
    return unit.zone_id, office.sums.dump()


class OfZone(NamedTuple):
    """What is kept of a zone by superior, and the sum of all. Read only: many requests share it."""

    kept: dict[str, Kept]
    whole: Sums


def of_zone(session: Session, zone_id: str, today: date) -> OfZone:
    """Return what is kept of a day."""
    rows = session.execute(_OF_ZONE, {"zone": zone_id, "day": today}).all()
    kept = {unit_id: Kept(made_at, _read(text)) for unit_id, made_at, text in rows}
    return OfZone(kept, _whole(tuple(text for *_key, text in rows)))


_OF_ZONE = sa.select(Rollup.unit_id, Rollup.made_at, sa.cast(Rollup.sums, sa.Text)).where(
    Rollup.zone_id == sa.bindparam("zone"), Rollup.as_of == sa.bindparam("day")
)


# Sums stay what they are for hours while a page of the zone is asked for: by their text, they are read
# and added up once. A county has more than 300 superiors: what holds fewer holds none.
@lru_cache(maxsize=1024)
def _read(text: str) -> Sums:
    return Sums.load(json.loads(text))


@lru_cache(maxsize=4)
def _whole(texts: tuple[str, ...]) -> Sums:
    return Sums.total(map(_read, texts))
