"""What has to hold before a day is asked about, answered or reported late."""

from __future__ import annotations

from oversight.calendar.party_days import is_near
from oversight.law.clauses import clause, house_rule
from oversight.law.definition import rule
from oversight.rules import date_change as facts
from oversight.rules.context import TransitionContext

CONSENT, NOT_ALONE = clause("G-2.1.1c"), clause("G-2.1.1b")
REST_DAYS = house_rule("指导书没有规定改到的日期必须是工作日，是否合适由上级定；休息日给予提醒。")
ROOM = house_rule("改到的日期早于原定日期的，之前至少要有一个工作日，供上级批复。")

# Asking -------------------------------------------------------------------------------------------


@rule(clause("G-2.1.1a"), "new_day")
def same_month(attempt: TransitionContext) -> bool:
    """改到的日期必须在同一个月之内。"""
    return attempt.words["new_day"].isoformat()[:7] == attempt.case.facts["day"][:7]


@rule(NOT_ALONE, "new_day")
def another_day(attempt: TransitionContext) -> bool:
    """改到的日期与原定日期相同，请另选一天。"""
    return attempt.words["new_day"] != facts.day_now(attempt)


@rule(CONSENT, "new_day")
def asked_ahead(attempt: TransitionContext) -> bool:
    """改到的日期必须在今天之后，给上级留出批复的时间。"""
    return attempt.words["new_day"] > attempt.today


@rule(ROOM, "new_day")
def leaves_room(attempt: TransitionContext) -> bool:
    """改到的日期早于原定日期，之前却没有工作日，上级来不及批复，请另选一天。"""
    day = attempt.words["new_day"]
    return day >= facts.day_now(attempt) or facts.leaves_workday(attempt, attempt.today, day)


@rule(REST_DAYS, "new_day")
def on_a_workday(attempt: TransitionContext) -> bool:
    """改到的日期是休息日，请考虑是否方便党员参加；是否同意由上级定。"""
    return attempt.calendar.is_workday(attempt.words["new_day"])


@rule(house_rule("同一支部一天只安排一次主题党日。"), "new_day")
def not_taken(attempt: TransitionContext) -> bool:
    """这一天支部已有别的活动，请另选一天。"""
    return not facts.taken(attempt, attempt.words["new_day"])


@rule(clause("G-2.1.3"))
def not_july(attempt: TransitionContext) -> bool:
    """“七一”活动全区统一开展，日期只能由区里调整。"""
    return not facts.is_unified_july(attempt)


@rule(clause("G-2.1.2a"))
def fixed_branch(attempt: TransitionContext) -> bool:
    """企事业单位、社会组织的活动日由支部自定，不需要请示，请直接在“主题党日”里定日期。"""
    return attempt.unit.fixed_day


@rule(NOT_ALONE)
def day_in_force(attempt: TransitionContext) -> bool:
    """填写的原定日期不是本支部正在执行的党日。"""
    return facts.activity_in_force(attempt) is not None


@rule(house_rule("已经登记开展的活动不再变更日期。"))
def not_held(attempt: TransitionContext) -> bool:
    """这次活动已经登记开展，不能再变更。"""
    return not facts.already_held(attempt)


# Answering ----------------------------------------------------------------------------------------


@rule(CONSENT)
def still_ahead(attempt: TransitionContext) -> bool:
    """原定日期或改到的日期已经到了，这一步来不及了；确因特殊情况的，由支部事后补报。"""
    first = min(facts.day_now(attempt), facts.first_day(attempt))
    answers = attempt.case.state in facts.AWAITING and facts.urgent(attempt)
    return attempt.today < first or answers and attempt.today == first


@rule(CONSENT)
def day_stands(attempt: TransitionContext) -> bool:
    """原定日期已由全区另行调整，请退回支部，由支部按现在的党日重新提交。"""
    return facts.day_now(attempt, anew=True) == attempt.fact_day("day")


@rule(REST_DAYS)
def asked_for_a_workday(attempt: TransitionContext) -> bool:
    """请示改到的日期是休息日，是否同意由上级定。"""
    day = attempt.fact_day("amended_day") or attempt.fact_day("new_day")
    return day is None or attempt.calendar.is_workday(day)


@rule(
    house_rule("当月确实无法开展的才同意暂缓，最早在上个月：还没有到的月份，不能先定为无法开展。")
)
def month_is_near(attempt: TransitionContext) -> bool:
    """当月确实无法开展的才同意暂缓，最早在上个月；请就请示的日期批复。"""
    day = attempt.fact_day("day")
    return is_near(day.year, day.month, attempt.today)


# Amending -----------------------------------------------------------------------------------------


@rule(CONSENT)
def amends_alone(attempt: TransitionContext) -> bool:
    """这是多个支部联合开展的活动，不能由一个支部修改；请申请取消变更，取消后重新联合请示。"""
    return not facts.partners(attempt)


@rule(CONSENT, "new_day")
def not_as_approved(attempt: TransitionContext) -> bool:
    """这一天已经获得同意，不用再请示；要恢复原定日期的，请申请取消变更。"""
    return attempt.words["new_day"] not in (attempt.fact_day("new_day"), attempt.fact_day("day"))


# Late reports -------------------------------------------------------------------------------------


@rule(facts.FORCE_MAJEURE)
def day_has_come(attempt: TransitionContext) -> bool:
    """原定日期还没有到，请直接请示变更，不用事后补报。"""
    return attempt.today >= facts.day_now(attempt)


@rule(house_rule("补报的日期须在当月之内，且不是原定日期。"), "new_day")
def another_if_told(attempt: TransitionContext) -> bool:
    """实际开展或改到的日期必须在同一个月之内，且不是原定日期。"""
    return attempt.words.get("new_day") is None or (
        same_month.test(attempt) and another_day.test(attempt)
    )
