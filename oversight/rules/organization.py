"""Who stands above whom."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ..models import Unit


def superiors(session: Session, unit: Unit) -> list[Unit]:
    """Return the organizations that answer a unit, the direct superior first, the zone last.

    Middle nodes that pass through are skipped. The zone answers itself. Source: G-2.1.1c
    """
    above = unit.ancestors()
    found = {row.id: row for row in session.scalars(sa.select(Unit).where(Unit.id.in_(above)))}
    chain = [found[unit_id] for unit_id in above if not found[unit_id].passes_through]
    return chain or [unit]


def heir(session: Session, unit: Unit) -> Unit:
    """Return the branch that stands in for a merged one; itself where it was not merged."""
    while unit.successor_id:
        unit = session.get(Unit, unit.successor_id)
    return unit
