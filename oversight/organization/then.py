"""What units and people were called on a day, as a record of that day names them. Reads only."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.law.roles import OFFICES
from oversight.models import AdminChange, Person, Post, Unit, UnitChange

from .standing import in_office

CORRECTED = "correct"  # the act by which what a member is known by is put right
DAY = timedelta(days=1)


def unit_then(session: Session, unit: Unit, on: date) -> str:
    """Return what a unit was called on a day."""
    renamed = (
        sa.select(UnitChange.what)
        .where(UnitChange.unit_id == unit.id, UnitChange.kind == "renamed", UnitChange.day > on)
        .order_by(UnitChange.id)
        .limit(1)
    )
    what = session.scalar(renamed)
    return what["name"][0] if what else unit.name


def names(
    session: Session, ids: Iterable[str | None], since: datetime | date | None = None
) -> dict[str, str]:
    """Return the names of people by their ids: as they are, or as they were `since` a day or an hour."""
    wanted = {one for one in ids if one}
    if not wanted:
        return {}
    rows = session.execute(sa.select(Person.id, Person.name).where(Person.id.in_(wanted)))
    now = {person_id: name for person_id, name in rows}
    return now | (_before(session, wanted, since) if since else {})


def _before(session: Session, wanted: set[str], since: datetime | date) -> dict[str, str]:
    """Return the names of those that were put right later, as they read before the first of these."""
    if not isinstance(since, datetime):
        since = datetime.combine(since + DAY, time(), UTC)
    rows = session.execute(
        sa.select(AdminChange.about_id, AdminChange.what)
        .where(
            AdminChange.about_id.in_(wanted), AdminChange.act == CORRECTED, AdminChange.at > since
        )
        .order_by(AdminChange.id.desc())
    )
    return {person: what["name"][0] for person, what in rows if "name" in what}


def with_post(session: Session, unit: Unit, person_id: str | None, on: date) -> str:
    """Return a name with the post that it held in a unit on a day, as a record names who led it."""
    if not person_id:
        return ""
    held = sa.select(Post.office).where(
        Post.person_id == person_id, Post.unit_id == unit.id, in_office(on)
    )
    offices = [OFFICES[one] for one in session.scalars(held) if one in OFFICES]
    name = names(session, [person_id], on).get(person_id, "")
    return f"{name}（{'、'.join(offices)}）" if offices else name
