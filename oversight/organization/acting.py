"""Which acting (代理) is in force on a day. Reads only; who may give it is decided in operations.

Acting follows the post: it ends with its last day, with the post's holder, or where an empty post
is filled.
"""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from oversight.models import Acting, Person, Post

_holder = aliased(Post)
DAY = sa.bindparam("day")


def in_force(day: date | sa.BindParameter):
    """Return the condition that acting holds on a day: not ended, and its post as it was given."""
    same = (
        _holder.unit_id == Acting.unit_id,
        _holder.office == Acting.office,
        _holder.from_on <= day,
        sa.or_(_holder.to_on.is_(None), _holder.to_on >= day),
    )
    gone = sa.exists().where(
        Person.id == Acting.person_id, Person.left_on.is_not(None), Person.left_on <= day
    )
    return sa.and_(
        Acting.from_on <= day,
        Acting.to_on >= day,
        Acting.ended_at.is_(None),
        ~gone,
        sa.or_(
            sa.and_(Acting.for_id.is_(None), ~sa.exists().where(*same)),
            sa.exists().where(_holder.person_id == Acting.for_id, *same),
        ),
    )


def by_person(session: Session, person_id: str, day: date) -> tuple[Acting, ...]:
    """Return in whose place a person acts on a day."""
    return tuple(session.scalars(_BY_PERSON, {"person": person_id, "day": day}))


def for_person(session: Session, person_id: str, day: date) -> tuple[Acting, ...]:
    """Return who acts in a person's place on a day."""
    return tuple(
        session.scalars(
            sa.select(Acting).where(Acting.for_id == person_id, in_force(day)).order_by(Acting.id)
        )
    )


def in_unit(
    session: Session, unit_id: str, day: date, workflow: str | None = None
) -> tuple[Acting, ...]:
    """Return who acts in a unit's posts on a day; `workflow` None: for all kinds of business only."""
    return tuple(session.scalars(_IN_UNIT, {"unit": unit_id, "workflow": workflow, "day": day}))


# Asked at every step of every case: built once, not at each question.
_BY_PERSON = (
    sa.select(Acting)
    .where(Acting.person_id == sa.bindparam("person"), in_force(DAY))
    .order_by(Acting.id)
)
_IN_UNIT = (
    sa.select(Acting)
    .where(
        Acting.unit_id == sa.bindparam("unit"),
        in_force(DAY),
        sa.or_(Acting.workflow.is_(None), Acting.workflow == sa.bindparam("workflow")),
    )
    .order_by(Acting.id)
)
