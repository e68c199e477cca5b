"""What a branch was granted before in the same business, for whoever is to answer. Reads only."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight import workflows
from oversight.base.prepared import Prepared, among
from oversight.base.rows import grouped
from oversight.models import Case

YEAR = timedelta(days=365)


def earlier(session: Session, cases: list[Case]) -> dict[str, list[Any]]:
    """Return by case what the same branch was granted in the same business in the year before,
    newest first.
    """
    units = {case.unit_id for case in cases if case.unit.kind == "branch"}
    since = min(case.opened_at for case in cases) - YEAR
    rows = _NUMBERED.rows(session, units=units, since=since) if units else []
    states = _granted(cases) if rows else set()
    granted = grouped((row.unit_id, row) for row in rows if (row.workflow, row.state) in states)
    return {
        case.id: [row for row in granted.get(case.unit_id, ()) if _precedes(row, case)]
        for case in cases
    }


def _granted(cases: list[Case]) -> set[tuple[str, str]]:
    """Return the states in which the business of these cases is granted."""
    found = [workflows.reading(case) for case in cases]
    return {(one.name, state.name) for one in found for state in one.states if state.granted}


_cases = Case.__table__.c
_NUMBERED = Prepared(
    lambda dialect: (
        sa.select(
            *(_cases.id, _cases.unit_id, _cases.workflow, _cases.state, _cases.number),
            *(_cases.opened_at, _cases.facts),
        )
        .where(
            among(_cases.unit_id, "units", dialect),
            _cases.number.is_not(None),
            _cases.opened_at > sa.bindparam("since"),
        )
        .order_by(_cases.opened_at.desc())
    )
)


def _precedes(row: sa.Row, case: Case) -> bool:
    return (
        row.id != case.id
        and (row.unit_id, row.workflow) == (case.unit_id, case.workflow)
        and case.opened_at - YEAR < row.opened_at <= case.opened_at
    )
