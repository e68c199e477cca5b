"""The moves that every workflow has: void, terminate, take over, recuse. Written once."""

from __future__ import annotations

import sqlalchemy as sa

from oversight.law.clauses import clause, house_rule
from oversight.law.definition import (
    INTERNAL,
    Committee,
    Effect,
    Field,
    Move,
    Rule,
    State,
    Tell,
    effect,
    rule,
)
from oversight.law.roles import COMMITTEE, INSPECTOR, REVIEWER, SUPERIOR, Role
from oversight.models import Recusal, WorkItem, images

from . import parties
from .context import TransitionContext

REASON = Field("reason", "text", "理由")
EXITS = house_rule("误立、撤并等情形由上级办结，编号保留，不删除。")
OWN_CASE = house_rule("涉及本人的事项应当回避，由他人或上级办理。")
SUPERVISED = house_rule("上级逾期不答复的，由再上一级提级办理；沉默不等于同意。")

VOID = State("void", "误立作废")
TERMINATED = State("terminated", "终止办理")


@rule(clause("G-2.1.1c"))
def second_person(attempt: TransitionContext) -> bool:
    """提出请示的人不能自己批复。"""
    return not _in_person(attempt) & applicants(attempt)


@rule(house_rule("拟稿、提出与审批、复核不能是同一个人。"))
def another_person(attempt: TransitionContext) -> bool:
    """自己拟稿或提出的，要由他人审批、复核。"""
    return not _in_person(attempt) & applicants(attempt)


@rule(SUPERVISED)
def superior_is_late(attempt: TransitionContext) -> bool:
    """上级还没有到期，到期不答复才能提级办理。"""
    return attempt.case.due_on is not None and attempt.case.due_on < attempt.today


def applicants(attempt: TransitionContext) -> frozenset[str]:
    """Return the ids of those who acted in this case for the side that opened it, and in whose
    place they did.
    """
    return parties.of(attempt.session, attempt.case, attempt.workflow.opened_by.name).applicants


def _in_person(attempt: TransitionContext) -> set[str]:
    """Return whose act a move is: the actor's, and that of whom he stands in for."""
    if attempt.actor is None:
        return set()
    return {attempt.actor.id, attempt.basis.acting_for if attempt.basis else None} - {None}


@effect
def raise_level(attempt: TransitionContext) -> None:
    """改由再上一级办理，期限重新计算。"""
    attempt.set(escalation_level=attempt.case.escalation_level + 1)
    attempt.restart_clock = True


@effect
def step_aside(attempt: TransitionContext) -> None:
    """回避人不再经办，转给同级其他人；没有其他人时由上级办理。"""
    attempt.session.add(
        Recusal(
            case_id=attempt.case.id,
            person_id=attempt.actor.id,
            at=attempt.at.now,
            zone_id=attempt.case.zone_id,
            reason=attempt.words["reason"],
        )
    )
    attempt.session.flush()


@rule(OWN_CASE)
def not_yet_recused(attempt: TransitionContext) -> bool:
    """您已经回避过这件事。"""
    side = attempt.workflow.opened_by.name
    return attempt.actor.id not in parties.of(attempt.session, attempt.case, side).recused


def answer(attempt: TransitionContext, how: str, *which) -> int:
    """Close open work items of a case with an answer; returns how many. Does not commit."""
    kept = ("case_id", "person_id", "slot_id", "answer")
    closed = attempt.session.execute(
        sa.update(WorkItem)
        .where(*which, WorkItem.closed_at.is_(None))
        .values(closed_at=attempt.at.now, answer=how)
        .returning(WorkItem.id, *(getattr(WorkItem, name) for name in kept))
    ).all()
    for row in closed:
        image = {name: getattr(row, name) for name in kept}
        images.put(attempt.session, attempt.case.id, WorkItem, [row.id], **image)
    return len(closed)


def _personal(state: State) -> bool:
    """True where everybody acts for himself, so that nobody can be recused."""
    return state.waits_on.personal and not isinstance(state.waits_on, Committee)


def common_moves(
    *open_states: State,
    undo: tuple[Effect, ...] = (),
    void_if: tuple[Rule, ...] = (),
    void_then: tuple[Effect, ...] = (),
    told: tuple[Role, ...] = (),
) -> tuple[Move, ...]:
    """Return the common moves for a workflow's unfinished states; `undo` takes back what it had
    effected.

    `void_then`: what being void brings about beside that. `told`: who learns of each.
    """
    human = tuple(state for state in open_states if state.waits_on.human)
    judged = tuple(
        state
        for state in human
        if state.waits_on.role in (SUPERIOR, INSPECTOR, COMMITTEE, REVIEWER)
        or state.waits_on.role.fact
    )
    stepping = tuple(state for state in human if not _personal(state))
    return (
        Move(
            "void",
            "误立作废",
            open_states,
            VOID,
            by=SUPERIOR,
            under=EXITS,
            asks=(REASON,),
            only_if=void_if,
            does=(*undo, *void_then),
            tone="negative",
            place="aside",
            tells=tuple(Tell(party, "已误立作废。") for party in told),
        ),
        Move(
            "terminate",
            "终止办理",
            open_states,
            TERMINATED,
            by=SUPERIOR,
            under=EXITS,
            asks=(REASON,),
            does=undo,
            tone="negative",
            place="aside",
            tells=tuple(Tell(party, "已终止办理。") for party in told),
        ),
        *(_recuse(state) for state in stepping),
        *(_take_over(state, told) for state in judged),
    )


def _recuse(state: State) -> Move:
    return Move(
        "recuse",
        "回避",
        state,
        INTERNAL,
        by=state.waits_on,
        under=OWN_CASE,
        asks=(REASON,),
        only_if=(not_yet_recused,),
        does=(step_aside,),
        per_participant=isinstance(state.waits_on, Committee),
        place="aside",
    )


def _take_over(state: State, told: tuple[Role, ...]) -> Move:
    return Move(
        "take_over",
        "提级办理",
        state,
        INTERNAL,
        by=state.waits_on.role.above,
        under=SUPERVISED,
        asks=(REASON,),
        only_if=(superior_is_late,),
        does=(raise_level,),
        place="step",
        tells=tuple(Tell(party, "上级逾期，已由再上一级提级办理。") for party in told),
    )
