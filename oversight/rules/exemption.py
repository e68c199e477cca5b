"""Facts and effects of 免予参加: what a member has been granted, and what remains when one of it is
taken back.
"""

from __future__ import annotations

from datetime import date, timedelta

import sqlalchemy as sa

from oversight.law.clauses import house_rule
from oversight.law.definition import rule
from oversight.models import Case, Person
from oversight.organization import members

from .context import TransitionContext

ASKED_FOR = house_rule("免予参加由本人申请、支部研究、上级批准，写明起止日期，到期自动恢复。")
EXEMPTION = "exemption"  # the workflow by which a member is excused from party days
GRANTED = "in_force"


def _others(attempt: TransitionContext) -> list[Case]:
    """Return the other open exemptions of the member, the one that ends first first."""
    found = attempt.session.scalars(
        sa.select(Case).where(
            Case.workflow == EXEMPTION,
            Case.closed_at.is_(None),
            Case.data_subject_id == attempt.case.facts["member"],
            Case.id != attempt.case.id,
        )
    )
    return sorted(found, key=lambda case: case.facts["until"])


def _granted(attempt: TransitionContext) -> list[Case]:
    return [case for case in _others(attempt) if case.state == GRANTED]


def asked_already(attempt: TransitionContext) -> bool:
    """True where the member waits for an answer to another wish."""
    return any(case.state != GRANTED for case in _others(attempt))


def last_day(attempt: TransitionContext) -> date | None:
    """Return the last day of what the member has been granted so far."""
    granted = _granted(attempt)
    return date.fromisoformat(granted[-1].facts["until"]) if granted else None


def business_key(attempt: TransitionContext) -> str:
    """Return what a wish is about: the member, and what it prolongs, so that of two at once one is
    refused.
    """
    granted = _granted(attempt)
    return ":".join([attempt.case.facts["member"], *(case.id for case in granted[-1:])])


@rule(ASKED_FOR)
def dated(attempt: TransitionContext) -> bool:
    """起止日期要写清楚：截止日期在开始日期之后，最长一年。"""
    begin, end = attempt.fact_day("from_on"), attempt.fact_day("until")
    return 0 < (end - begin).days <= 366 and end > attempt.today


def day_after(attempt: TransitionContext) -> date:
    """Return the day on which the member is expected again."""
    return attempt.fact_day("until") + timedelta(days=1)


def grant(attempt: TransitionContext) -> None:
    """Exempt the member from the first to the last day, today at the earliest; what it follows on
    stays. Does not commit.
    """
    person = attempt.session.get(Person, attempt.case.facts["member"])
    begin = max(attempt.fact_day("from_on"), attempt.today)
    before = person.exempt_until if person.exempt_from else None
    joins = before is not None and before + timedelta(days=1) == begin
    members.exempt(attempt, None if joins else begin, attempt.fact_day("until"))


def take_back(attempt: TransitionContext) -> None:
    """Let the member be expected from today, or until another exemption of his begins. Does not
    commit.
    """
    granted = _granted(attempt)
    if not granted:
        members.exempt(attempt, None, attempt.today - timedelta(days=1))
        return
    begins = min(date.fromisoformat(case.facts["from_on"]) for case in granted)
    last = date.fromisoformat(granted[-1].facts["until"])
    members.exempt(attempt, begins if begins > attempt.today else None, last)
