"""The letters of a date change: what a branch asks, and what each superior answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from oversight.base.sentences import N_
from oversight.law.definition import effect
from oversight.models import Unit, WorkItem
from oversight.organization.units import superiors

from .letter import letter, seat
from .numbers import issue

if TYPE_CHECKING:
    from oversight.rules.context import TransitionContext


def request(attempt: TransitionContext) -> dict:
    """Compose a branch's request, as far as it has been written."""
    day, new_day = attempt.fact_day("day"), attempt.words.get("new_day")
    asked = new_day and (
        f"我支部{day.month}月主题党日原定{day.month}月{day.day}日开展，"
        f"拟改为{new_day.month}月{new_day.day}日开展。"
    )
    return letter(
        attempt,
        attempt.unit,
        f"关于变更{day.month}月主题党日活动时间的请示",
        superiors(attempt.session, attempt.unit)[0].name,
        [attempt.words.get("reason") or N_("（您在上面写的原因）"), asked, N_("妥否，请批示。")],
    )


def reply(attempt: TransitionContext, unit: Unit, agreed: bool) -> dict:
    """Compose a superior's answer."""
    day, new_day = attempt.fact_day("day"), attempt.fact_day("new_day")
    answer = (
        f"同意你支部 {day.month} 月主题党日由 {day.month} 月 {day.day} 日改为"
        f" {new_day.month} 月 {new_day.day} 日开展。"
        if agreed
        else f"不同意变更，{day.month} 月主题党日仍按 {day.month} 月 {day.day} 日开展。"
    )
    opinion = attempt.words.get("opinion") or ""
    body = letter(
        attempt,
        unit,
        f"关于{'同意' if agreed else '不同意'}变更{day.month}月主题党日活动时间的批复",
        attempt.unit.name,
        [
            f"你支部关于变更{day.month}月主题党日活动时间的请示收悉。经研究，{answer}",
            opinion if opinion not in ("同意", "不同意") else "",
            N_("此复。"),
        ],
    )
    return {**body, "reason": attempt.case.facts.get("reason", "")}


@effect
def issue_reply(attempt: TransitionContext) -> None:
    """批复编文号印发。"""
    unit = seat(attempt)
    issue(attempt, unit, "reply", "", reply(attempt, unit, attempt.move.enters.name == "approved"))


@effect
def issue_joint_replies(attempt: TransitionContext) -> None:
    """各上级的批复分别编文号印发。"""
    for desk in attempt.session.scalars(
        sa.select(WorkItem)
        .where(WorkItem.case_id == attempt.case.id, WorkItem.answer.is_not(None))
        .order_by(WorkItem.id)
    ):
        unit = attempt.session.get(Unit, desk.unit_id)
        issue(attempt, unit, "reply", "", reply(attempt, unit, True))
