"""The letters by which a superior accepts a late report or consents to put off a month."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oversight.base.sentences import N_
from oversight.law.definition import issuing

from .letter import letter, remark, seat
from .numbers import issue, reply_series

if TYPE_CHECKING:
    from oversight.rules.context import TransitionContext


def _matter(attempt: TransitionContext) -> str:
    year, month = attempt.case.facts["month"].split("-")
    name = "“七一”活动" if attempt.case.facts.get("july") else "主题党日"
    return f"{year}年{int(month)}月{name}"


def acceptance(attempt: TransitionContext) -> dict:
    """Compose the acceptance of a late report."""
    text = f"你支部关于{_matter(attempt)}没有按期开展的补报收悉。经研究，予以认可。"
    title = f"关于认可补报{_matter(attempt)}的批复"
    return letter(attempt, seat(attempt), title, attempt.unit.name, [text, N_("此复。")])


def deferral(attempt: TransitionContext) -> dict:
    """Compose the consent to put off a month; it counts as no activity."""
    text = f"你支部关于{_matter(attempt)}暂缓开展的请示收悉。经研究，同意暂缓开展。"
    title = f"关于同意{_matter(attempt)}暂缓开展的批复"
    return letter(attempt, seat(attempt), title, attempt.unit.name, [text, N_("此复。")])


def refusal(attempt: TransitionContext) -> dict:
    """Compose the answer that a late report is not accepted, or that a month is not put off."""
    late = attempt.case.facts["asks"] == "late_report"
    what = _matter(attempt)
    if late:
        text = f"你支部关于{what}没有按期开展的补报收悉。经研究，不予认可。"
        title = f"关于不予认可补报{what}的批复"
    else:
        text = f"你支部关于{what}暂缓开展的请示收悉。经研究，不同意暂缓开展，请按规定开展。"
        title = f"关于不同意{what}暂缓开展的批复"
    why = remark(attempt.words.get("reason") or "", "不予认可", N_("不同意暂缓开展"), "不同意")
    to = attempt.unit.name
    return letter(attempt, seat(attempt), title, to, [text, why, N_("此复。")])


@issuing(refusal)
def issue_refusal(attempt: TransitionContext) -> None:
    """不予认可、不同意的批复编文号印发。"""
    issue(attempt, seat(attempt), "reply", reply_series(attempt), refusal(attempt), standing=False)


@issuing(acceptance)
def issue_acceptance(attempt: TransitionContext) -> None:
    """认可补报的批复编文号印发。"""
    issue(attempt, seat(attempt), "reply", reply_series(attempt), acceptance(attempt))


@issuing(deferral)
def issue_deferral(attempt: TransitionContext) -> None:
    """同意暂缓开展的批复编文号印发。"""
    issue(attempt, seat(attempt), "reply", reply_series(attempt), deferral(attempt))
