"""The rolls of branches: who belongs where from when to when. An act of administration tells how it
left a roll by its digest; a zone has tens of thousands of memberships.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.models import Membership

from .verifier import digest

TABLE = "memberships"  # as images and verifier name it, by branch
CHUNK = 400  # ids in one query
_CHANGED = "rolls"


@sa.event.listens_for(Session, "after_flush")
def _hear(session: Session, _context) -> None:
    for group in (session.new, session.dirty, session.deleted):
        for row in group:
            if isinstance(row, Membership):
                session.info.setdefault(_CHANGED, set()).add((row.zone_id, row.unit_id))


@sa.event.listens_for(Session, "after_commit")
@sa.event.listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    session.info.pop(_CHANGED, None)


def changed(session: Session, zone_id: str) -> dict[str, dict]:
    """Return by branch the rolls of a zone that the transaction has changed by objects."""
    units = sorted(unit for zone, unit in session.info.get(_CHANGED, ()) if zone == zone_id)
    found: dict[str, dict] = {}
    for start in range(0, len(units), CHUNK):
        found |= standing(session, Membership.unit_id.in_(units[start : start + CHUNK]))
    return found


def standing(session: Session, which) -> dict[str, dict]:
    """Return by branch how its roll stands, as images keep it."""
    names = ("id", "zone_id", "person_id", "group_id", "from_on", "to_on")
    rows = sa.select(Membership.unit_id, *(getattr(Membership, name) for name in names))
    found: dict[str, list] = {}
    for unit_id, *row in session.execute(rows.where(which).order_by(Membership.id)):
        found.setdefault(unit_id, []).append([_text(value) for value in row])
    return {
        key: {"rows": len(rows), "digest": digest({"rows": rows})} for key, rows in found.items()
    }


def _text(value) -> str | None:
    return value if value is None else str(value)
