"""What a branch writes to its superior beside a request for another day: late reports, putting off, members
excused, places borrowed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from oversight.base.sentences import N_
from oversight.models import Person
from oversight.organization.units import superiors

from .letter import chinese_day, full_day, letter, stop
from .venue import when

if TYPE_CHECKING:
    from oversight.rules.context import TransitionContext

PLEASE = N_("妥否，请批示。")


def _up(attempt: TransitionContext, title: str, *paragraphs: str) -> dict:
    above = superiors(attempt.session, attempt.unit)[0]
    return letter(attempt, attempt.unit, title, above.name, list(paragraphs))


def _because(reason: str) -> str:
    return f"因{reason.removeprefix('因').rstrip('。，')}"


def month_report(attempt: TransitionContext) -> dict:
    """Compose the report of a day that was missed, or the request to put a month off."""
    facts = attempt.case.facts
    year, month = facts["month"].split("-")
    what = "“七一”活动" if facts.get("july") else N_("主题党日")
    named, why = f"{year}年{int(month)}月{what}", _because(facts["reason"])
    if facts["asks"] != "late_report":
        text = f"{why}，我支部{named}无法开展，拟暂缓开展。"
        return _up(attempt, f"关于暂缓开展{named}的请示", text, PLEASE)
    held = attempt.fact_day("held_on")
    when = f"，实际于{full_day(held)}开展" if held else ""
    text = f"{why}，我支部{named}没有按期开展{when}，现予补报。"
    return _up(attempt, f"关于补报{named}开展情况的报告", text, N_("请予认可。"), N_("特此报告。"))


def exemption(attempt: TransitionContext) -> dict:
    """Compose the request to excuse a member; his reasons stay in the case."""
    name = attempt.session.get(Person, attempt.case.facts["member"]).name
    begin, end = attempt.fact_day("from_on"), attempt.fact_day("until")
    text = (
        f"我支部党员{name}申请自{chinese_day(begin)}至{chinese_day(end)}免予参加主题党日活动。"
        "经支部研究，同意其申请，拟请批准，期间不计入应到会人数。"
    )
    return _up(attempt, N_("关于党员免予参加主题党日活动的请示"), text, PLEASE)


def not_counted(attempt: TransitionContext) -> dict:
    """Compose the request that members stand outside 应到."""
    return _of_members(attempt, N_("不计入应到会人数"))


def no_self_assessment(attempt: TransitionContext) -> dict:
    """Compose the request that members write no self-assessment."""
    return _of_members(attempt, N_("免写个人自评"))


def _of_members(attempt: TransitionContext, what: str) -> dict:
    """Name the members whom a step asked about; the reasons stay in the case."""
    year, asked = attempt.case.facts["year"], attempt.raw.get("members") or []
    names = [attempt.session.get(Person, one["member"]).name for one in asked]
    text = f"{year}年度民主评议党员中，我支部拟请同意下列党员{what}：{'、'.join(names)}。"
    return _up(attempt, f"关于{year}年度民主评议部分党员{what}的请示", text, PLEASE)


def venue(attempt: TransitionContext) -> dict:
    """Compose the letter that asks for a place."""
    facts = attempt.case.facts
    text = (
        f"我支部拟于{when(attempt)}借用{facts['place']}开展活动。活动内容：{stop(facts['purpose'])}"
    )
    return _up(attempt, f"关于借用{facts['place']}的请示", text, PLEASE)


# By workflow and the step that sends it; a case is opened by the step `open`.
SENT: dict[tuple[str, str], Callable[[TransitionContext], dict]] = {
    ("month_report", "open"): month_report,
    ("exemption", "support"): exemption,
    ("appraisal", "ask_not_counted"): not_counted,
    ("appraisal", "ask_excuse"): no_self_assessment,
    ("venue", "open"): venue,
}
