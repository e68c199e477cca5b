"""Theme: the zone settles the theme of each month and what every branch does besides, by a numbered notice.

Drafted by the zone office, signed by somebody else of the zone committee. Source: G-2.3.1
"""

from oversight.base.sentences import N_
from oversight.calendar.workdays import months_after
from oversight.law.clauses import clause, house_rule
from oversight.law.definition import Field, Move, State, Tell, Workflow, rule
from oversight.law.roles import TIMER, ZONE_OFFICE, ZONE_SIGNER
from oversight.papers.notices import theme_of_the_month
from oversight.papers.numbers import void_papers
from oversight.rules import theme as facts
from oversight.rules.common import another_person, common_moves
from oversight.rules.context import TransitionContext
from oversight.rules.zone_notice import (
    DRAFT,
    EVERY_BRANCH,
    OPINION,
    PROPOSED,
    REVOKED,
    WHY,
    drafting,
    first_of,
    lapsing,
    sending_back,
)

MONTHLY = clause("G-2.3.1")
SIGNED = house_rule("每月主题由党建办拟稿，经党工委成员签发后印发通知，一般在上月 25 日以前。")

IN_FORCE = State("in_force", "已印发", waits_on=TIMER, granted=True)
OVER = State("over", "当月已过", granted=True)


@rule(SIGNED)
def by_the_zone(attempt: TransitionContext) -> bool:
    """每月主题只能由区党建办提出。"""
    return attempt.unit.kind == "zone"


@rule(MONTHLY, "month")
def a_month(attempt: TransitionContext) -> bool:
    """月份要写成 2026-12 这样。"""
    return first_of(attempt.words["month"]) is not None


@rule(MONTHLY, "month")
def to_come(attempt: TransitionContext) -> bool:
    """这个月已经过了，主题只能在当月和以前安排。"""
    return months_after(first_of(attempt.words["month"]), 1) > attempt.today


@rule(MONTHLY)
def not_past(attempt: TransitionContext) -> bool:
    """这个月已经过了，主题不能再印发。"""
    return facts.over_on(attempt) > attempt.today


# fmt: off
WORKFLOW = Workflow(
    "theme", N_("月度主题安排"), version=1, opens=DRAFT, opened_by=ZONE_OFFICE, short=N_("月度主题"),
    facts=(Field("month", "text", "哪个月", hint=N_("写成 2026-11 这样。"), line=True,
                                                initial=facts.next_month),
           Field("theme", "text", "主题", line=True),
           Field("actions", "text", "规定动作，一行一项"), Field("advice", "text", "自选动作建议", required=False)),
    open_if=(by_the_zone, a_month, to_come), business_key=facts.about,
    moves=(
        *drafting(SIGNED, not_past, under=SIGNED),
        sending_back(SIGNED),
        Move("sign", "签发", PROPOSED, IN_FORCE, by=ZONE_SIGNER, under=MONTHLY, asks=(OPINION,), decides=True,
             only_if=(another_person, not_past), does=(facts.publish,), letter=theme_of_the_month,
             tells=(Tell(ZONE_OFFICE, "月度主题已签发印发。"), Tell(EVERY_BRANCH, "区里印发了月度主题安排。"))),
        Move("revoke", "撤销主题安排", IN_FORCE, REVOKED, by=ZONE_SIGNER, under=SIGNED, asks=(WHY,),
             does=(void_papers,), tone="negative"),
        lapsing(on=facts.over_on),
        Move("end", "当月已过", IN_FORCE, OVER, by=TIMER, under=MONTHLY, on=facts.over_on),
        *common_moves(DRAFT, PROPOSED),
    ),
)
# fmt: on
