"""Inspection: one visit or desk review of a branch by a named inspector, by the clauses of its rule
set.

Small things are put right on the spot without paper; 组织不力 found by the inspector leads to an order.
"""

from dataclasses import replace
from datetime import date

from oversight.base.sentences import N_
from oversight.law.clauses import clause, house_rule
from oversight.law.definition import Due, Field, Move, State, Tell, Workflow, rule
from oversight.law.roles import ABOVE, INSPECTOR, ISSUER, OVERSEER
from oversight.rules import inspection as facts
from oversight.rules import rectification
from oversight.rules.common import common_moves
from oversight.rules.context import TransitionContext

INSPECT, GROUND = clause("G-4.4a"), clause("G-4.4f")
DONE_SOON = house_rule("督查后 5 个工作日内登记情况。")
LIGHT = house_rule("先查阅记录再到场；同一支部一季度一般只到场一次，发现问题的除外。")

NOTE = Field("note", "text", "督查情况", required=False)
REMINDERS = Field("reminders", "list", "当场提醒、立行立改", required=False)
FINDINGS = Field("findings", "list", "组织不力的问题", items=rectification.FINDING)
WHY = Field("reason", "text", "理由", required=False)

UNDER_WAY = State(
    "under_way",
    "督查中",
    waits_on=INSPECTOR,
    due=Due(5, DONE_SOON, escalate_to=ABOVE),
    act=N_("督查"),
)
CLEAN = State("clean", "督查完毕", granted=True)
ORDERED = State("ordered", "已转整改")
CANCELLED = State("cancelled", "取消督查")


@rule(INSPECT, "findings")
def clauses_bind(attempt: TransitionContext) -> bool:
    """依据的条款不存在，或不适用于这个支部。"""
    return all(rectification.binding(attempt, finding) for finding in attempt.words["findings"])


@rule(LIGHT)
def first_this_quarter(attempt: TransitionContext) -> bool:
    """本季度已经督查过这个支部，请先查阅记录，确有必要再到场。"""
    return facts.visits_this_quarter(attempt) == 0


@rule(INSPECT)
def day_has_come(attempt: TransitionContext) -> bool:
    """督查日期还没有到，不能先登记情况。"""
    return attempt.fact_day("inspected_on") <= attempt.today


# fmt: off
WORKFLOW = Workflow(
    "inspection", N_("督查"), version=4, opens=UNDER_WAY, begins=N_("登记"), opened_by=INSPECTOR, short=N_("督查"),
    facts=(Field("method", "choice", "督查方式", choices=rectification.METHODS), Field("inspected_on", "date", "督查日期",
                                                                                  initial=date.isoformat)),
    business_key=facts.visit, open_if=(rectification.micro_of_firms,),
    outsiders=rectification.OUTSIDERS, on_open=(rectification.set_issuer,), icon="task",
    tells=(Tell(ISSUER, "督查已经立项。"),),
    moves=(
        Move("conclude", "登记情况，没有需要整改的", UNDER_WAY, CLEAN, by=INSPECTOR, under=INSPECT,
             asks=(NOTE, REMINDERS), only_if=(day_has_come, rectification.of_late), warns=(first_this_quarter,),
             does=(facts.note_visit,)),
        Move("order", "登记情况并转整改", UNDER_WAY, ORDERED, by=INSPECTOR, under=GROUND,
             asks=(NOTE, REMINDERS, FINDINGS),
             only_if=(day_has_come, rectification.of_late, clauses_bind, rectification.ground_fits),
             does=(facts.order,)),
        Move("cancel", "取消督查", UNDER_WAY, CANCELLED, by=OVERSEER, under=LIGHT, asks=(WHY,)),
        *common_moves(UNDER_WAY),
    ),
)
# fmt: on


def _third(move: Move) -> Move:
    """Return a move as version 3 had it: what was found was always 组织不力."""
    only_if = tuple(one for one in move.only_if if one is not rectification.ground_fits)
    found = replace(FINDINGS, items=rectification.FOUND)
    return replace(
        move, only_if=only_if, asks=tuple(found if one is FINDINGS else one for one in move.asks)
    )


VERSION_3 = replace(WORKFLOW, version=3, moves=tuple(map(_third, WORKFLOW.moves)))
# Version 2: a member of the branch might inspect it.
VERSION_2 = replace(VERSION_3, version=2, outsiders=None)
# Version 1: visits of any age, and 网上微督查 of any branch.
EARLIER = (
    VERSION_3,
    VERSION_2,
    replace(
        VERSION_2,
        version=1,
        open_if=(),
        moves=tuple(
            replace(
                move,
                only_if=tuple(
                    guard for guard in move.only_if if guard is not rectification.of_late
                ),
            )
            for move in VERSION_3.moves
        ),
    ),
)
