"""Who stands above whom, who stands in for whom, and when a post counts as held."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.models import Unit
from oversight.models.organizations import ids_above

from . import standing
from .standing import in_office

__all__ = ["COMMITTEE_FROM", "has_above", "in_office", "merged_into", "successor_of", "superiors"]
COMMITTEE_FROM = (
    7  # full members from which a branch has a committee; below, any of them may step in
)


def superiors(session: Session, unit: Unit) -> list[Unit]:
    """Return the organizations that answer a unit, the direct superior first, the zone last.

    Middle nodes that pass through are skipped. The zone answers itself. Source: G-2.1.1c
    """
    return [standing.as_object(session, row) for row in line_above(session, unit)]


def line_above(session: Session, unit: sa.Row | Unit) -> list[sa.Row | Unit]:
    """Return the same as rows."""
    found = standing.rows(session, unit.zone_id, ids_above(unit.path))
    return [row for row in found if not row.is_transparent] or [unit]


def successor_of(session: Session, unit: Unit) -> Unit:
    """Return the branch that stands in for a merged one; itself where it was not merged."""
    while unit.successor_id:
        unit = session.get(Unit, unit.successor_id)
    return unit


def merged_into(session: Session, unit_ids: set[str]) -> tuple[str, ...]:
    """Return the branches that were merged into these, directly or by way of others."""
    found: set[str] = set()
    while unit_ids:
        unit_ids = (
            set(session.scalars(sa.select(Unit.id).where(Unit.successor_id.in_(unit_ids)))) - found
        )
        found |= unit_ids
    return tuple(sorted(found))


def has_above(attempt) -> bool:
    """True where another organization stands above the one that has the case."""
    return attempt.case.escalation_level + 1 < len(line_above(attempt.session, attempt.unit))
