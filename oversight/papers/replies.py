"""Numbered papers: issued and voided in the transaction of the decision, per unit and year without
gaps.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from oversight.base.prepared import Prepared
from oversight.law.definition import Effect
from oversight.models import NumberSeries, Paper, Unit, WorkItem
from oversight.organization import standing


def chinese_day(day) -> str:
    """Write a date as official letters do: no zero padding."""
    return f"{day.year}年{day.month}月{day.day}日"


def _next(dialect: str):
    insert = (sqlite if dialect == "sqlite" else postgresql).insert(NumberSeries.__table__)
    key, last = NumberSeries.__table__.primary_key, NumberSeries.__table__.c.last
    return insert.on_conflict_do_update(index_elements=key, set_={"last": last + 1}).returning(last)


_NEXT = Prepared(_next, NumberSeries.__table__.c.keys())


def next_number(session, unit: Unit, series: str, year: int) -> tuple[int, str]:
    """Take the next number of a series under a row lock; a rolled-back decision leaves no gap.

    Does not commit.
    """
    last = _NEXT.first(
        session, unit_id=unit.id, series=series, year=year, zone_id=unit.zone_id, last=1
    ).last
    return last, f"{unit.doc_prefix or unit.name}{series}〔{year}〕{last}号"


def issue(attempt, unit: Unit, kind: str, series: str, body: dict) -> Paper:
    """Number a paper, freeze its text and tie it to the case. Does not commit."""
    seq, number = next_number(attempt.session, unit, series, attempt.today.year)
    paper = Paper(
        zone_id=unit.zone_id,
        unit_id=unit.id,
        series=series,
        year=attempt.today.year,
        seq=seq,
        number=number,
        kind=kind,
        case_id=attempt.case.id,
        body=body,
        issued_on=attempt.today,
        issued_at=attempt.at.now,
        issued_by=attempt.actor.id if attempt.actor else None,
    )
    attempt.session.add(paper)
    attempt.case.number = number
    attempt.result["paper"] = number
    return paper


def _seat(attempt) -> Unit:
    return standing.unit(attempt.session, attempt.case.zone_id, attempt.basis.unit_id)


def _issue_reply(attempt) -> None:
    """批复编文号印发。"""
    _reply(attempt, _seat(attempt), attempt.move.enters.name == "approved")


def _issue_joint_replies(attempt) -> None:
    """各上级的批复分别编文号印发。"""
    for desk in attempt.session.scalars(
        sa.select(WorkItem)
        .where(WorkItem.case_id == attempt.case.id, WorkItem.answer.is_not(None))
        .order_by(WorkItem.id)
    ):
        _reply(attempt, attempt.session.get(Unit, desk.unit_id), True)


def _reply(attempt, unit: Unit, agreed: bool) -> None:
    facts = attempt.case.facts
    day, new_day = attempt.fact_day("day"), attempt.fact_day("new_day")
    answer = (
        f"同意你支部 {day.month} 月主题党日由 {day.month} 月 {day.day} 日改为"
        f" {new_day.month} 月 {new_day.day} 日开展。"
        if agreed
        else f"不同意变更，{day.month} 月主题党日仍按 {day.month} 月 {day.day} 日开展。"
    )
    opinion = attempt.words.get("opinion") or ""
    issue(
        attempt,
        unit,
        "reply",
        "",
        {
            "title": f"关于{'同意' if agreed else '不同意'}变更{day.month}月主题党日活动时间的批复",
            "to": f"{attempt.unit.name}：",
            "paragraphs": [
                f"你支部关于变更{day.month}月主题党日活动时间的请示收悉。经研究，{answer}",
                *([opinion] if opinion and opinion not in ("同意", "不同意") else []),
                "此复。",
            ],
            "from": unit.name,
            "date": chinese_day(attempt.today),
            "reason": facts.get("reason", ""),
        },
    )


def _issue_zone_notice(attempt) -> None:
    """通知编文号印发。"""
    unit, day = attempt.unit, attempt.fact_day("new_day")
    issue(
        attempt,
        unit,
        "notice",
        "",
        {
            "title": f"关于调整{day.month}月支部主题党日活动时间的通知",
            "to": "各镇党委、区属部门（单位）党组织：",
            "paragraphs": [
                attempt.case.facts["reason"],
                f"全区{day.month}月支部主题党日统一调整为{day.month}月{day.day}日开展，请认真组织落实。",
            ],
            "from": unit.name,
            "date": chinese_day(attempt.today),
        },
    )


def _void_papers(attempt) -> None:
    """已印发的文书作废，编号保留。"""
    attempt.session.execute(
        sa.update(Paper)
        .where(Paper.case_id == attempt.case.id, Paper.void_at.is_(None))
        .values(void_at=attempt.at.now, void_why=attempt.move.label)
    )


issue_reply, issue_joint_replies = Effect(_issue_reply), Effect(_issue_joint_replies)
issue_zone_notice, void_papers = Effect(_issue_zone_notice), Effect(_void_papers)
