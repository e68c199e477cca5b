"""When an absentee was contacted and his lesson held, entered at once or apart, and who confirms it."""

from __future__ import annotations

from oversight.law.clauses import clause, house_rule
from oversight.law.definition import rule

from . import absence as facts
from .context import TransitionContext

CONTACT, MAKE_UP = clause("G-3.2.1b"), clause("G-3.2.1d")
CONFIRMED = house_rule(
    "补课由补课人以外的人确认，区里规定要确认的才确认；机关的记录和归档不受影响。"
)
AT_ONCE = house_rule("联系当天就补了课的，联系和补课一次登记。")


@rule(CONTACT, "on")
def called_since(attempt: TransitionContext) -> bool:
    """联系日期要在活动当天到今天之间；没有联系的不能先登记。"""
    return facts.activity_day(attempt) <= (attempt.words["on"] or attempt.today) <= attempt.today


@rule(MAKE_UP, "held_on")
def lesson_was_held(attempt: TransitionContext) -> bool:
    """补课日期要在活动之后、今天或以前；没有补的课不能先登记。"""
    return facts.activity_day(attempt) < attempt.words["held_on"] <= attempt.today


@rule(MAKE_UP, "held_on")
def lesson_since(attempt: TransitionContext) -> bool:
    """补课日期要在活动当天到今天之间；没有补的课不能先登记。"""
    return facts.activity_day(attempt) <= attempt.words["held_on"] <= attempt.today


@rule(MAKE_UP, "held_on")
def lesson_since_told(attempt: TransitionContext) -> bool:
    """补课日期要在活动当天（写明了联系日期的，在联系上本人那天）到今天之间；没有补的课不能先登记。"""
    since = facts.told_on(attempt) or facts.activity_day(attempt)
    return since <= attempt.words["held_on"] <= attempt.today


@rule(AT_ONCE, "form", "reached", "told")
def told_with_lesson(attempt: TransitionContext) -> bool:
    """联系上本人并通报了活动情况，才能同时登记补课。"""
    return not attempt.words["form"] or (attempt.words["reached"] and attempt.words["told"])


@rule(AT_ONCE, "form", "on", "held_on")
def lesson_that_day(attempt: TransitionContext) -> bool:
    """同时登记的补课应是联系当天补的；另一天补的，在“补课登记”里登记。"""
    words = attempt.words
    same = words["held_on"] in (None, words["on"] or attempt.today)
    return same if words["form"] else words["held_on"] is None


@rule(AT_ONCE)
def lesson_noted(attempt: TransitionContext) -> bool:
    """还没有补课登记。"""
    return bool(attempt.case.facts.get("lesson"))


@rule(CONFIRMED)
def not_to_be_confirmed(attempt: TransitionContext) -> bool:
    """区里规定补课要由他人确认。"""
    return attempt.settings["makeup_confirmation"] != "on"
