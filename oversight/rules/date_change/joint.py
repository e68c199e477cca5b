"""Joint activities: which branches are asked to join, which have joined, and who then answers."""

from __future__ import annotations

from oversight.law.clauses import clause, house_rule
from oversight.law.definition import effect, rule
from oversight.models import Unit, WorkItem
from oversight.rules import date_change as facts
from oversight.rules.context import TransitionContext

JOINT = clause("G-2.5.1b")
OWN_WILL = house_rule(
    "联合开展的请示，由各支部自己同意后一并上报；按固定日期开展的支部由各自上级批复。"
)


def joined(attempt: TransitionContext) -> list[str]:
    return attempt.case.facts.get("joined") or []


def to_ask(attempt: TransitionContext) -> list[str]:
    """Return the partners that have not agreed to this day yet."""
    return [unit_id for unit_id in facts.partners(attempt) if unit_id not in joined(attempt)]


def own(attempt: TransitionContext) -> str | None:
    """Return the branch for which the actor answers."""
    desk = attempt.basis and attempt.basis.desk_id
    row = attempt.session.get(WorkItem, desk) if desk else None
    return row.slot_id if row else None


def _unit(attempt: TransitionContext) -> list[Unit]:
    unit = own(attempt)
    return [attempt.session.get(Unit, unit)] if unit else []


@rule(JOINT)
def partner_free(attempt: TransitionContext) -> bool:
    """本支部当月活动已经开展，或另有变更请示在办，不能再加入联合请示。"""
    units = _unit(attempt)
    if units:
        facts.hold_party_days(attempt, units)
    return not facts.busy(attempt, units)


@rule(house_rule("同一支部一天只安排一次主题党日。"))
def partner_not_taken(attempt: TransitionContext) -> bool:
    """这一天本支部已有别的活动，不能加入联合请示；请填写不加入的理由。"""
    return not any(facts.meets_elsewhere(attempt, unit) for unit in _unit(attempt))


@effect
def invite(attempt: TransitionContext) -> None:
    """请示的内容改动的，各支部重新表示同意。"""
    was, now = attempt.case.facts, attempt.raw
    if (was.get("new_day"), was.get("reason")) != (now["new_day"], now["reason"]):
        attempt.set_facts(joined=[])


@effect
def join(attempt: TransitionContext) -> None:
    """本支部列入联合请示。"""
    attempt.set_facts(joined=[*joined(attempt), own(attempt)])


@effect
def leave(attempt: TransitionContext) -> None:
    """本支部不列入联合请示，请示退回提出的支部。"""
    gone = own(attempt)
    attempt.set_facts(
        **{
            "with": [unit for unit in facts.partners(attempt) if unit != gone],
            "joined": [unit for unit in joined(attempt) if unit != gone],
        }
    )
    attempt.result["declined"] = gone
