"""Acting (代理) that ends with its ground: whoever stands in serves in the unit or belongs to it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.clock import Moment
from oversight.law.roles import OFFICES
from oversight.models import Membership, Post, Substitution
from oversight.organization.actor import Actor

from . import audit_log


def follow(session: Session, people: Iterable[str], who: Actor | None, at: Moment) -> None:
    """Let acting end with the last day on which its person serves in the unit or belongs to it.

    Does not commit.
    """
    open_rows = sa.select(Substitution).where(
        Substitution.person_id.in_(list(people)),
        Substitution.ended_at.is_(None),
        Substitution.to_on >= at.today,
    )
    for row in session.scalars(open_rows).all():
        last = _ground(session, row)
        if last < row.to_on:
            _end(session, row, last, who, at)


def _ground(session: Session, row: Substitution) -> date:
    """Return until when somebody serves in the unit in which he stands in, or belongs to it."""
    days = [date.min]
    for table in (Membership, Post):
        mine = (table.person_id == row.person_id, table.unit_id == row.unit_id)
        days += [
            to_on or date.max for to_on in session.scalars(sa.select(table.to_on).where(*mine))
        ]
    return max(days)


def _end(session: Session, row: Substitution, last: date, who: Actor | None, at: Moment) -> None:
    before = row.to_on
    row.to_on = max(last, row.from_on)
    if last < max(at.today, row.from_on):
        row.ended_at, row.ended_by = at.now, who.id if who else None
    session.flush()
    days = [before.isoformat(), max(last, row.from_on).isoformat()]
    about = f"{row.unit.name}{OFFICES[row.office]}"
    what = {"stand_in": [row.person.name, ""], "to_on": days}
    audit_log.note(session, who, at, "acting", "end", row.unit, about, row.unit_id, **what)
