"""Who stands where: the units of a zone, and posts, acting and members on a day, kept in the
process.

A zone is read as it is asked for, a line of units at a time. What was read under an epoch is shared
by all transactions that see this epoch.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from oversight.base.db import Id, columns, is_id, known
from oversight.base.kept import link
from oversight.base.prepared import Prepared, among
from oversight.base.rows import keyed
from oversight.models import Membership, Person, Post, Substitution, Unit
from oversight.models.epochs import epoch
from oversight.models.organizations import ids_above

from .substitution import DAY, in_force, shut_out

MOST = 20_000  # units kept of one epoch
REMEMBERED = timedelta(days=400)  # how long who left an office is kept with who holds it


class Tree:
    """The units of a zone under an epoch, as rows with the names of the model's attributes."""

    def __init__(self):
        self.rows: dict[str, sa.Row] = {}

    def read(self, session: Session, unit_ids: Iterable[str]) -> None:
        missing = [unit_id for unit_id in unit_ids if unit_id not in self.rows]
        if missing:
            self.rows.update(keyed(_UNITS.rows(session, units=missing)))


class Day:
    """Posts, acting and full members under an epoch on a day, by unit; `left` are posts that ended
    lately, `shut` those of all these whose account opens nothing: their seats count as vacant.
    """

    def __init__(self, on: date):
        self.on = on
        self.posts: dict[str, list[sa.Row]] = {}
        self.left: dict[str, list[sa.Row]] = {}
        self.acting: dict[str, list[sa.Row]] = {}
        self.full: dict[str, frozenset[str]] = {}
        self.all: dict[str, frozenset[str]] = {}
        self.shut: set[str] = set()

    def read(self, session: Session, unit_ids: Iterable[str]) -> None:
        missing = [unit_id for unit_id in unit_ids if unit_id not in self.posts]
        if not missing:
            return
        since = self.on - REMEMBERED
        found = _HERE.rows(session, units=missing, day=self.on, since=since)
        held, acting = [one for one in found if one.post], [one for one in found if not one.post]
        gone = [row for row in held if row.to_on is not None and row.to_on < self.on]
        self.shut.update(row.person_id for row in found if row.shut)
        self.left.update(_by_unit(missing, gone))
        self.acting.update(_by_unit(missing, acting))
        self.posts.update(_by_unit(missing, (row for row in held if row not in gone)))

    def full_members(self, session: Session, unit_id: str) -> frozenset[str]:
        if unit_id not in self.full:
            given = {"unit": unit_id, "day": self.on}
            found = link(session).execute(_FULL_MEMBERS, given).all()
            self.shut.update(row.person_id for row in found if row.shut)
            self.full[unit_id] = frozenset(row.person_id for row in found)
        return self.full[unit_id]

    def members(self, session: Session, unit_id: str) -> frozenset[str]:
        """Return all members of a branch, the probationary ones too."""
        if unit_id not in self.all:
            given = {"unit": unit_id, "day": self.on}
            self.all[unit_id] = frozenset(link(session).execute(_MEMBERS, given).scalars())
        return self.all[unit_id]


def _by_unit(unit_ids: list[str], rows: Iterable[sa.Row]) -> dict[str, list[sa.Row]]:
    found: dict[str, list[sa.Row]] = {unit_id: [] for unit_id in unit_ids}
    for row in sorted(rows, key=lambda row: row.order):
        found[row.unit_id].append(row)
    return found


@lru_cache(maxsize=8)
def _tree(_zone_id: str, _epoch: str) -> Tree:
    return Tree()


@lru_cache(maxsize=16)
def _day(_zone_id: str, _epoch: str, on: date) -> Day:
    return Day(on)


def day(
    session: Session, zone_id: str, on: date, unit_ids: Iterable[str], found: Day | None = None
) -> Day:
    """Return who stands where on a day, read for these units at least; `found`: where one decision
    asks several times.
    """
    found = found or _day(zone_id, epoch(session, zone_id), on)
    if len(found.posts) > MOST:
        _day.cache_clear()  # who holds it goes on with it; the next begins anew
    found.read(session, unit_ids)
    return found


def rows(session: Session, zone_id: str, unit_ids: list[str]) -> list[sa.Row]:
    """Return units as rows, in the order of these ids. Raises KeyError where one is unknown."""
    tree = _tree(zone_id, epoch(session, zone_id))
    if len(tree.rows) > MOST:
        _tree.cache_clear()
    tree.read(session, unit_ids)
    return [tree.rows[unit_id] for unit_id in unit_ids]


def read_lines(session: Session, zone_id: str, on: date, unit_ids: set[str]) -> None:
    """Read units, all that stand above them, and who stands there on a day, at once: what decides
    about many cases asks for each alone.
    """
    above = (ids_above(row.path) for row in rows(session, zone_id, list(unit_ids)))
    line = unit_ids.union(*above)
    rows(session, zone_id, list(line))
    day(session, zone_id, on, line)


def unit(session: Session, zone_id: str, unit_id: str) -> Unit:
    """Return a unit as the session's object, without asking the database where it is known."""
    return as_object(session, rows(session, zone_id, [unit_id])[0])


def place(session: Session, found: Iterable) -> None:
    """Put beside cases, posts or party days the unit of each, without asking where it is known."""
    placed = list(found)
    for zone_id in {row.zone_id for row in placed}:
        rows(session, zone_id, list({row.unit_id for row in placed if row.zone_id == zone_id}))
    for row in placed:
        set_committed_value(row, "unit", unit(session, row.zone_id, row.unit_id))


def find(session: Session, zone_id: str, unit_id: str | None) -> Unit | None:
    """Return the same; None where the zone has no such unit."""
    try:
        found = unit(session, zone_id, unit_id) if is_id(unit_id) else None
    except KeyError:
        return None
    return found if found is not None and found.zone_id == zone_id else None


def as_object(session: Session, row: sa.Row | Unit) -> Unit:
    """Return the session's object of a unit's row."""
    return row if isinstance(row, Unit) else known(session, Unit, row._asdict())


_UNITS = Prepared(
    lambda dialect: sa.select(*columns(Unit)).where(among(Unit.__table__.c.id, "units", dialect))
)
_posts, _acting = Post.__table__.c, Substitution.__table__.c


def in_office(on: date | sa.BindParameter):
    """Return the condition that a post is held on a day."""
    return sa.and_(Post.from_on <= on, sa.or_(Post.to_on.is_(None), Post.to_on >= on))


def is_member(on: date | sa.BindParameter):
    return sa.and_(
        Membership.from_on <= on, sa.or_(Membership.to_on.is_(None), Membership.to_on >= on)
    )


def _here(dialect: str) -> sa.CompoundSelect:
    """Return what asks for the posts in units and for who acts there."""
    held = sa.select(
        sa.literal_column("1").label("post"),
        _posts.unit_id,
        _posts.person_id,
        _posts.office,
        _posts.from_on,
        _posts.to_on,
        _posts.id.label("order"),
        shut_out(Post.person_id).label("shut"),
        sa.cast(sa.null(), Id).label("for_id"),
        sa.cast(sa.null(), sa.String).label("workflow"),
    ).where(
        among(_posts.unit_id, "units", dialect),
        Post.from_on <= DAY,
        sa.or_(Post.to_on.is_(None), Post.to_on >= sa.bindparam("since", type_=sa.Date)),
    )
    acting = sa.select(
        sa.literal_column("0"),
        _acting.unit_id,
        _acting.person_id,
        _acting.office,
        sa.null(),
        sa.null(),
        _acting.id,
        shut_out(Substitution.person_id),
        _acting.for_id,
        _acting.workflow,
    ).where(among(_acting.unit_id, "units", dialect), in_force(DAY))
    return sa.union_all(held, acting)


_HERE = Prepared(_here)
_MEMBERS = sa.select(Membership.__table__.c.person_id).where(
    Membership.unit_id == sa.bindparam("unit"), is_member(DAY)
)
_FULL_MEMBERS = (
    sa.select(Membership.__table__.c.person_id, shut_out(Membership.person_id).label("shut"))
    .join(Person, Person.id == Membership.person_id)
    .where(
        Membership.unit_id == sa.bindparam("unit"),
        is_member(DAY),
        Person.probationary.is_(False),
        Person.left_on.is_(None),
    )
)
