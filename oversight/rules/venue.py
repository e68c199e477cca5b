"""Facts about a place that is borrowed: whose it is, for which day, and whether it is lent already."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa

from oversight.calendar.workdays import add_workdays
from oversight.law.clauses import house_rule
from oversight.law.definition import effect, rule
from oversight.models import Case, Paper, Unit
from oversight.papers.venue import SERIES

from .context import TransitionContext

OWNER = "owner"
ELSEWHERE = house_rule("只向本区其他单位借用阵地；自己的阵地不用借。")
IN_TIME = house_rule("借用阵地要在使用日期之前提出和答复。")
ONE_A_DAY = house_rule("同一处阵地一天一般只借给一个支部。")
ONE_AT_A_TIME = house_rule("同一处阵地同一时段只借给一个支部；没有写明时段的，按全天算。")


def day(attempt: TransitionContext) -> date:
    """Return the day on which the place is to be used."""
    return attempt.fact_day("day")


def day_before(attempt: TransitionContext) -> date:
    """Return the last working day before the place is used."""
    return add_workdays(attempt.calendar, day(attempt), -1)


def business_key(attempt: TransitionContext) -> str:
    """Return what a request is about: one open request of a branch for a day."""
    return f"{attempt.case.unit_id}:{attempt.case.facts['day']}"


@rule(ELSEWHERE)
def by_a_branch(attempt: TransitionContext) -> bool:
    """借用阵地由党支部提出。"""
    return attempt.unit.kind == "branch"


@rule(ELSEWHERE, OWNER)
def owned_by_another(attempt: TransitionContext) -> bool:
    """阵地所属单位要选本区现有的其他单位。"""
    owner = attempt.session.get(Unit, attempt.words[OWNER])
    return (
        owner is not None
        and owner.zone_id == attempt.case.zone_id
        and owner.ended_on is None
        and owner.kind not in ("zone", "group")
        and owner.id != attempt.case.unit_id
    )


@rule(IN_TIME)
def day_ahead(attempt: TransitionContext) -> bool:
    """使用日期必须在今天之后。"""
    return day(attempt) > attempt.today


@rule(ONE_AT_A_TIME)
def free(attempt: TransitionContext) -> bool:
    """这处阵地这一天的这个时段已借给别的支部，请先商量好时间，由支部写明时段重新提出。"""
    part = attempt.case.facts.get("part")
    return not any(not part or other.get("part") in (None, part) for other in _lent(attempt))


@rule(ONE_A_DAY)
def not_lent(attempt: TransitionContext) -> bool:
    """这处阵地这一天已借给别的支部，请先商量好时间。"""
    return not any(_lent(attempt))


def _lent(attempt: TransitionContext) -> list[dict]:
    """Return what is known of other requests for the same place and day that were agreed to. One yes at
    a time is given for what is one unit's: of two at the same instant the second sees the first.
    """
    facts, lenders = attempt.case.facts, [attempt.case.facts[OWNER], attempt.basis.unit_id]
    attempt.session.execute(sa.select(Unit.id).where(Unit.id == facts[OWNER]).with_for_update())
    others = attempt.session.scalars(
        sa.select(Case.facts)
        .join(Paper, Paper.case_id == Case.id)
        .where(
            Paper.unit_id.in_(lenders),
            Paper.series == SERIES,
            Case.workflow == attempt.case.workflow,
            Case.state == "agreed",
            Case.closed_at.is_(None),
            Case.id != attempt.case.id,
        )
    )
    return [other for other in others if _place(other) == _place(facts)]


def _place(facts: dict) -> tuple[str, str, str]:
    return facts[OWNER], "".join(facts["place"].split()), facts["day"]


@effect
def begin_with_owner(attempt: TransitionContext) -> None:
    """转阵地所属党组织答复；上一步有过提级的，从这一步起重新算。"""
    attempt.set(escalation_level=0)
