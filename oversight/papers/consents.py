"""The letter by which a superior lets a member stay away from party days for a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oversight.base.sentences import N_
from oversight.law.definition import issuing
from oversight.models import Person

from .letter import chinese_day, letter, seat
from .numbers import issue, reply_series

if TYPE_CHECKING:
    from oversight.rules.context import TransitionContext


def consent(attempt: TransitionContext) -> dict:
    """Compose the consent; the member's reasons stay in the case."""
    name = attempt.session.get(Person, attempt.case.facts["member"]).name
    begin, end = attempt.fact_day("from_on"), attempt.fact_day("until")
    return letter(
        attempt,
        seat(attempt),
        N_("关于同意党员免予参加主题党日活动的批复"),
        attempt.unit.name,
        [
            f"你支部关于党员{name}免予参加主题党日活动的请示收悉。经研究，"
            f"同意{name}自{chinese_day(begin)}至{chinese_day(end)}免予参加，期间不计入应到会人数。",
            N_("此复。"),
        ],
    )


@issuing(consent)
def issue_consent(attempt: TransitionContext) -> None:
    """批准的批复编文号印发。"""
    issue(attempt, seat(attempt), "reply", reply_series(attempt), consent(attempt))


def refusal(attempt: TransitionContext) -> dict:
    """Compose the answer that a member is not excused."""
    name = attempt.session.get(Person, attempt.case.facts["member"]).name
    return letter(
        attempt,
        seat(attempt),
        N_("关于不同意党员免予参加主题党日活动的批复"),
        attempt.unit.name,
        [
            f"你支部关于党员{name}免予参加主题党日活动的请示收悉。经研究，不同意{name}免予参加，请做好联系和服务工作。",
            N_("此复。"),
        ],
    )


@issuing(refusal)
def issue_refusal(attempt: TransitionContext) -> None:
    """不批准的批复编文号印发。"""
    issue(attempt, seat(attempt), "reply", reply_series(attempt), refusal(attempt), standing=False)
