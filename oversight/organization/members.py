"""Facts about members: who belongs, who is expected on a day, who is excused."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.kept import Kept
from oversight.base.prepared import Prepared
from oversight.base.rows import ids_of
from oversight.base.sentences import N_
from oversight.models import Membership, Person, Post, Unit, images
from oversight.models.attendance import CATEGORIES

from .names import told_apart
from .standing import is_member
from .substitution import DAY
from .units import in_office

if TYPE_CHECKING:
    from oversight.rules.context import TransitionContext

_members, _listed = (Kept("memberships", "persons") for _ in range(2))
__all__ = ["CARE_REASONS", "CATEGORIES", "belongs", "exempt", "exempt_on", "expected", "members"]

CARE_REASONS = (
    (N_("年老体弱"), N_("年老体弱")),
    (N_("长期在外"), N_("长期在外")),
    (N_("其他"), N_("其他")),
)


def belongs(attempt: TransitionContext) -> bool:
    """True where the member named in the case belongs to its branch today."""
    return attempt.case.facts["member"] in set(
        ids_of(members(attempt.session, attempt.case.unit_id, attempt.today))
    )


def members(session: Session, unit_id: str, on: date) -> list[Person]:
    """Return the members of a branch on a day in the order of its roster; read once a transaction."""
    store, key = _members.of(session), (unit_id, on)
    if key not in store:
        store[key] = session.scalars(of_branch(Person), {"unit": unit_id, "day": on}).all()
    return list(store[key])


def of_branch(*wanted) -> sa.Select:
    """Return what asks for something of the members of a branch, "unit", on a "day"."""
    return (
        sa.select(*wanted)
        .select_from(Person)
        .join(Membership, Membership.person_id == Person.id)
        .where(
            Membership.unit_id == sa.bindparam("unit"),
            is_member(DAY),
            sa.or_(Person.left_on.is_(None), Person.left_on > DAY),
        )
        .order_by(Membership.sort, Person.id)
    )


_LISTED = Prepared(
    of_branch(Person.id, Person.probationary, Person.exempt_from, Person.exempt_until)
)


def listed(session: Session, unit_id: str, on: date) -> list:
    """Return the same as rows of id, `probationary` and the days of an exemption, where nothing else
    is asked of them.
    """
    store, key = _listed.of(session), (unit_id, on)
    if key not in store:
        store[key] = _LISTED.rows(session, unit=unit_id, day=on)
    return store[key]


def called(session: Session, people, on: date) -> dict[str, str]:
    """Return by id how each of these people is called where they stand together: the name, and for
    namesakes what tells them apart.
    """
    listed = list({one.id: one for one in people}.values())
    times = Counter(one.name for one in listed)
    twice = [one.id for one in listed if times[one.name] > 1]
    units = {}
    if twice:
        rows = sa.select(Membership.person_id, Unit.name).join(Unit, Unit.id == Membership.unit_id)
        found = session.execute(rows.where(Membership.person_id.in_(twice), is_member(on)))
        units = {person_id: name for person_id, name in found}
    return told_apart(listed, units)


def branch_of(session: Session, person: Person, on: date) -> Unit | None:
    """Return the branch that a person belongs to on a day."""
    return session.scalar(
        sa.select(Unit)
        .join(Membership, Membership.unit_id == Unit.id)
        .where(Membership.person_id == person.id, is_member(on))
    )


def expected(session: Session, unit_id: str, on: date) -> list[Person]:
    """Return the roster of a day (应到): all members but those exempt, leaders too. Source: G-2.2.1,
    O-2.2.1b
    """
    return [person for person in members(session, unit_id, on) if not exempt_on(person, on)]


def exempt_on(person: Person | sa.Row, on: date) -> bool:
    """True from the first to the last day of an exemption, both included."""
    return bool(person.exempt_from and person.exempt_from <= on <= person.exempt_until)


def exempt(attempt: TransitionContext, begin: date | None, end: date) -> None:
    """Set the first and last day on which the member of the case stands outside 应到; None: since
    when stays. Does not commit.
    """
    person = attempt.session.get(Person, attempt.case.facts["member"])
    person.exempt_from, person.exempt_until = begin or person.exempt_from, end
    image = images.of(Person, person)
    images.put(attempt.session, attempt.case.id, Person, [person.id], **image)


def in_office_of(session: Session, unit_ids, on: date) -> list[Person]:
    """Return who holds a post in these units on a day."""
    return list(
        session.scalars(
            sa.select(Person)
            .join(Post, Post.person_id == Person.id)
            .where(Post.unit_id.in_(list(unit_ids)), in_office(on))
            .distinct()
            .order_by(Person.id)
        )
    )


def by_name(session: Session, ids) -> list[Person]:
    """Return people by their ids, in the order of their names."""
    found = sa.select(Person).where(Person.id.in_(list(ids))).order_by(Person.name, Person.id)
    return list(session.scalars(found)) if ids else []


def groups_on(session: Session, unit_id: str, on: date) -> dict[str, Unit]:
    """Return the 党小组 of those members of a branch who are in one on a day, by person."""
    return dict(
        session.execute(
            sa.select(Membership.person_id, Unit)
            .join(Unit, Unit.id == Membership.group_id)
            .where(
                Membership.unit_id == unit_id,
                Membership.from_on <= on,
                sa.or_(Membership.to_on.is_(None), Membership.to_on >= on),
            )
        ).all()
    )
