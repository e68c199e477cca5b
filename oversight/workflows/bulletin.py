"""Bulletin: the zone tells its units each month how the activities were held, from figures and with comments.

Drafted by the zone office, signed by somebody else of the zone committee. Source: G-4.4c
"""

from oversight.base.sentences import N_
from oversight.law.clauses import clause, house_rule
from oversight.law.definition import Field, Move, State, Tell, Workflow, rule
from oversight.law.roles import TIMER, ZONE_OFFICE, ZONE_SIGNER
from oversight.papers.numbers import void_papers
from oversight.rules import bulletin as facts
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

TOLD = clause("G-4.4c")
SIGNED = house_rule(
    "情况通报由党建办拟稿，经党工委成员签发后印发，一般在次月 10 日以前；有误的另发更正通报。"
)

PUBLISHED = State("published", "已通报", waits_on=TIMER, granted=True)
KEPT = State("kept", "已存档", granted=True)


@rule(SIGNED)
def by_the_zone(attempt: TransitionContext) -> bool:
    """每月情况通报由区党建办提出。"""
    return attempt.unit.kind == "zone"


@rule(TOLD, "month")
def a_month(attempt: TransitionContext) -> bool:
    """月份要写成 2026-11 这样。"""
    return first_of(attempt.words["month"]) is not None


@rule(TOLD, "month")
def has_begun(attempt: TransitionContext) -> bool:
    """这个月还没有开始，没有情况可以通报。"""
    return first_of(attempt.words["month"]) <= attempt.today


# fmt: off
WORKFLOW = Workflow(
    "bulletin", N_("情况通报"), version=1, opens=DRAFT, opened_by=ZONE_OFFICE, short=N_("情况通报"),
    facts=(Field("month", "text", "哪个月", initial=facts.last_month), Field("comment", "text", "情况点评"),
           Field("demands", "text", "下步要求", required=False),
           Field("corrects", "text", "更正哪一份通报（文号）", required=False)),
    open_if=(by_the_zone, a_month, has_begun), business_key=facts.about, on_open=(facts.count,),
    moves=(
        *drafting(SIGNED, under=SIGNED),
        sending_back(SIGNED),
        Move("sign", "签发", PROPOSED, PUBLISHED, by=ZONE_SIGNER, under=TOLD, asks=(OPINION,), decides=True,
             only_if=(another_person,), does=(facts.count, facts.publish),
             tells=(Tell(ZONE_OFFICE, "情况通报已签发印发。"), Tell(EVERY_BRANCH, "区里印发了情况通报。"))),
        Move("revoke", "撤销通报", PUBLISHED, REVOKED, by=ZONE_SIGNER, under=SIGNED, asks=(WHY,),
             does=(void_papers,), tone="negative"),
        lapsing(on=facts.stale_on),
        Move("keep", "存档", PUBLISHED, KEPT, by=TIMER, under=TOLD, on=facts.stale_on),
        *common_moves(DRAFT, PROPOSED),
    ),
)
# fmt: on
