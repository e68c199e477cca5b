"""Records as they stood at a moment: what was changed later is told back from what each change replaced,
a case's state from its journal. Reads only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.engine.open_work import states
from oversight.models import Activity, ActivityChange, Case

from .table import NOT_KEPT

_TYPES = {
    column.key: getattr(column.type, "impl_instance", column.type).python_type
    for column in Activity.__table__.columns
}


def stood(model, now: datetime) -> tuple[sa.ColumnElement, ...]:
    """Return the conditions that a record had been noted and not been taken back by a moment."""
    kept = sa.or_(model.withdrawn_at.is_(None), model.withdrawn_at > now)
    return model.noted_at <= now, kept


def activities(session: Session, rows: list[Activity], now: datetime) -> list[Activity]:
    """Return party days as they stood; those that were changed since as copies that no session keeps."""
    later = session.scalars(
        sa.select(ActivityChange)
        .where(ActivityChange.activity_id.in_([row.id for row in rows]), ActivityChange.at > now)
        .order_by(ActivityChange.at.desc(), ActivityChange.id.desc())
    )
    before: dict[str, dict] = {}
    for change in later:
        found = before.setdefault(change.activity_id, {})
        found |= {name: _read(name, value) for name, value in change.what.items() if name in _TYPES}
    return [_as(row, before[row.id]) if row.id in before else row for row in rows]


def _read(name: str, value: list):
    """Return what a field was before a change."""
    kind, old = _TYPES[name], value[0]
    return kind.fromisoformat(old) if isinstance(old, str) and issubclass(kind, date) else old


def _as(row: Activity, before: dict) -> Activity:
    return Activity(**{name: getattr(row, name) for name in _TYPES} | before)


@dataclass(frozen=True)
class Stood:
    """A case and the state in which it was."""

    id: str
    state: str


def appraisals(session: Session, ids: list[str], now: datetime) -> dict[tuple[str, int], Stood]:
    """Return the newest appraisal of each branch and year that stood at a moment."""
    rows = session.scalars(
        sa.select(Case)
        .where(Case.workflow == "appraisal", Case.unit_id.in_(ids), Case.opened_at <= now)
        .order_by(Case.id)
    ).all()
    found = states(session, list(rows), now)
    return {
        (case.unit_id, case.facts.get("year")): Stood(case.id, found[case.id])
        for case in rows
        if found[case.id] not in NOT_KEPT
    }
