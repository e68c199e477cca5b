"""Which acting (代理) is in force on a day. Reads only; who may give it is decided in operations.

Acting follows the post: it ends with its last day, with the post's holder, or where an empty post
is filled. A post is empty too while the account of its holder opens nothing.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from oversight.models import Account, Person, Post, Substitution
from oversight.models.epochs import epoch

_holder = aliased(Post)
DAY: sa.BindParameter[date] = sa.bindparam("day")


def shut_out(person_id):
    """Return the condition that a person can't act: the account is locked, or has no password yet.
    Who has no account at all is not judged.
    """
    return sa.exists().where(
        Account.person_id == person_id,
        sa.or_(Account.enabled.is_(False), Account.password_hash == ""),
    )


def in_force(day: date | sa.BindParameter):
    """Return the condition that acting holds on a day: not ended, and its post as it was given."""
    same = (
        _holder.unit_id == Substitution.unit_id,
        _holder.office == Substitution.office,
        _holder.from_on <= day,
        sa.or_(_holder.to_on.is_(None), _holder.to_on >= day),
    )
    gone = sa.exists().where(
        Person.id == Substitution.person_id, Person.left_on.is_not(None), Person.left_on <= day
    )
    return sa.and_(
        Substitution.from_on <= day,
        Substitution.to_on >= day,
        Substitution.ended_at.is_(None),
        ~gone,
        sa.or_(
            sa.and_(
                Substitution.for_id.is_(None),
                ~sa.exists().where(*same, ~shut_out(_holder.person_id)),
            ),
            sa.exists().where(_holder.person_id == Substitution.for_id, *same),
        ),
    )


def about(session: Session, person: Person, day: date) -> list[Substitution]:
    """Return in whose place a person acts on a day, and who acts in his."""
    if person.id not in _named(session, person.zone_id, day):
        return []  # nearly everybody: not asked again at each request
    return list(session.scalars(_ABOUT, {"person": person.id, "day": day}))


def _named(session: Session, zone_id: str, day: date) -> set[str]:
    """Return whom the acting of a zone names that may hold on a day, read once under a token."""
    kept = _read(zone_id, epoch(session, zone_id), day)
    if not kept:
        rows = session.execute(_NAMED, {"zone": zone_id, "day": day})
        kept.append({one for row in rows for one in row})
    return kept[0]


@lru_cache(maxsize=8)
def _read(_zone_id: str, _epoch: str, _day: date) -> list[set[str]]:
    return []


# Asked at every step of every case: built once, not at each question.
_NAMED = sa.select(Substitution.person_id, Substitution.for_id).where(
    Substitution.zone_id == sa.bindparam("zone"),
    Substitution.to_on >= DAY,
    Substitution.ended_at.is_(None),
)
_PERSON: sa.BindParameter[str] = sa.bindparam("person")
_ABOUT = (
    sa.select(Substitution)
    .where(sa.or_(Substitution.person_id == _PERSON, Substitution.for_id == _PERSON), in_force(DAY))
    .order_by(Substitution.id)
)
