"""Facts about a bulletin: which month, how it was held unit by unit, and its paper. Units stand in their own
order, never by figures; a month of trial is counted as such, and judged nowhere.
"""

from __future__ import annotations

from collections import Counter
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from oversight.calendar.party_days import before_start, in_trial, month_end, owed, status
from oversight.calendar.workdays import months_after
from oversight.law.definition import effect
from oversight.models import Activity, Case, Paper, Unit
from oversight.organization.units import by_id
from oversight.papers.notices import bulletin
from oversight.papers.numbers import issue

from .context import TransitionContext
from .zone_notice import first_of, to_every_branch

LAST_DAY = 10  # house rule: of the month after
KEPT_FOR = 6  # months after which a bulletin is revoked no more
COUNTED = {"held": "held", "late": "late", "missed": "missed", "excused": "excused"}


def last_month(today: date) -> str:
    return months_after(today.replace(day=1), -1).isoformat()[:7]


def about(attempt: TransitionContext) -> str:
    """Name what a bulletin is about: one a unit and month, and one for each that it corrects."""
    corrects = attempt.words.get("corrects") or ""
    return f"{teller(attempt.unit)}:{attempt.words['month']}:{corrects}"[:80]


def teller(unit: Unit) -> str:
    """Return the id under which a unit's bulletins are known: of the zone its own."""
    return unit.zone_id if unit.kind == "zone" else unit.id


def was_told(attempt: TransitionContext, number: str) -> bool:
    """True where a bulletin of this unit and month was issued under a number and stands."""
    month = f"{teller(attempt.unit)}:{attempt.words['month']}:"
    found = attempt.session.scalar(
        sa.select(Paper.id)
        .join(Case, Case.id == Paper.case_id)
        .where(
            Case.workflow == "bulletin",
            Case.business_key.startswith(month, autoescape=True),
            Paper.unit_id == attempt.unit.id,
            Paper.number == number.strip(),
            Paper.void_at.is_(None),
        )
        .limit(1)
    )
    return found is not None


def stale_on(attempt: TransitionContext) -> date:
    """Return the day from which a bulletin is kept as it is, and a draft is none any more."""
    return months_after(first_of(attempt.case.facts["month"]), KEPT_FOR)


def was_before(attempt: TransitionContext) -> bool:
    """True where a month was over before the unit began to use the program, and no branch below it had
    begun earlier.
    """
    first = first_of(attempt.words["month"])
    before = before_start(attempt.unit, month_end(first.year, first.month))
    return before and not _figures(attempt, first)


def due_on(year: int, month: int) -> date:
    """Return by when a month is to be told of: the 10th of the month after."""
    return months_after(date(year, month, 1), 1).replace(day=LAST_DAY)


def subject(teller: str, year: int, month: int) -> str:
    """Name what a month's own bulletin is about."""
    return f"{teller}:{year}-{month:02}:"


@effect
def count(attempt: TransitionContext) -> None:
    """按登记统计当月开展情况，签发时的数字随通报定下。"""
    first = first_of(attempt.case.facts["month"])
    attempt.set_facts(figures=_figures(attempt, first))


def _figures(attempt: TransitionContext, first: date) -> list[dict]:
    """Return by superior unit, in their own order, how many branches did what in a month; of a unit
    below the zone by branch.
    """
    whole = attempt.unit.kind == "zone"
    rows = attempt.session.scalars(
        sa.select(Activity)
        .join(Unit, Unit.id == Activity.unit_id)
        .where(
            Activity.zone_id == attempt.case.zone_id,
            Activity.year == first.year,
            Activity.month == first.month,
            Activity.kind == "party_day",
            Unit.path.startswith(attempt.unit.path, autoescape=True),
        )
        .options(joinedload(Activity.unit))
    )
    counts: dict[str, Counter[str]] = {}
    for row in rows:
        if not owed(row.unit, row.year, row.month):
            continue
        of = (row.unit.parent_id or "") if whole else row.unit_id
        found = counts.setdefault(of, Counter())
        if _on_trial(attempt.session, row):
            found["trial"] += 1
            continue
        found["expected"] += 1
        found[COUNTED.get(status(row, attempt.today), "open")] += 1
    above = by_id(attempt.session, set(counts) - {""})
    order = sorted(counts, key=lambda one: (above[one].sort, one) if one in above else (0, one))
    return [{"unit": above[one].name, **counts[one]} for one in order if one in above]


def _on_trial(session: Session, row: Activity) -> bool:
    begin, end = date(row.year, row.month, 1), month_end(row.year, row.month)
    return in_trial(session, row.unit, begin, end)


@effect
def publish(attempt: TransitionContext) -> None:
    """通报编文号印发到各党组织，长期存档。"""
    kind = "notice" if attempt.case.facts.get("corrects") else "bulletin"
    issue(attempt, attempt.unit, kind, "", bulletin(attempt))
    to_every_branch(attempt)
