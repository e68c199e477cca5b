"""The letter by which the owner of a place answers a branch that wants to borrow it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oversight.base.sentences import N_
from oversight.law.definition import issuing
from oversight.models import Unit

from .letter import full_day, letter, remark, seat
from .numbers import issue, reply_series

if TYPE_CHECKING:
    from oversight.rules.context import TransitionContext

SERIES = N_("函")
PARTS = (("morning", N_("上午")), ("afternoon", N_("下午")), ("evening", N_("晚上")))


def when(attempt: TransitionContext) -> str:
    """Name the day on which a place is wanted, with the part of it where one is named."""
    day, part = full_day(attempt.fact_day("day")), attempt.case.facts.get("part")
    return f"{day}{dict(PARTS)[part]}" if part else day


def answer(attempt: TransitionContext) -> dict:
    """Compose the owner's answer."""
    facts, words = attempt.case.facts, attempt.words
    agreed = attempt.move.target(attempt.workflow.state(attempt.case.state)).granted
    owner = seat(attempt) if attempt.basis else attempt.session.get(Unit, facts["owner"])
    said = N_("同意借用。") if agreed else N_("不同意借用。")
    return letter(
        attempt,
        owner,
        f"关于{'同意' if agreed else '不同意'}借用{facts['place']}的复函",
        attempt.unit.name,
        [
            f"你支部关于{when(attempt)}借用{facts['place']}的来函收悉。经研究，{said}",
            remark(
                words.get("opinion") or words.get("reason") or "",
                "不同意借用",
                "不同意",
                "同意借用",
                "同意",
            ),
            N_("特此函复。"),
        ],
    )


def not_forwarded(attempt: TransitionContext) -> dict:
    """Compose a superior's no to asking the owner at all."""
    facts, why = attempt.case.facts, attempt.words.get("reason") or ""
    return letter(
        attempt,
        seat(attempt),
        f"关于不同意借用{facts['place']}的批复",
        attempt.unit.name,
        [
            f"你支部关于{when(attempt)}借用{facts['place']}的请示收悉。经研究，不同意借用。",
            remark(why, "不同意借用", "不同意"),
            N_("此复。"),
        ],
    )


@issuing(not_forwarded)
def issue_refusal(attempt: TransitionContext) -> None:
    """不同意的批复编文号印发。"""
    issue(attempt, seat(attempt), "reply", reply_series(attempt), not_forwarded(attempt))


@issuing(answer)
def issue_answer(attempt: TransitionContext) -> None:
    """复函编文号印发。"""
    issue(attempt, seat(attempt), "reply", SERIES, answer(attempt))
