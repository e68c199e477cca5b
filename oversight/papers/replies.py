"""The letters of a date change: what branches ask, and what each superior answers to each branch."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import sqlalchemy as sa

from oversight.base.sentences import N_
from oversight.law.definition import effect, issuing
from oversight.models import JournalRow, Unit, WorkItem
from oversight.organization.units import by_id, superiors

from .letter import full_day, letter, remark, seat
from .numbers import cited, issue, reply_series, void_papers

if TYPE_CHECKING:
    from oversight.rules.context import TransitionContext


def _partners(attempt: TransitionContext) -> list[Unit]:
    ids = attempt.case.facts.get("with") or []
    found = by_id(attempt.session, ids) if ids else {}
    return [found[unit_id] for unit_id in ids if unit_id in found]


def _matter(attempt: TransitionContext) -> str:
    return f"{attempt.fact_day('day').month}月主题党日活动时间"


def _year(attempt: TransitionContext) -> str:
    """Return the year, for a paper that names no day: nobody takes next May for this one."""
    return f"{attempt.fact_day('day').year}年"


# What a branch asks -------------------------------------------------------------------------------


def request(attempt: TransitionContext, *, urgent: bool = False) -> dict:
    """Compose a request, as far as it has been written; a joint one is of all branches to all their
    superiors.
    """
    new_day, partners = attempt.words.get("new_day"), _partners(attempt)
    us = N_("我们") if partners else N_("我支部")
    asked = f"{us}{_matter(attempt)}{_from_to(attempt, new_day)}" if new_day else ""
    reason = attempt.words.get("reason") or N_("（您在上面写的原因）")
    why = reason.removeprefix(N_("因")).rstrip("。，")
    body = letter(
        attempt,
        attempt.unit,
        f"关于{'联合' if partners else ''}变更{_matter(attempt)}的{'紧急' if urgent else ''}请示",
        "、".join(unit.name for unit in _above(attempt, [attempt.unit, *partners])),
        [f"因{why}{f'，{asked}' if asked else '。'}", N_("妥否，请批示。")],
    )
    return {**body, "others": [unit.name for unit in partners], "why": why}


def _from_to(attempt: TransitionContext, new_day: date) -> str:
    old = attempt.fact_day("day")
    again = attempt.move is not None and attempt.move.name == "amend"
    stands = attempt.fact_day("new_day") if again else None
    now = f"，经批复改为{full_day(stands)}" if stands else ""
    return f"原定{full_day(old)}{now}，拟改为{full_day(new_day)}开展。"


def _above(attempt: TransitionContext, units: list[Unit]) -> list[Unit]:
    found = [superiors(attempt.session, unit)[0] for unit in units if unit.fixed_day]
    return list({unit.id: unit for unit in found}.values())


# What superiors answer ----------------------------------------------------------------------------


def answer(attempt: TransitionContext) -> dict:
    """Compose a superior's yes or no to the branch that asked."""
    made = _agreed if attempt.move.enters.name == "approved" else _refused
    return made(attempt, seat(attempt), attempt.unit)


def _agreed(attempt: TransitionContext, unit: Unit, to: Unit, opinion: str | None = None) -> dict:
    day = attempt.fact_day("day")
    new_day = attempt.fact_day("amended_day") or attempt.fact_day("new_day")  # shown, or adopted
    text = f"同意你支部{day.month}月主题党日由{full_day(day)}改为{full_day(new_day)}开展。"
    again = void_papers in attempt.move.does
    gone = f"{cited(attempt, '批复')}同时作废。" if again else ""
    what = N_("再次变更") if again else N_("变更")
    text = _come(attempt, what) + text + gone
    return _answer(attempt, unit, f"同意{what}{_matter(attempt)}", text, to, opinion)


def _refused(attempt: TransitionContext, unit: Unit, to: Unit) -> dict:
    text = f"{_come(attempt)}不同意变更，{_stays(attempt)}"
    return _answer(attempt, unit, f"不同意变更{_matter(attempt)}", text, to)


def _come(attempt: TransitionContext, what: str = N_("变更")) -> str:
    return f"你支部关于{what}{_matter(attempt)}的请示收悉。经研究，"


def _stays(attempt: TransitionContext) -> str:
    day = attempt.fact_day("day")
    return f"{day.month}月主题党日仍按{full_day(day)}开展。"


ANSWERS = (
    "不予认可",
    N_("不同意取消"),
    N_("不取消"),
    "不同意",
    "同意取消",
    "同意",
    N_("予以认可"),
    N_("认可"),
)  # said by the letter


def _answer(
    attempt: TransitionContext,
    unit: Unit,
    what: str,
    text: str,
    to: Unit | None = None,
    opinion: str | None = None,
) -> dict:
    if opinion is None:
        opinion = attempt.words.get("opinion") or attempt.words.get("reason") or ""
    paragraphs = [text, remark(opinion, *ANSWERS), N_("此复。")]
    name = (to or attempt.unit).name
    body = letter(attempt, unit, f"关于{what}的批复", name, paragraphs)
    return {**body, "reason": attempt.case.facts.get("reason", "")}


def _issue(
    attempt: TransitionContext,
    unit: Unit,
    body: dict,
    *,
    standing: bool = True,
    by: str | None = None,
) -> None:
    issue(attempt, unit, "reply", reply_series(attempt), body, standing=standing, by=by)


@issuing(answer)
def issue_reply(attempt: TransitionContext) -> None:
    """批复编文号印发。"""
    _issue(attempt, seat(attempt), answer(attempt))


@effect
def issue_joint_replies(attempt: TransitionContext) -> None:
    """各上级的批复分别编文号印发。"""
    for desk in attempt.session.scalars(
        sa.select(WorkItem)
        .where(WorkItem.case_id == attempt.case.id, WorkItem.answer.is_not(None))
        .order_by(WorkItem.id)
    ):
        unit = attempt.session.get(Unit, desk.unit_id)
        _issue(attempt, unit, _agreed(attempt, unit, attempt.unit))


@effect
def issue_each_reply(attempt: TransitionContext) -> None:
    """各支部的上级分别向各支部印发批复，各编文号。"""
    branches = [*_partners(attempt), attempt.unit]  # the case bears the number of its own branch
    for branch in branches:
        if branch.fixed_day:
            unit = _answered_for(attempt, branch)
            said = _answer_of(attempt, unit)
            opinion = said.words.get("opinion") or "" if said else ""
            body = _copied(_agreed(attempt, unit, branch, opinion), branches, branch)
            _issue(attempt, unit, body, by=said.actor_id if said else None)


def _answer_of(attempt: TransitionContext, unit: Unit) -> JournalRow | None:
    """Return the row by which a superior agreed to a joint request: what he wrote, and who he was."""
    rows = sa.select(JournalRow).where(
        JournalRow.case_id == attempt.case.id,
        JournalRow.move == "approve",
        JournalRow.unit_id == unit.id,
    )
    return attempt.session.scalar(rows.order_by(JournalRow.seq.desc()).limit(1))


def _copied(body: dict, branches: list[Unit], to: Unit) -> dict:
    """Send a reply for information to the other branches whose matter it is."""
    return {**body, "copies": [one.name for one in branches if one.id != to.id]}


def _answered_for(attempt: TransitionContext, branch: Unit) -> Unit:
    """Return who answered for a branch: its superior, or the one above that took the matter over."""
    above = superiors(attempt.session, branch)
    answered = attempt.session.execute(
        sa.select(WorkItem.slot_id, WorkItem.unit_id).where(
            WorkItem.case_id == attempt.case.id, WorkItem.answer == "approve"
        )
    ).all()
    unit_id = {row.slot_id: row.unit_id for row in answered}.get(above[0].id)
    return next((unit for unit in above if unit.id == unit_id), above[0])


def joint_agreement(attempt: TransitionContext) -> dict:
    """Compose what a superior's own branch will get of him once all have agreed."""
    unit, branches = seat(attempt), [*_partners(attempt), attempt.unit]
    own = [one for one in branches if one.fixed_day and one.within(unit.path)]
    return _copied(_agreed(attempt, unit, (own or branches)[-1]), branches, (own or branches)[-1])


def joint_refusal(attempt: TransitionContext) -> dict:
    """Compose a superior's no to the branch that asked for all."""
    body = _refused(attempt, seat(attempt), attempt.unit)
    return _copied(body, _refused_with(attempt), attempt.unit)


def _refused_with(attempt: TransitionContext) -> list[Unit]:
    """Return to whom a no goes: the superior's own branches that joined, and the one that asked."""
    above = seat(attempt).path
    under = [one for one in _partners(attempt) if one.fixed_day and one.within(above)]
    return [*under, attempt.unit]


@issuing(joint_refusal)
def refuse_jointly(attempt: TransitionContext) -> None:
    """不同意的批复向所属各支部和提出的支部印发，各编文号。"""
    unit, branches = seat(attempt), _refused_with(attempt)
    for branch in branches:
        _issue(attempt, unit, _copied(_refused(attempt, unit, branch), branches, branch))


# Further consents ---------------------------------------------------------------------------------


def kept(attempt: TransitionContext) -> dict:
    """Compose the no to another day than the one agreed."""
    stands, asked = full_day(attempt.fact_day("new_day")), full_day(attempt.fact_day("amended_day"))
    text = f"{_come(attempt, '再次变更')}不同意改为{asked}，仍按{stands}开展，原批复继续有效。"
    return _answer(attempt, seat(attempt), f"不同意再次变更{_matter(attempt)}", text)


def revocation(attempt: TransitionContext) -> dict:
    """Compose the paper that takes a consent back."""
    text = f"{cited(attempt, '批复')}现予撤销，你支部{_stays(attempt)}"
    return _answer(attempt, seat(attempt), f"撤销变更{_matter(attempt)}", text)


def cancellation(attempt: TransitionContext) -> dict:
    """Compose the consent to a branch that wants its change no more."""
    text = f"{_come(attempt, '取消变更')}同意取消，{cited(attempt, '批复')}作废，{_stays(attempt)}"
    return _answer(attempt, seat(attempt), f"同意取消变更{_matter(attempt)}", text)


def upheld(attempt: TransitionContext) -> dict:
    """Compose the no to a branch that wants its change no more."""
    stands = full_day(attempt.fact_day("new_day"))
    text = f"{_come(attempt, '取消变更')}不同意取消，仍按{stands}开展，原批复继续有效。"
    return _answer(attempt, seat(attempt), f"不同意取消变更{_matter(attempt)}", text)


def acceptance(attempt: TransitionContext) -> dict:
    """Compose the acceptance of what was reported afterwards."""
    day, new_day = full_day(attempt.fact_day("day")), attempt.fact_day("new_day")
    to = f"，认可由{day}改为{full_day(new_day)}开展" if new_day else N_("，予以认可")
    text = f"你支部关于变更{_year(attempt)}{_matter(attempt)}的补报收悉。经研究{to}。"
    return _answer(attempt, seat(attempt), f"认可补报变更{_year(attempt)}{_matter(attempt)}", text)


def non_acceptance(attempt: TransitionContext) -> dict:
    """Compose the no to what was reported afterwards."""
    matter = f"{_year(attempt)}{_matter(attempt)}"
    text = f"你支部关于变更{matter}的补报收悉。经研究，不予认可。"
    return _answer(attempt, seat(attempt), f"不予认可补报变更{matter}", text)


def deferral(attempt: TransitionContext) -> dict:
    """Compose the consent to put a month off."""
    month = f"{_year(attempt)}{attempt.fact_day('day').month}月主题党日"
    text = f"{_come(attempt)}当月确实无法开展，同意你支部{month}暂缓开展。"
    return _answer(attempt, seat(attempt), f"同意{month}暂缓开展", text)


@issuing(kept)
def issue_kept(attempt: TransitionContext) -> None:
    """不同意修改的批复编文号印发，原批复继续有效。"""
    _issue(attempt, seat(attempt), kept(attempt), standing=False)


@issuing(revocation)
def issue_revocation(attempt: TransitionContext) -> None:
    """撤销的批复编文号印发。"""
    _issue(attempt, seat(attempt), revocation(attempt))


@issuing(cancellation)
def issue_cancellation(attempt: TransitionContext) -> None:
    """同意取消的批复编文号印发。"""
    _issue(attempt, seat(attempt), cancellation(attempt))


@issuing(acceptance)
def issue_acceptance(attempt: TransitionContext) -> None:
    """认可补报的批复编文号印发。"""
    _issue(attempt, seat(attempt), acceptance(attempt))


@issuing(deferral)
def issue_deferral(attempt: TransitionContext) -> None:
    """同意暂缓开展的批复编文号印发。"""
    _issue(attempt, seat(attempt), deferral(attempt))


@issuing(non_acceptance)
def issue_non_acceptance(attempt: TransitionContext) -> None:
    """不予认可补报的批复编文号印发。"""
    _issue(attempt, seat(attempt), non_acceptance(attempt), standing=False)


@issuing(upheld)
def issue_upheld(attempt: TransitionContext) -> None:
    """不同意取消的批复编文号印发，原批复继续有效。"""
    _issue(attempt, seat(attempt), upheld(attempt), standing=False)
