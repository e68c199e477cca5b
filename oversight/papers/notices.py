"""The zone's notices to all its branches: a month moved, its theme, and the yearly appraisal deployed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from oversight.base.sentences import N_
from oversight.law.definition import issuing
from oversight.models import Checkpoint

from .letter import chinese_count, chinese_day, full_day, letter, stop
from .numbers import issue

if TYPE_CHECKING:
    from oversight.rules.context import TransitionContext

ALL = N_("各镇党委、区属部门（单位）党组织")
HOW_HELD = (
    ("held", N_("按期开展")),
    ("late", N_("未按期开展")),
    ("missed", N_("未开展")),
    ("excused", N_("经同意暂缓开展")),
    ("open", N_("尚未登记")),
)


def zone_shift(attempt: TransitionContext) -> dict:
    """Compose the notice that moves a month's party day."""
    day = attempt.fact_day("new_day")
    return letter(
        attempt,
        attempt.unit,
        f"关于调整{day.year}年{day.month}月支部主题党日活动时间的通知",
        ALL,
        [
            f"因{attempt.case.facts['reason'].removeprefix('因').rstrip('。，')}，经研究，全区{day.year}年{day.month}月"
            f"支部主题党日统一调整为{full_day(day)}开展，请认真组织落实。",
            N_("特此通知。"),
        ],
    )


def deployment(attempt: TransitionContext) -> dict:
    """Compose the notice that deploys the appraisal of a year."""
    facts = attempt.case.facts
    begin, end = attempt.fact_day("from_on"), attempt.fact_day("until")
    return letter(
        attempt,
        attempt.unit,
        f"关于开展{facts['year']}年度民主评议党员工作的通知",
        ALL,
        [
            f"{facts['year']}年度民主评议党员于{chinese_day(begin)}至{chinese_day(end)}开展，各党支部召开一次组织生活会，"
            "对照“四个合格”标准，按照个人自评、党员互评、民主测评、组织评定等程序进行。",
            stop(facts["points"]) if facts.get("points") else "",
            N_("特此通知。"),
        ],
    )


def theme_of_the_month(attempt: TransitionContext) -> dict:
    """Compose the notice that settles the theme of a month and what every branch does. Source: G-2.3.1"""
    facts = attempt.case.facts
    year, month = facts["month"].split("-")
    actions = [line.strip() for line in facts["actions"].splitlines() if line.strip()]
    numbered = [f"{number}.{stop(line)}" for number, line in enumerate(actions, start=1)]
    advice = facts.get("advice")
    return letter(
        attempt,
        attempt.unit,
        f"关于{year}年{int(month)}月支部主题党日活动安排的通知",
        ALL,
        [
            f"现将全区{year}年{int(month)}月支部主题党日活动安排通知如下。",
            f"一、活动主题：{stop(facts['theme'])}",
            N_("二、规定动作："),
            *numbered,
            f"三、自选动作：{stop(advice)}"
            if advice
            else N_("三、自选动作由各党支部结合实际确定。"),
            N_("请各党支部会前召开支委会，结合工作实际细化具体内容，认真组织开展。"),
            N_("特此通知。"),
        ],
    )


def bulletin(attempt: TransitionContext) -> dict:
    """Compose the bulletin of a month: figures unit by unit in their own order, comments, demands; a
    unit below the zone names its branches.

    Source: G-4.4c
    """
    facts, whole = attempt.case.facts, attempt.unit.kind == "zone"
    year, month = facts["month"].split("-")
    corrects, named = facts.get("corrects"), f"{year}年{int(month)}月支部主题党日活动开展情况"
    of = N_("全区") if whole else N_("所属党支部")
    return letter(
        attempt,
        attempt.unit,
        f"关于更正{named}通报的通知" if corrects else f"关于{named}的通报",
        ALL if whole else N_("各党支部"),
        [
            f"{corrects}所列情况有误，现更正如下。" if corrects else f"现将{of}{named}通报如下。",
            *_parts(facts, of, whole),
            _sealed(attempt) if whole else "",
            N_("特此通知。") if corrects else N_("特此通报。"),
        ],
    )


def _parts(facts: dict, of: str, whole: bool) -> list[str]:
    """Say figures, comments and demands, each under its number; what is empty has none."""
    ways = ("expected", "trial", *(word for word, _said in HOW_HELD))
    total = {name: sum(one.get(name, 0) for one in facts["figures"]) for name in ways}
    parts = (
        [f"总体情况。{of}{_counted(total)}"],
        _unit_by_unit(facts["figures"], whole) if total["expected"] else [],
        [f"情况点评。{stop(facts['comment'])}"],
        [f"下步要求。{stop(facts['demands'])}"] if facts.get("demands") else [],
    )
    numbered = enumerate(filter(None, parts), 1)
    return [
        line
        for number, (head, *lines) in numbered
        for line in (f"{chinese_count(number)}、{head}", *lines)
    ]


def _unit_by_unit(figures: list[dict], whole: bool) -> list[str]:
    """Say how a month went, unit by unit in their own order; a unit below the zone names its branches."""
    if not whole:
        return [N_("各党支部情况："), *_by_state(figures)]
    return [N_("各单位情况："), *(f"{one['unit']}：{_counted(one)}" for one in figures)]


def _sealed(attempt: TransitionContext) -> str:
    """Name the zone's newest daily seal with the beginning of its digest: on paper in many hands nobody
    changes it afterwards. `oversight audit verify --against` takes it as it is printed.
    """
    seal = attempt.session.scalar(
        sa.select(Checkpoint)
        .where(Checkpoint.zone_id == attempt.case.zone_id, Checkpoint.day.is_not(None))
        .order_by(Checkpoint.number.desc())
        .limit(1)
    )
    if seal is None:
        return ""
    short = f"{seal.hash[:8]}-{seal.hash[8:16]}"
    return f"{chinese_day(seal.day)}系统日志封印：{seal.number}-{short}，供核对。"


def _by_state(figures: list[dict]) -> list[str]:
    """Say of each way how a month was held which branches, in their own order."""
    ways = (*HOW_HELD, ("trial", N_("在试运行期间，不作统计")))
    found = ((said, [one["unit"] for one in figures if one.get(name)]) for name, said in ways)
    return [f"{said}的：{'、'.join(units)}。" for said, units in found if units]


def _counted(one: dict) -> str:
    """Say how many branches did what; what none did is left out."""
    said = "，".join(f"{word}{one[name]}个" for name, word in HOW_HELD if one.get(name))
    trial = one.get("trial", 0)
    if not one.get("expected"):
        return N_("都在试运行期间，不作统计。") if trial else N_("没有列入统计的支部。")
    besides = f"；另有支部{trial}个在试运行期间，不作统计" if trial else ""
    return f"应开展支部{one['expected']}个" + (f"，{said}" if said else "") + f"{besides}。"


@issuing(zone_shift)
def issue_zone_notice(attempt: TransitionContext) -> None:
    """通知编文号印发。"""
    issue(attempt, attempt.unit, "notice", "", zone_shift(attempt))
