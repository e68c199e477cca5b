"""Campaign: the zone deploys the yearly appraisal, from when to when, by a numbered notice to every
branch.

Drafted by the zone office, signed by somebody else of the zone committee. Organs appraise within
the year anyway.
"""

from oversight.base.sentences import N_
from oversight.law.clauses import clause, house_rule
from oversight.law.definition import Field, Move, State, Tell, Workflow, rule
from oversight.law.roles import TIMER, ZONE_OFFICE, ZONE_SIGNER
from oversight.papers.notices import deployment
from oversight.papers.numbers import void_papers
from oversight.rules import campaign as facts
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
    lapsing,
    sending_back,
)

DEPLOYED = clause("G-3.1.6d")
SIGNED = house_rule("评议部署由党建办拟稿，经党工委成员签发后印发通知。")

IN_FORCE = State("in_force", "已部署", waits_on=TIMER, granted=True)
OVER = State("over", "已结束", granted=True)


@rule(SIGNED)
def by_the_zone(attempt: TransitionContext) -> bool:
    """评议部署只能由区党建办提出。"""
    return attempt.unit.kind == "zone"


@rule(DEPLOYED)
def about_the_fourth_quarter(attempt: TransitionContext) -> bool:
    """开始日期在第四季度之内，结束日期在开始之后、次年三月底之前。"""
    year, begin, end = attempt.words["year"], attempt.words["from_on"], attempt.words["until"]
    return (
        (begin.year, begin.month >= 10) == (year, True)
        and begin < end
        and (end.year, end.month) <= (year + 1, 3)
    )


@rule(DEPLOYED)
def not_over(attempt: TransitionContext) -> bool:
    """结束日期已经过了。"""
    return attempt.fact_day("until") >= attempt.today


# fmt: off
WORKFLOW = Workflow(
    "campaign", N_("民主评议部署"), version=1, opens=DRAFT, opened_by=ZONE_OFFICE, short=N_("评议部署"),
    facts=(Field("year", "number", "年度", initial=facts.year_to_appraise),
           Field("from_on", "date", "从哪天开始"), Field("until", "date", "到哪天结束"),
           Field("points", "text", "具体要求", required=False)),
    open_if=(by_the_zone, about_the_fourth_quarter), business_key=facts.campaign,
    moves=(
        *drafting(SIGNED, not_over, under=SIGNED),
        sending_back(SIGNED),
        Move("sign", "签发", PROPOSED, IN_FORCE, by=ZONE_SIGNER, under=DEPLOYED, asks=(OPINION,), decides=True,
             only_if=(another_person, not_over), does=(facts.deploy,), letter=deployment,
             tells=(Tell(ZONE_OFFICE, "评议部署已签发印发。"), Tell(EVERY_BRANCH, "区里印发了民主评议部署。"),)),
        Move("revoke", "撤销部署", IN_FORCE, REVOKED, by=ZONE_SIGNER, under=SIGNED, asks=(WHY,),
             does=(void_papers,), tone="negative"),
        lapsing(on=facts.deployed_until),
        Move("end", "部署期满", IN_FORCE, OVER, by=TIMER, under=DEPLOYED, on=facts.deployed_until),
        *common_moves(DRAFT, PROPOSED),
    ),
)
# fmt: on
