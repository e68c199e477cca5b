"""A month moved for the whole zone: the notice, and the party days that follow it."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.calendar.party_days import owed, plan_year
from oversight.calendar.zone import has_rule_day, rule_for, zone_notices
from oversight.law.definition import effect
from oversight.models import Case, Unit, ZoneNotice

from .context import TransitionContext


def month(attempt: TransitionContext) -> str:
    """Return what a notice is about: one open notice a month."""
    return f"{attempt.case.zone_id}:{attempt.case.facts['new_day'][:7]}"


def new_day(attempt: TransitionContext) -> date:
    """Return the day to which a notice moves the month."""
    return attempt.fact_day("new_day")


def standing_notice(attempt: TransitionContext) -> ZoneNotice | None:
    """Return another notice that is in force for the month."""
    day = new_day(attempt)
    found = zone_notices(attempt.session, attempt.case.zone_id).get((day.year, day.month))
    return found if found and found.case_id != attempt.case.id else None


def rule_day(attempt: TransitionContext) -> date:
    """Return the day on which everybody met without the notice."""
    day = new_day(attempt)
    return rule_for(attempt.session, attempt.unit, day.year, day.month, noticed=False).on


def is_given_the_day(session: Session, case: Case, unit: Unit) -> bool:
    """True where a branch's day of the month is the zone's to move: where it chooses none itself."""
    day = date.fromisoformat(case.facts["new_day"])
    return has_rule_day(session, unit, day.month) and owed(unit, day.year, day.month)


def _branches(attempt: TransitionContext) -> list[Unit]:
    return list(
        attempt.session.scalars(
            sa.select(Unit).where(Unit.zone_id == attempt.case.zone_id, Unit.kind == "branch")
        )
    )


def _replan(attempt: TransitionContext, year: int) -> None:
    attempt.session.flush()
    planned = plan_year(attempt.session, _branches(attempt), year, attempt.at)
    attempt.result["replanned"] = sum(planned)


@effect
def publish_notice(attempt: TransitionContext) -> None:
    """全区当月尚未开展、未单独批复的党日一并改期。"""
    day = new_day(attempt)
    attempt.session.add(
        ZoneNotice(
            zone_id=attempt.case.zone_id,
            year=day.year,
            month=day.month,
            day=day,
            reason=attempt.case.facts["reason"],
            case_id=attempt.case.id,
        )
    )
    _replan(attempt, day.year)


@effect
def end_notice(attempt: TransitionContext) -> None:
    """撤销改期，尚未开展的党日恢复原定日期。"""
    for notice in attempt.session.scalars(
        sa.select(ZoneNotice).where(
            ZoneNotice.case_id == attempt.case.id, ZoneNotice.ended_at.is_(None)
        )
    ):
        notice.ended_at = attempt.at.now
    _replan(attempt, new_day(attempt).year)
