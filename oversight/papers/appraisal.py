"""The letters of the yearly appraisal: what the superior answers to each batch that a branch asked about."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from oversight.base.sentences import N_
from oversight.models import Person

from .letter import letter, remark, seat

if TYPE_CHECKING:
    from oversight.rules.context import TransitionContext

COUNTED = N_("不计入应到会人数")
WRITTEN = N_("免写个人自评")


def not_counted(attempt: TransitionContext, people: Iterable[str], others: Iterable[str]) -> dict:
    """Compose the consent that members stand outside 应到; `others` were asked for in vain."""
    agreed = _which(attempt, people, f"同意下列党员{COUNTED}，不评定等次")
    kept = _which(attempt, others, N_("下列党员仍计入应到会人数，参加评议"))
    return _answer(attempt, f"同意{_matter(attempt, COUNTED)}", COUNTED, agreed, kept)


def no_self_assessment(
    attempt: TransitionContext, people: Iterable[str], others: Iterable[str]
) -> dict:
    """Compose the consent that members write no self-assessment; `others` were asked for in vain."""
    agreed = _which(attempt, people, f"同意下列党员{WRITTEN}，仍参加其他步骤")
    kept = _which(attempt, others, N_("下列党员仍写个人自评"))
    return _answer(attempt, f"同意{_matter(attempt, WRITTEN)}", WRITTEN, agreed, kept)


def all_counted(attempt: TransitionContext, people: Iterable[str]) -> dict:
    """Compose the no to letting members stand outside 应到."""
    kept = _which(attempt, people, f"不同意下列党员{COUNTED}，仍参加评议")
    return _answer(attempt, f"不同意{_matter(attempt, COUNTED)}", COUNTED, kept)


def all_write(attempt: TransitionContext, people: Iterable[str]) -> dict:
    """Compose the no to letting members off the self-assessment."""
    kept = _which(attempt, people, f"不同意下列党员{WRITTEN}，请组织其按时提交")
    return _answer(attempt, f"不同意{_matter(attempt, WRITTEN)}", WRITTEN, kept)


def _matter(attempt: TransitionContext, what: str) -> str:
    return f"{attempt.case.facts['year']}年度民主评议部分党员{what}"


def _which(attempt: TransitionContext, people: Iterable[str], so: str) -> str:
    """Say what holds for these people; nothing where there are none."""
    names = [attempt.session.get_one(Person, one).name for one in people]
    return f"{so}：{'、'.join(names)}。" if names else ""


def _answer(attempt: TransitionContext, title: str, what: str, text: str, more: str = "") -> dict:
    text = text or N_("请示所列党员已不在评议名单，不再办理。")
    come = f"你支部关于{_matter(attempt, what)}的请示收悉。经研究，{text}"
    said = remark(attempt.words.get("opinion") or "", "不同意", "同意")
    to = attempt.unit.name
    return letter(
        attempt, seat(attempt), f"关于{title}的批复", to, [come, more, said, N_("此复。")]
    )
