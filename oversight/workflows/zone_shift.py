"""Zone shift: the zone moves a month's party day for every branch by a numbered notice.

Drafted by the zone office, signed by somebody else of the zone committee; also the only way to move
七一.
"""

from oversight.base.sentences import N_
from oversight.law.clauses import clause, house_rule
from oversight.law.definition import Field, Move, State, Tell, Workflow, rule, without
from oversight.law.roles import TIMER, ZONE_OFFICE, ZONE_SIGNER
from oversight.papers.notices import issue_zone_notice
from oversight.papers.numbers import void_papers
from oversight.rules import zone_shift
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
from oversight.rules.zone_shift import end_notice, publish_notice

UNIFORM = clause("G-2.1.1a")
SIGNED = house_rule("全区改期由党建办拟稿，经党工委成员签发后印发通知。")

NEW_DAY, REASON = Field("new_day", "date", "全区改到哪一天"), Field("reason", "text", "改期原因")

PUBLISHED = State("published", "已印发", waits_on=TIMER, granted=True)
IN_FORCE = State("in_force", "已执行", granted=True)


@rule(SIGNED)
def by_the_zone(attempt: TransitionContext) -> bool:
    """全区改期只能由区党建办提出。"""
    return attempt.unit.kind == "zone"


@rule(clause("G-2.1.3"))
def day_ahead(attempt: TransitionContext) -> bool:
    """改到的日期必须在今天之后。"""
    return attempt.fact_day("new_day") > attempt.today


@rule(UNIFORM)
def another_day(attempt: TransitionContext) -> bool:
    """改到的日期就是当月原定的党日，不用发通知。"""
    return attempt.fact_day("new_day") != zone_shift.rule_day(attempt)


@rule(house_rule("改期通知在原定日期和改到的日期都还没有到之前可以撤销。"))
def both_ahead(attempt: TransitionContext) -> bool:
    """原定日期或改到的日期已经到了，不能再撤销。"""
    return attempt.today < min(zone_shift.rule_day(attempt), attempt.fact_day("new_day"))


@rule(house_rule("同一个月只能有一份有效的全区改期通知。"))
def month_is_free(attempt: TransitionContext) -> bool:
    """这个月已有一份全区改期通知，请先撤销。"""
    return zone_shift.standing_notice(attempt) is None


@rule(house_rule("不得定在休息日；“七一”活动由区里确定，不受此限。"))
def workday_or_july(attempt: TransitionContext) -> bool:
    """改到的日期是休息日，请另选一天。"""
    day = attempt.fact_day("new_day")
    return day.month == 7 or attempt.calendar.is_workday(day)


# fmt: off
WORKFLOW = Workflow(
    "zone_shift", N_("全区调整活动时间通知"), version=2, opens=DRAFT, begins=N_("起草"), opened_by=ZONE_OFFICE, short=N_("全区改期"),
    facts=(NEW_DAY, REASON), open_if=(by_the_zone, day_ahead, workday_or_july, month_is_free, another_day),
    business_key=zone_shift.month,
    moves=(
        *drafting(SIGNED, day_ahead, under=UNIFORM),
        Move("publish", "签发", PROPOSED, PUBLISHED, by=ZONE_SIGNER, under=SIGNED, asks=(OPINION,),
             only_if=(another_person, day_ahead, month_is_free, another_day),
             does=(publish_notice, issue_zone_notice), decides=True,
             consequence=N_("签发即编文号印发，各支部当月党日一并改期"),
             tells=(Tell(ZONE_OFFICE, "通知已签发印发。"),
                    Tell(EVERY_BRANCH, "区里印发了调整党日的通知。", concerns=zone_shift.is_given_the_day),)),
        sending_back(SIGNED),
        Move("revoke", "撤销通知", PUBLISHED, REVOKED, by=ZONE_SIGNER, under=SIGNED, asks=(WHY,),
             only_if=(both_ahead,), does=(end_notice, void_papers), tone="negative"),
        lapsing(on=zone_shift.new_day),
        Move("take_effect", "日期已到", PUBLISHED, IN_FORCE, by=TIMER, under=UNIFORM, on=zone_shift.new_day),
        *common_moves(DRAFT, PROPOSED, PUBLISHED, undo=(end_notice, void_papers)),
    ),
)
# fmt: on

# Version 1: a month could be moved to the day on which it was anyway.
EARLIER = (without(WORKFLOW, 1, another_day),)
