"""Facts about the theme of a month: which month, until when it can be settled, and its notice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.calendar.party_days import month_end
from oversight.calendar.workdays import months_after
from oversight.law.definition import effect
from oversight.models import Case
from oversight.papers.notices import theme_of_the_month
from oversight.papers.numbers import issue

from .context import TransitionContext
from .zone_notice import first_of, to_every_branch

LAST_DAY = 25  # house rule: of the month before
STANDS = ("in_force", "over")


def next_month(today: date) -> str:
    return months_after(today.replace(day=1), 1).isoformat()[:7]


def subject(zone_id: str, year: int, month: int) -> str:
    """Name what a theme is about: one a zone and month."""
    return f"{zone_id}:{year}-{month:02}"


def about(attempt: TransitionContext) -> str:
    return f"{attempt.case.zone_id}:{attempt.words['month']}"


def over_on(attempt: TransitionContext) -> date:
    """Return the first day after the month of a theme."""
    return months_after(first_of(attempt.case.facts["month"]), 1)


def due_on(year: int, month: int) -> date:
    """Return by when a month's theme is to be there: the 25th of the month before."""
    before = months_after(date(year, month, 1), -1)
    return before.replace(day=min(LAST_DAY, month_end(before.year, before.month).day))


@dataclass(frozen=True)
class Theme:
    """What the zone settled for a month: its theme, what every branch does, and the notice's number."""

    case_id: str
    title: str
    actions: tuple[str, ...]
    number: str | None


def lines(text: str) -> tuple[str, ...]:
    """Return what was written line by line."""
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def of_month(session: Session, zone_id: str, year: int, month: int) -> Theme | None:
    """Return what the zone settled for a month; None where it settled nothing. Source: G-2.3.1"""
    case = session.scalar(
        sa.select(Case)
        .where(
            Case.business_key == subject(zone_id, year, month),
            Case.workflow == "theme",
            Case.state.in_(STANDS),
        )
        .order_by(Case.opened_at.desc())
        .limit(1)
    )
    if case is None:
        return None
    return Theme(case.id, case.facts["theme"], lines(case.facts["actions"]), case.number)


@effect
def publish(attempt: TransitionContext) -> None:
    """通知编文号印发到各支部，列入当月记录表。"""
    issue(attempt, attempt.unit, "notice", "", theme_of_the_month(attempt))
    to_every_branch(attempt)
