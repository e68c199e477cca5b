"""What has been entered for a later day, within somebody's reach: units, members, posts. Reads only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.paging import First
from oversight.base.sentences import say
from oversight.law.roles import OFFICES
from oversight.models import Membership, Person, Post, Unit
from oversight.organization import reach
from oversight.organization.actor import Actor

from . import reorganize, reorganized

MOST = 100  # that a page shows


@dataclass(frozen=True)
class Coming:
    """A change that waits for its day: which, and the page on which it can be changed."""

    day: date
    sentence: str
    unit_id: str
    person_id: str = ""
    kind: str = "unit"


def within(session: Session, who: Actor) -> First:
    """Return what waits for its day in units that the actor keeps or sees, the next first."""
    found = [*_units(session, who), *_members(session, who), *_posts(session, who)]
    return First(sorted(found, key=lambda one: (one.day, one.unit_id, one.sentence)), MOST)


def _units(session: Session, who: Actor) -> Iterator[Coming]:
    kept = [*who.sight, *(post.unit.path for post in who.posts)]  # as `reach.kept` has it
    for row in reorganized.waiting(session, who.zone_id):
        if not any(map(row.unit.within, kept)):
            continue
        said = say(
            "%(unit)s%(act)s%(into)s",
            unit=row.unit.name,
            act=reorganize.WHAT[row.kind],
            into=reorganize.target(session, row),
        )
        yield Coming(row.day, said, row.unit_id)


def _members(session: Session, who: Actor) -> Iterator[Coming]:
    rows = (
        sa.select(Membership, Person, Unit)
        .join(Person, Person.id == Membership.person_id)
        .join(Unit, Unit.id == Membership.unit_id)
        .where(Membership.zone_id == who.zone_id, Membership.from_on > who.on, reach.kept(who))
        .order_by(Membership.from_on, Membership.id)
        .limit(MOST + 1)
    )
    for row, person, unit in session.execute(rows):
        said = say("%(name)s转入%(unit)s", name=person.name, unit=unit.name)
        yield Coming(row.from_on, said, unit.id, person.id, "person")


def _posts(session: Session, who: Actor) -> Iterator[Coming]:
    rows = (
        sa.select(Post, Person)
        .join(Person, Person.id == Post.person_id)
        .join(Unit, Unit.id == Post.unit_id)
        .where(Post.zone_id == who.zone_id, Post.from_on > who.on, reach.kept(who))
        .order_by(Post.from_on, Post.id)
        .limit(MOST + 1)
    )
    for post, person in session.execute(rows):
        said = say(
            "%(name)s任%(unit)s%(office)s",
            name=person.name,
            unit=post.unit.name,
            office=OFFICES[post.office],
        )
        yield Coming(post.from_on, said, post.unit_id, person.id, "post")
