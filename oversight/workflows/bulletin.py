"""Bulletin: the zone tells its units each month how the activities were held, from figures and with comments;
a town or department may, when it chooses this way to inspect.

Drafted by the office, signed by somebody else of the committee. Source: G-4.4a, G-4.4c
"""

from oversight.base.sentences import N_
from oversight.law.clauses import clause, house_rule
from oversight.law.definition import Field, Move, Rule, State, Tell, Workflow, rule, without
from oversight.law.roles import TIMER
from oversight.papers.notices import bulletin as paper
from oversight.papers.numbers import void_papers
from oversight.rules import bulletin as facts
from oversight.rules.common import another_person, common_moves
from oversight.rules.context import TransitionContext
from oversight.rules.zone_notice import (
    EVERY_BRANCH,
    OF_A_UNIT,
    OF_THE_ZONE,
    OPINION,
    REVOKED,
    WHY,
    Desk,
    drafting,
    first_of,
    lapsing,
    sending_back,
)

TOLD, ONE_WAY = clause("G-4.4c"), clause("G-4.4a")
SIGNED = house_rule(
    "情况通报由党建办拟稿，经党工委成员签发后印发，一般在次月 10 日以前；有误的另发更正通报。"
)

PUBLISHED = State("published", "已通报", waits_on=TIMER, granted=True)
KEPT = State("kept", "已存档", granted=True)


@rule(SIGNED)
def by_the_zone(attempt: TransitionContext) -> bool:
    """每月情况通报由区党建办提出。"""
    return attempt.unit.kind == "zone"


@rule(ONE_WAY)
def above_the_branches(attempt: TransitionContext) -> bool:
    """情况通报由区、镇或区属部门（单位）党组织发出。"""
    return attempt.unit.kind in ("zone", "town", "department")


@rule(SIGNED, "corrects")
def corrects_its_own(attempt: TransitionContext) -> bool:
    """没有找到要更正的通报，请填本单位同一个月已印发的通报文号。"""
    number = attempt.words.get("corrects")
    return not number or facts.was_told(attempt, number)


@rule(TOLD, "month")
def a_month(attempt: TransitionContext) -> bool:
    """月份要写成 2026-11 这样。"""
    return first_of(attempt.words["month"]) is not None


@rule(TOLD, "month")
def has_begun(attempt: TransitionContext) -> bool:
    """这个月还没有开始，没有情况可以通报。"""
    return first_of(attempt.words["month"]) <= attempt.today


@rule(TOLD, "month")
def not_before(attempt: TransitionContext) -> bool:
    """这个月在启用以前，以纸质手册为准，不在系统里通报。"""
    return not facts.was_before(attempt)


def _definition(version: int, at: Desk, heard: str, *ready: Rule) -> Workflow:
    """Return the definition: where it is drafted and signed, what branches hear, when it may be opened."""
    # fmt: off
    return Workflow(
        "bulletin", N_("情况通报"), version=version, opens=at.draft, opened_by=at.office, short=N_("情况通报"),
        facts=(Field("month", "text", "哪个月", hint=N_("写成 2026-11 这样。"), line=True,
                     initial=facts.last_month), Field("comment", "text", "情况点评"),
               Field("demands", "text", "下步要求", required=False),
               Field("corrects", "text", "更正哪一份通报（文号）", required=False, line=True)),
        open_if=ready, business_key=facts.about, on_open=(facts.count,),
        moves=(
            *drafting(SIGNED, under=SIGNED, at=at),
            sending_back(SIGNED, at),
            Move("sign", "签发", at.proposed, PUBLISHED, by=at.signer, under=TOLD, asks=(OPINION,), decides=True,
                 only_if=(another_person,), does=(facts.count, facts.publish), letter=paper,
                 tells=(Tell(at.office, "情况通报已签发印发。"), Tell(EVERY_BRANCH, heard))),
            Move("revoke", "撤销通报", PUBLISHED, REVOKED, by=at.signer, under=SIGNED, asks=(WHY,),
                 does=(void_papers,), tone="negative"),
            lapsing(on=facts.stale_on, at=at),
            Move("keep", "存档", PUBLISHED, KEPT, by=TIMER, under=TOLD, on=facts.stale_on),
            *common_moves(at.draft, at.proposed),
        ),
    )
    # fmt: on


_MONTH = (a_month, has_begun)
WORKFLOW = _definition(
    3,
    OF_A_UNIT,
    N_("上级印发了情况通报。"),
    *(above_the_branches, *_MONTH, not_before, corrects_its_own),
)
# Version 2: of a month before the beginning too. Version 1: of the zone alone.
EARLIER = (
    without(WORKFLOW, 2, not_before),
    _definition(1, OF_THE_ZONE, N_("区里印发了情况通报。"), by_the_zone, *_MONTH),
)
