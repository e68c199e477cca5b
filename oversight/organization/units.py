"""Who stands above whom, who stands in for whom, and when a post counts as held."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.models import Post, Unit

_UNITS = sa.select(Unit).where(Unit.id.in_(sa.bindparam("ids", expanding=True)))
COMMITTEE_FROM = (
    7  # full members from which a branch has a committee; below, any of them may step in
)


PAGE = 100  # units of a list that a page shows


@dataclass(frozen=True)
class UnitPage:
    """A page of a list of units, their superiors by id, and the id after which the next begins."""

    rows: list[Unit]
    above: dict[str, Unit]
    next: str | None


def outline(session: Session, zone_id: str, *which) -> list[sa.Row]:
    """Return what places the existing units of a zone in a list, without the units themselves."""
    return list(
        session.execute(
            sa.select(Unit.id, Unit.parent_id, Unit.path, Unit.kind, Unit.name, Unit.sort)
            .where(Unit.zone_id == zone_id, Unit.ended_on.is_(None), *which)
            .order_by(Unit.id)
        )
    )


def zone_unit(session: Session, zone_id: str) -> Unit:
    """Return the unit at the top of a zone."""
    return session.scalars(
        sa.select(Unit).where(Unit.zone_id == zone_id, Unit.kind == "zone")
    ).one()


def page_of(session: Session, ids: list[str], after: str = "") -> UnitPage:
    """Return the page of a list that follows a unit; the first where that is not listed any more."""
    start = ids.index(after) + 1 if after in ids else 0
    shown = ids[start : start + PAGE]
    found = {unit.id: unit for unit in session.scalars(_UNITS, {"ids": shown})}
    rows = [found[unit_id] for unit_id in shown]
    parents = {unit.parent_id for unit in rows if unit.parent_id}
    above = {unit.id: unit for unit in session.scalars(_UNITS, {"ids": list(parents)})}
    return UnitPage(rows, above, shown[-1] if start + PAGE < len(ids) else None)


def superiors(session: Session, unit: Unit) -> list[Unit]:
    """Return the organizations that answer a unit, the direct superior first, the zone last.

    Middle nodes that pass through are skipped. The zone answers itself. Source: G-2.1.1c
    """
    above = unit.ancestors()
    found = {row.id: row for row in session.scalars(_UNITS, {"ids": above})}
    chain = [found[unit_id] for unit_id in above if not found[unit_id].is_transparent]
    return chain or [unit]


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


def in_office(day: date):
    """Return the condition that a post is held on a day."""
    return sa.and_(Post.from_on <= day, sa.or_(Post.to_on.is_(None), Post.to_on >= day))


def has_above(attempt) -> bool:
    """True where another organization stands above the one that has the case."""
    return attempt.case.escalation_level + 1 < len(superiors(attempt.session, attempt.unit))
