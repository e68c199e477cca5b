"""Which unit stands above which, and which succeeded a merged one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from oversight.base.db import by_ids, is_id
from oversight.base.paging import part
from oversight.models import Unit
from oversight.models.epochs import epoch
from oversight.models.organizations import ids_above

from . import standing
from .standing import in_office

if TYPE_CHECKING:
    from oversight.rules.context import TransitionContext

__all__ = ["COMMITTEE_FROM", "has_above", "in_office", "merged_into", "successor_of", "superiors"]
COMMITTEE_FROM = (
    7  # full members from which a branch has a committee; below, any of them may step in
)


PAGE = 100  # units of a list that a page shows

UnitRow = sa.Row | Unit  # a unit, or the columns of it that were read


@dataclass(frozen=True)
class UnitPage:
    """A page of a list of units, their superiors by id, and the id after which the next begins."""

    rows: list[Unit]
    above: dict[str, Unit]
    next: str | None


def outline(session: Session, zone_id: str, *which) -> list[sa.Row]:
    """Return what places the existing units of a zone in a list, without the units themselves."""
    return list(session.execute(outlines(zone_id, *which)))


_THERE = Unit.ended_on.is_(None)


def outlines(zone_id: str, *which, there=_THERE) -> sa.Select:
    """Return the statement of the same."""
    return (
        sa.select(Unit.id, Unit.parent_id, Unit.path, Unit.kind, Unit.name, Unit.sort)
        .where(Unit.zone_id == zone_id, there, *which)
        .order_by(Unit.id)
    )


def zone_unit(session: Session, zone_id: str) -> Unit:
    """Return the unit at the top of a zone."""
    return session.scalars(
        sa.select(Unit).where(Unit.zone_id == zone_id, Unit.kind == "zone")
    ).one()


def page_of(session: Session, ids: list[str], after: str = "", size: int = PAGE) -> UnitPage:
    """Return the page of a list that follows a unit; the first where that is not listed any more."""
    shown, following = part(ids, after, size)
    found = by_ids(session, Unit, shown)
    rows = [found[unit_id] for unit_id in shown]
    parents = {unit.parent_id for unit in rows if unit.parent_id}
    above = by_ids(session, Unit, parents)
    return UnitPage(rows, above, following)


def superiors(session: Session, unit: Unit) -> list[Unit]:
    """Return the organizations that answer a unit, the direct superior first, the zone last.

    Middle nodes that pass through are skipped. The zone answers itself. Source: G-2.1.1c
    """
    return [standing.as_object(session, row) for row in line_above(session, unit)]


def line_above(session: Session, unit: UnitRow) -> list[UnitRow]:
    """Return the same as rows."""
    found = standing.rows(session, unit.zone_id, ids_above(unit.path))
    return [row for row in found if not row.is_transparent] or [unit]


def successor_of(session: Session, unit: Unit) -> Unit:
    """Return the branch that stands in for a merged one; itself where it was not merged."""
    while unit.successor_id:
        unit = session.get(Unit, unit.successor_id)
    return unit


def others_of_zone(session: Session, unit: Unit) -> list[tuple[str, str, str]]:
    """Return the other units of a zone that still exist: id, name, and the name of what stands
    above.
    """
    above = aliased(Unit)
    rows = session.execute(
        sa.select(Unit.id, Unit.name, above.name)
        .join(above, above.id == Unit.parent_id)
        .where(
            Unit.zone_id == unit.zone_id,
            Unit.id != unit.id,
            Unit.kind.not_in(("zone", "group")),
            Unit.ended_on.is_(None),
        )
        .order_by(above.sort, above.id, Unit.sort, Unit.id)
    )
    return [(unit_id, name, superior) for unit_id, name, superior in rows]


def branches_to_join(
    session: Session, unit: Unit, find: str = "", chosen: Iterable[str] = (), most: int = 50
) -> tuple[list[tuple[Unit, str]], bool]:
    """Return the other branches of a zone, each with the name of what stands above it, those of the
    same town first; and whether more than `most` were found. Chosen ones are always among them.
    """
    above = aliased(Unit)
    wanted = (
        sa.select(Unit, above.name)
        .join(above, above.id == Unit.parent_id)
        .where(
            Unit.zone_id == unit.zone_id,
            Unit.kind == "branch",
            Unit.id != unit.id,
            Unit.ended_on.is_(None),
        )
        .order_by(Unit.parent_id != unit.parent_id, above.sort, above.id, Unit.sort, Unit.id)
    )
    named = wanted.where(Unit.name.contains(find, autoescape=True)) if find else wanted
    found = session.execute(named.limit(most + 1)).all()
    kept = {row[0].id for row in found[:most]}
    ids = [one for one in chosen if is_id(one) and one not in kept]
    also = session.execute(wanted.where(Unit.id.in_(ids))).all() if ids else []
    return [(branch, name) for branch, name in (*also, *found[:most])], len(found) > most


@lru_cache(maxsize=8)
def _merged(_zone_id: str, _epoch: str) -> dict[frozenset[str], tuple[str, ...]]:
    return {}


def merged_into(session: Session, zone_id: str, unit_ids: set[str]) -> tuple[str, ...]:
    """Return the branches that were merged into these, directly or by way of others."""
    if not unit_ids:
        return ()
    known, key = _merged(zone_id, epoch(session, zone_id)), frozenset(unit_ids)
    if key not in known:
        known[key] = _read_merged(session, unit_ids)
    return known[key]


def _read_merged(session: Session, unit_ids: set[str]) -> tuple[str, ...]:
    found: set[str] = set()
    while unit_ids:
        unit_ids = (
            set(session.scalars(sa.select(Unit.id).where(Unit.successor_id.in_(unit_ids)))) - found
        )
        found |= unit_ids
    return tuple(sorted(found))


def with_former(unit_ids: Iterable[str]) -> sa.CTE:
    """Return these units and those that were merged into them, directly or by way of others: `id`, `heir`
    (itself, where it is one of these), `name` and `ended_on`.
    """
    which = (Unit.name, Unit.ended_on)
    own = sa.select(Unit.id, Unit.id.label("heir"), *which).where(Unit.id.in_(list(unit_ids)))
    line = own.cte("line", recursive=True)
    merged = sa.select(Unit.id, line.c.heir, *which).where(Unit.successor_id == line.c.id)
    return line.union(merged)


def has_above(attempt: TransitionContext) -> bool:
    """True where another organization stands above the one that has the case."""
    return attempt.case.escalation_level + 1 < len(line_above(attempt.session, attempt.unit))


def by_id(session: Session, ids) -> dict[str, Unit]:
    """Return units by their ids."""
    return by_ids(session, Unit, ids)


def offices(session: Session, zone_id: str) -> list[Unit]:
    """Return the towns and departments of a zone."""
    return list(
        session.scalars(
            sa.select(Unit)
            .where(
                Unit.zone_id == zone_id,
                Unit.kind.in_(("town", "department")),
                Unit.ended_on.is_(None),
            )
            .order_by(Unit.sort, Unit.id)
        )
    )


def present(session: Session, zone_id: str) -> list[Unit]:
    """Return the units of a zone that have not ended, in no order."""
    return list(
        session.scalars(sa.select(Unit).where(Unit.zone_id == zone_id, Unit.ended_on.is_(None)))
    )
