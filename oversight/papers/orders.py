"""The letters of a rectification: the order, and the notice that closes it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

from oversight.base.sentences import N_
from oversight.law.binding import own_id
from oversight.law.clauses import DOCUMENTS, register
from oversight.law.inputs import read_day
from oversight.models import Case, Unit
from oversight.models.papers import UNNUMBERED
from oversight.organization.units import superiors

from .letter import BLANKS, chinese_count, chinese_day, letter, remark, seat, stop
from .numbers import cited

if TYPE_CHECKING:
    from oversight.rules.context import TransitionContext

SERIES, CLOSING = N_("整"), N_("整销")
POOR, HOLLOW = "poor", "hollow"
GROUNDS = ((POOR, N_("组织不力")), (HOLLOW, N_("走过场")))  # Source: G-4.4f, S-4.4f
RECEIPT = N_("送达回证：以上通知书已收到。签收人：　　　　　　签收时间：　　　　年　　月　　日")
SECTION = re.compile(r"([一二三四五六七八九十]+)(（[一二三四五六七八九十]+）)?、?(\d+)?")


def issuer(attempt: TransitionContext) -> Unit:
    """Return the organization in whose name the order is."""
    return attempt.session.get(Unit, attempt.case.facts["issuer"])


def order(attempt: TransitionContext) -> dict:
    """Compose the order: what was found, on which grounds, what is demanded by when, and the receipt
    that is signed.
    """
    facts, findings = attempt.case.facts, attempt.case.facts["findings"]
    due_on = attempt.raw.get("due_on", facts.get("due_on"))
    day, by = chinese_day(read_day(due_on)), issuer(attempt)
    visited = chinese_day(attempt.fact_day("inspected_on"))
    body = letter(
        attempt,
        by,
        N_("整改通知书"),
        attempt.unit.name,
        [
            f"经{visited}督查，认定你支部主题党日活动{_ground(findings)}，存在下列问题：",
            *(_point(number, one) for number, one in enumerate(findings, 1)),
            f"以上依据{cite_all([own_id(one['clause'], attempt.unit.category) for one in findings])}。"
            f"请你支部于{day}前（含当日）完成整改，并向{by.name}书面报告整改情况。",
            N_("特此通知。"),
        ],
    )
    return {**body, "receipt": RECEIPT, "copies": _copies(attempt, by)}


def _copies(attempt: TransitionContext, by: Unit) -> list[str]:
    """Name the superior of a branch to which somebody above it writes."""
    above = superiors(attempt.session, attempt.unit)[0]
    return [above.name] if above.id != by.id else []


def _point(number: int, finding: dict) -> str:
    """Write a finding with what is demanded about it, on the first level of a paper's numbering."""
    return f"{chinese_count(number)}、{stop(finding['fact'])}整改要求：{stop(finding['demand'])}"


def _ground(findings: list[dict]) -> str:
    """Say as what the inspector found it; nothing said is 组织不力."""
    found = {finding.get("ground") or POOR for finding in findings}
    return "、".join(label for key, label in GROUNDS if key in found)


def closing(attempt: TransitionContext) -> dict:
    """Compose the notice that an order is met."""
    unit = attempt.session.get(Unit, attempt.basis.unit_id) if attempt.basis else issuer(attempt)
    count = len(attempt.case.facts["findings"])
    body = letter(
        attempt,
        unit,
        N_("整改销号通知"),
        attempt.unit.name,
        [
            f"{cited(attempt, '整改通知书')}所列{count}个问题已整改到位或说明属实，"
            f"于{chinese_day(attempt.today)}予以销号。",
            N_("请在下一次主题党日向党员通报整改情况。"),
            N_("特此通知。"),
        ],
    )
    return {**body, "copies": _copies(attempt, unit)}


def extended(attempt: TransitionContext) -> dict:
    """Compose the consent to a later deadline."""
    asked = attempt.case.facts["extension"]
    day, until = (chinese_day(read_day(asked[name])) for name in ("before", "until"))
    text = f"同意整改期限由{day}延至{until}（含当日）。"
    return _answer(attempt, N_("同意延长整改期限"), _about(attempt) + text)


def not_extended(attempt: TransitionContext) -> dict:
    """Compose the no to a later deadline."""
    text = N_("不同意延长，请按原定期限完成整改。")
    return _answer(attempt, N_("不同意延长整改期限"), _about(attempt) + text)


def _about(attempt: TransitionContext) -> str:
    return f"你支部关于延长{cited(attempt, '整改通知书')}整改期限的申请收悉。经研究，"


def heard(attempt: TransitionContext) -> dict:
    """Compose what is answered to a branch that objects, or has asked for a review, finding by finding."""
    again = attempt.move.name == "answer_review"
    what = N_("提请的复查") if again else N_("提出的异议")
    come = f"你支部对{cited(attempt, '整改通知书')}{what}收悉。经{'复查' if again else '研究'}，"
    answers = attempt.raw.get("answers") or []
    said = [
        f"{stop(finding['fact'])}答复：{stop(answer)}"
        for finding, answer in zip(attempt.case.facts["findings"], answers, strict=False)
        if answer
    ]
    onward = N_("请继续按通知书完成整改，整改期限继续计算。")
    lines = [f"{chinese_count(place)}、{line}" for place, line in enumerate(said, 1)]
    text = [f"{come}答复如下：", *lines] if lines else [come + onward]
    title = N_("整改异议复查") if again else N_("整改异议")
    return _answer(attempt, title, *text, onward if lines else "")


def _answer(attempt: TransitionContext, what: str, *texts: str) -> dict:
    said = remark(attempt.words.get("opinion") or "", "不同意", "同意")
    to = attempt.unit.name
    return letter(attempt, seat(attempt), f"关于{what}的批复", to, [*texts, said, N_("此复。")])


def cite(number: str) -> str:
    """Name a clause with its document, as running text does."""
    return cite_all([number])


def cite_all(numbers: Iterable[str]) -> str:
    """Name clauses, each document once: 《…》第三部分第（二）项第1条、第四部分第4条."""
    found: dict[str, list[str]] = {}
    for number in dict.fromkeys(numbers):
        entry = register()[number]
        found.setdefault(DOCUMENTS[entry["doc"]], []).append(in_full(entry["section"]))
    return "、".join(name + "、".join(dict.fromkeys(where)) for name, where in found.items())


def in_full(section: str) -> str:
    """Write where a clause stands as a paper does: 三（二）1 is 第三部分第（二）项第1条."""
    part, group, line = SECTION.fullmatch(section).groups()
    return f"第{part}部分" + (f"第{group}项" if group else "") + (f"第{line}条" if line else "")


def report(
    case: Case, branch: str, issuer: str, items: list[dict], by: str, on: date, shown: list[str]
) -> dict:
    """Compose a branch's report: to each finding what was done, by whom and by when; `shown` are the
    names of what proves it.
    """
    number = case.number if case.number and case.number != UNNUMBERED else N_("你单位整改通知书")
    done = [
        f"{chinese_count(place)}、{stop(finding['fact'])}整改情况：{stop(one['measure'])}"
        f"责任人：{by}。完成日期：{chinese_day(read_day(one['done_on']))}。"
        for place, (finding, one) in enumerate(
            zip(case.facts["findings"], items, strict=False), start=1
        )
    ]
    return {
        "title": N_("关于主题党日督查整改情况的报告"),
        "to": f"{issuer}：",
        "paragraphs": [
            f"{number}收悉。我支部对照所列问题逐条整改，现将整改情况报告如下。",
            *(BLANKS.sub("", one) for one in done),
            N_("特此报告。"),
        ],
        "from": branch,
        "date": chinese_day(on),
        "enclosed": shown,
    }
