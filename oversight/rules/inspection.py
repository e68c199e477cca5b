"""Facts about a visit: one open visit of a branch by a level, how often it was there, what it
found.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.rows import grouped
from oversight.law.definition import effect
from oversight.models import Case, Unit

from .context import TransitionContext

WRITTEN_UP = ("clean", "ordered")


def visit(attempt: TransitionContext) -> str:
    """Return what an inspection is about: one open visit of a branch by a level."""
    return f"{attempt.case.unit_id}:{attempt.basis.unit_id}"


def visits_this_quarter(attempt: TransitionContext) -> int:
    """Count other inspections of the branch in the same quarter."""
    day = attempt.fact_day("inspected_on")
    others = attempt.session.scalars(
        sa.select(Case).where(
            Case.unit_id == attempt.case.unit_id,
            Case.workflow == "inspection",
            Case.id != attempt.case.id,
            Case.state.not_in(("void", "cancelled")),
        )
    )
    days = [
        date.fromisoformat(case.facts["inspected_on"])
        for case in others
        if case.facts.get("inspected_on")
    ]
    return sum(
        (each.year, (each.month - 1) // 3) == (day.year, (day.month - 1) // 3) for each in days
    )


@dataclass(frozen=True)
class Visit:
    """One inspection that was written up: of which branch, of which category, on which day."""

    unit_id: str
    category: str
    on: date


def made(
    session: Session, branches: sa.Select, years: Iterable[int], now: datetime
) -> dict[str, list[Visit]]:
    """Return by who made them the inspections of some years that were written up by a moment, of these
    branches. Source: G-4.4a
    """
    rows = session.execute(
        sa.select(Case.unit_id, Unit.category, Case.facts)
        .join(Unit, Unit.id == Case.unit_id)
        .where(
            Case.unit_id.in_(branches),
            Case.workflow == "inspection",
            Case.state.in_(WRITTEN_UP),
            Case.closed_at <= now,
        )
    )
    visits = (
        (facts.get("issuer"), Visit(unit_id, category, date.fromisoformat(facts["inspected_on"])))
        for unit_id, category, facts in rows
        if facts.get("inspected_on")
    )
    return grouped((by, visit) for by, visit in visits if visit.on.year in years)


@effect
def note_visit(attempt: TransitionContext) -> None:
    """督查情况记入案卷；当场提醒的小问题不另发文。"""
    attempt.set_facts(**{name: value for name, value in attempt.raw.items() if value})


@effect
def order(attempt: TransitionContext) -> None:
    """按督查发现的问题立一件整改，送有权签发的人签发。"""
    note_visit(attempt)
    facts = attempt.case.facts
    attempt.opens.append(
        (
            "rectification",
            attempt.case.unit_id,
            {name: facts[name] for name in ("method", "inspected_on", "findings")},
        )
    )
