"""Facts about the deployment of a year's appraisal: which year, until when, and its notice."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.kept import write_out
from oversight.base.prepared import Prepared
from oversight.law.definition import effect
from oversight.models import Case, Paper
from oversight.papers.notices import deployment
from oversight.papers.numbers import issue

from .context import TransitionContext
from .zone_notice import in_force, to_every_branch

LATE = 4  # the month from which a year's own appraisal is meant


def year_to_appraise(today: date) -> int:
    """Return the year that is appraised: until March still the year before."""
    return today.year - (today.month < LATE)


def campaign_of(zone_id: str, year: int) -> str:
    """Name what a deployment is about: one a zone and year."""
    return f"{zone_id}:{year}"


def campaign(attempt: TransitionContext) -> str:
    return campaign_of(attempt.case.zone_id, attempt.words["year"])


def deployed_until(attempt: TransitionContext) -> date:
    """Return the day after the last one of a deployment."""
    return attempt.fact_day("until") + timedelta(days=1)


def deployed(session: Session, zone_id: str, year: int) -> tuple[date, date] | None:
    """Return from when to when the zone has a year appraised; None where it deployed nothing."""
    write_out(session)
    row = _DEPLOYED.first(session, of_zone=zone_id, key=campaign_of(zone_id, year))
    return span_of(row.facts) if row is not None else None


_DEPLOYED = Prepared(  # asked by every act of every appraisal
    sa.select(Case.facts)
    .where(
        Case.zone_id == sa.bindparam("of_zone"),
        Case.workflow == "campaign",
        Case.state.in_(("in_force", "over")),
        Case.business_key == sa.bindparam("key"),
    )
    .order_by(Case.opened_at.desc())
    .limit(1)
)


def span_of(facts: dict) -> tuple[date, date]:
    """Return the first and the last day of a deployment."""
    return date.fromisoformat(facts["from_on"]), date.fromisoformat(facts["until"])


def had_deployed(zone_id: str, years: Iterable[int], now: datetime) -> tuple:
    """Return the conditions that a case is the deployment of one of these years, whose notice had been
    issued and stood at a moment.
    """
    return (
        Case.workflow == "campaign",
        Case.business_key.in_([campaign_of(zone_id, year) for year in years]),
        sa.exists().where(Paper.case_id == Case.id, *in_force(now)),
    )


@effect
def deploy(attempt: TransitionContext) -> None:
    """通知编文号印发到各支部，部署期内各支部开展评议。"""
    issue(attempt, attempt.unit, "notice", "", deployment(attempt))
    to_every_branch(attempt)
