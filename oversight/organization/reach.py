"""What is in somebody's reach: units that he belongs to or stands above, and who belongs to them.

Reads only; visibility is in the WHERE.
"""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.db import find
from oversight.base.paging import cut, page_of
from oversight.base.refusals import NotFound
from oversight.law.roles import ADMINISTRATORS
from oversight.models import Membership, Person, Post, Unit

from .standing import in_office, is_member
from .units import outline


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


def people(who) -> sa.Select:
    """Select the living people of whom the actor may know: who belongs or serves within his reach;
    for administrators everybody of the zone.
    """
    living = sa.select(Person).where(Person.zone_id == who.zone_id, Person.left_on.is_(None))
    if who.holds(*ADMINISTRATORS):
        return living
    units = sa.select(Unit.id).where(in_reach(who))
    return living.where(_belongs(units, who.on))


def _belongs(units: sa.Select, on: date):
    """Return the condition that a person belongs to one of the units or serves there."""
    belongs = sa.exists().where(
        Membership.person_id == Person.id, is_member(on), Membership.unit_id.in_(units)
    )
    serves = sa.exists().where(Post.person_id == Person.id, in_office(on), Post.unit_id.in_(units))
    return sa.or_(belongs.correlate(Person), serves.correlate(Person))


def person_in_reach(session: Session, person_id: str, who) -> Person | None:
    """Return a person of whom the actor may know, as `people` has it."""
    person = find(session, Person, person_id)
    if person is None or person.zone_id != who.zone_id or person.left_on is not None:
        return None
    known = who.holds(*ADMINISTRATORS) or any(map(who.sees, _places(session, person, who.on)))
    return person if known else None


def _places(session: Session, person: Person, on: date) -> list[Unit]:
    """Return the units to which a person belongs or in which he serves."""
    joined = sa.select(Unit).join(Membership, Membership.unit_id == Unit.id)
    serving = sa.select(Unit).join(Post, Post.unit_id == Unit.id)
    found = session.scalars(joined.where(Membership.person_id == person.id, is_member(on))).all()
    held = session.scalars(serving.where(Post.person_id == person.id, in_office(on))).all()
    return [*found, *held]


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


# Looked for by name -------------------------------------------------------------------------------


def people_called(
    session: Session, who, name: str, cursor: str | None, size: int, top: Unit | None = None
) -> list[Person]:
    """Return a page of the people within reach whose name has a part, of a unit and below it where
    one is named. Raises InvalidInput.
    """
    wanted = people(who).where(Person.name.contains(name, autoescape=True))
    if top is not None:
        wanted = wanted.where(_belongs(sa.select(Unit.id).where(below(top)), who.on))
    return list(
        session.scalars(cut(session, wanted, (Person.name, Person.id), Person, cursor, size))
    )


def places(session: Session, who, ids: list[str]) -> dict[str, tuple[str, Unit]]:
    """Return where people are found within reach: `branch` and the one they belong to, else `post`
    and a unit in which they serve.
    """
    near = sa.true() if who.holds(*ADMINISTRATORS) else in_reach(who)
    serving = sa.select(Post.person_id, Unit).join(Unit, Unit.id == Post.unit_id)
    belonging = sa.select(Membership.person_id, Unit).join(Unit, Unit.id == Membership.unit_id)
    held = session.execute(serving.where(Post.person_id.in_(ids), in_office(who.on), near))
    joined = session.execute(
        belonging.where(Membership.person_id.in_(ids), is_member(who.on), near)
    )
    found = {person_id: ("post", unit) for person_id, unit in held}
    return found | {person_id: ("branch", unit) for person_id, unit in joined}


def units_called(session: Session, who, name: str, top: Unit | None = None) -> list[str]:
    """Return the ids of the existing units that the actor may know of and whose name has a part, the
    higher ones first.
    """
    named = [Unit.name.contains(name, autoescape=True), *([below(top)] if top is not None else [])]
    rows = outline(session, who.zone_id, kept(who), Unit.kind != "group", *named)
    return [row.id for row in sorted(rows, key=lambda row: (row.path.count("/"), row.sort, row.id))]


def tops(session: Session, who, most: int = 60) -> list[tuple[str, str]]:
    """Return the units by which what is found may be narrowed, with their names: those that stand
    above branches, or the branches where there is but one; none where that is no choice.
    """
    for kinds in (("town", "department"), ("branch",)):
        rows = outline(session, who.zone_id, kept(who), Unit.kind.in_(kinds))
        if len(rows) > 1:
            return [(row.id, row.name) for row in rows[:most]]
    return []
