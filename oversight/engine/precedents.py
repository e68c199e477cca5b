"""What a branch was granted before in the same business, for whoever is to answer. Reads only."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight import workflows
from oversight.models import Case

YEAR = timedelta(days=365)


def earlier(session: Session, cases: list[Case]) -> dict[str, list[Case]]:
    """Return by case what the same branch was granted in the same business in the year before,
    newest first.
    """
    units = {case.unit_id for case in cases if case.unit.kind == "branch"}
    rows = session.scalars(_granted(cases, units)).all() if units else []
    return {case.id: [row for row in rows if _precedes(row, case)] for case in cases}


def _granted(cases: list[Case], units: set[str]):
    found = [workflows.reading(case) for case in cases]
    states = {
        workflow.name: [state.name for state in workflow.states if state.granted]
        for workflow in found
    }
    granted = [
        sa.and_(Case.workflow == name, Case.state.in_(names)) for name, names in states.items()
    ]
    return (
        sa.select(Case)
        .where(
            Case.unit_id.in_(units),
            Case.number.is_not(None),
            sa.or_(*granted),
            Case.opened_at > min(case.opened_at for case in cases) - YEAR,
        )
        .order_by(Case.opened_at.desc())
    )


def _precedes(row: Case, case: Case) -> bool:
    return (
        row.id != case.id
        and (row.unit_id, row.workflow) == (case.unit_id, case.workflow)
        and case.opened_at - YEAR < row.opened_at <= case.opened_at
    )
