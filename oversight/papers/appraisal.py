"""The letters of the yearly appraisal: the superior's consents, one for each batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oversight.base.sentences import N_
from oversight.models import Person

from .letter import letter, remark, seat

if TYPE_CHECKING:
    from oversight.rules.context import TransitionContext


def not_counted(attempt: TransitionContext, people: dict[str, str]) -> dict:
    """Compose the consent that members stand outside 应到."""
    return _consent(attempt, people, N_("不计入应到会人数"), N_("不计入应到会人数，不评定等次"))


def no_self_assessment(attempt: TransitionContext, people: dict[str, str]) -> dict:
    """Compose the consent that members write no self-assessment."""
    return _consent(attempt, people, N_("免写个人自评"), N_("免写个人自评，仍参加其他步骤"))


def _consent(attempt: TransitionContext, people: dict[str, str], what: str, so: str) -> dict:
    year, opinion = attempt.case.facts["year"], attempt.words.get("opinion") or ""
    names = [attempt.session.get(Person, person).name for person in people]
    return letter(
        attempt,
        seat(attempt),
        f"关于同意{year}年度民主评议部分党员{what}的批复",
        attempt.unit.name,
        [
            f"你支部关于{year}年度民主评议部分党员{what}的请示收悉。经研究，同意下列党员{so}："
            f"{'、'.join(names)}。",
            remark(opinion, "同意"),
            "此复。",
        ],
    )
