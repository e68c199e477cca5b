"""What is in somebody's reach: units that he belongs to or stands above, and who belongs to them.

Reads only; visibility is in the WHERE.
"""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.paging import page_of
from oversight.base.refusals import NotFound
from oversight.models import Membership, Person, Unit


def in_reach(who):
    """Return the condition on units that the actor belongs to or stands above."""
    return _under(who, who.sight)


def kept(who):
    """Return the condition on units that the actor may know of: administrators keep units, not
    their business.
    """
    return _under(who, [*who.sight, *(post.unit.path for post in who.posts)])


def _under(who, prefixes):
    paths = [Unit.path.startswith(prefix, autoescape=True) for prefix in dict.fromkeys(prefixes)]
    return sa.and_(Unit.zone_id == who.zone_id, sa.or_(sa.false(), *paths))


def below(top: Unit):
    """Return the condition that a unit is this one or stands below it."""
    return Unit.path.startswith(top.path, autoescape=True)


def unit_in_reach(session: Session, unit_id: str, who, within=in_reach) -> Unit:
    """Return a unit. Raises NotFound."""
    row = session.scalar(sa.select(Unit).where(Unit.id == unit_id, within(who)))
    if row is None:
        raise NotFound()
    return row


def units(session: Session, who, cursor: str | None, size: int) -> list[Unit]:
    """Return a page of the units that the actor may know of, his own first. Raises InvalidInput."""
    own = [post.unit_id for post in who.posts] + ([who.branch.id] if who.branch else [])
    order = (sa.case((Unit.id.in_(own), 0), else_=1), sa.func.length(Unit.path), Unit.sort, Unit.id)
    rows = page_of(session, sa.select(Unit).where(kept(who)), order, Unit, cursor, size)
    return [row.Unit for row in rows]


def members(session: Session, who, top: Unit, on: date, cursor: str | None, size: int) -> list:
    """Return a page of the members of a unit and below it: membership, person, branch. Raises
    InvalidInput.
    """
    there = Membership.group_id == top.id if top.kind == "group" else below(top)
    statement = (
        sa.select(Membership, Person, Unit)
        .join(Person, Person.id == Membership.person_id)
        .join(Unit, Unit.id == Membership.unit_id)
        .where(
            in_reach(who),
            there,
            Membership.from_on <= on,
            sa.or_(Membership.to_on.is_(None), Membership.to_on >= on),
            Person.left_on.is_(None),
        )
    )
    order = (Unit.path, Membership.sort, Membership.id)
    return page_of(session, statement, order, Membership, cursor, size)
