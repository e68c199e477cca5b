"""Acts of power are told: to the person concerned and to the administrators who did not do it.

The notices are in the inbox of each; the act itself is in the audit log.
"""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.clock import Moment
from oversight.base.sentences import say
from oversight.engine import outbox
from oversight.law.roles import ADMINISTRATORS
from oversight.models import Post
from oversight.organization.standing import in_office
from oversight.organization.units import zone_unit


def day(on: date) -> str:
    """Write a day as people read it in a notice."""
    return say("%(y)s年%(m)s月%(d)s日", y=on.year, m=on.month, d=on.day)


def administrators(session: Session, zone_id: str, on) -> list[str]:
    """Return who is system, security or audit administrator of a zone on a day."""
    top = zone_unit(session, zone_id)
    rows = sa.select(Post.person_id).where(
        Post.unit_id == top.id, Post.office.in_(ADMINISTRATORS), in_office(on)
    )
    return sorted(set(session.scalars(rows)))


def person(session: Session, zone_id: str, person_id: str, key: str, text, at: Moment) -> None:
    """Tell a person what was done about him. Does not commit."""
    _say(session, zone_id, person_id, key, text, at)


def others(session: Session, zone_id: str, key: str, text, by_id: str | None, at: Moment) -> None:
    """Tell the administrators, but not the one who did it. Does not commit."""
    for one in administrators(session, zone_id, at.today):
        if one != by_id:
            _say(session, zone_id, one, key, text, at)


def _say(session: Session, zone_id: str, person_id: str, key: str, text, at: Moment) -> None:
    once = f"power:{key}:{at.now.isoformat()}"
    outbox.notify(session, zone_id, person_id, once, text, at)
