"""What a branch secretary reports on at 述职评议: facts of a year from the records, each with where its rows
are. No points and no rank: people judge. Source: G-4.1b, G-4.1c
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.clock import Moment
from oversight.base.sentences import N_, Sentence, say
from oversight.models import Case, DutyRecord, Person, Post, Unit

from . import month, obligations
from .month import Month

LECTURE = "LECTURE.SECRETARY"


@dataclass(frozen=True)
class Fact:
    """One line: what, how it stands, and where its rows are: year, follow_ups, life, ledger or cases."""

    what: str
    stands: tuple[str | Sentence, ...]
    rows: str
    left: bool = False


def secretaries(session: Session, unit: Unit, year: int) -> list[tuple[str, Post]]:
    """Return who led a branch as its secretary in a year, by name, the first first."""
    wanted = (
        sa.select(Person.name, Post)
        .join(Post, Post.person_id == Person.id)
        .where(
            Post.unit_id == unit.id,
            Post.office == "secretary",
            Post.from_on <= date(year, 12, 31),
            sa.or_(Post.to_on.is_(None), Post.to_on >= date(year, 1, 1)),
        )
        .order_by(Post.from_on, Post.id)
    )
    return [(name, post) for name, post in session.execute(wanted)]


def of_branch(session: Session, unit: Unit, year: int, at: Moment) -> list[Fact]:
    """Return the facts of a branch's year as of a moment."""
    months = [one for one in month.of_year(session, unit, year, at.today, Month) if one.owed]
    facts = obligations.read(session, [unit], year, at)
    owed = [
        one for one in obligations.of_branch(facts, unit, None, own=False) if one.kind == "must"
    ]
    return [
        _held(months),
        _recorded(months),
        _came(months),
        _made_up(session, unit, [one.row.id for one in months if one.saved]),
        *_met(owed),
        _lectured(facts.done.get((unit.id, LECTURE), [])),
        _put_right(session, unit, year),
        _owed(owed),
    ]


def _counted(found: Counter[str], words: dict[str, str]) -> tuple[Sentence, ...]:
    """Say each number that is not none, in the order of the words."""
    return tuple(
        say("%(word)s %(n)s", word=word, n=found[key]) for key, word in words.items() if found[key]
    )


def _held(months: list[Month]) -> Fact:
    counts = Counter(
        "trial" if one.trial and one.status != "held" else one.status for one in months
    )
    words = {
        "held": N_("按期开展"),
        "late": N_("未按期开展"),
        "missed": N_("未开展"),
        "unrecorded": N_("待登记"),
        "excused": N_("经同意暂缓"),
        "trial": N_("试运行，不计"),
    }
    left = bool(counts["late"] or counts["missed"] or counts["unrecorded"])
    return Fact(N_("每月主题党日"), _counted(counts, words), "year", left)


def _recorded(months: list[Month]) -> Fact:
    counts = Counter(one.entry for one in months if one.entry and not one.copied)
    words = {"in_time": N_("及时登记"), "late": N_("补录")}
    return Fact(N_("活动记录"), _counted(counts, words), "year", bool(counts["late"]))


def _came(months: list[Month]) -> Fact:
    expected, took = (
        sum(getattr(one, name) for one in months if one.counted)
        for name in ("expected", "took_part")
    )
    said = say("应到 %(n)s 人次，参加 %(m)s 人次", n=expected, m=took)
    return Fact(N_("党员参加"), (said,) if expected else (), "year")


def _made_up(session: Session, unit: Unit, days: list[str]) -> Fact:
    """Say what became of those who were missing. Source: G-4.1d"""
    about = sa.func.substr(Case.business_key, 1, 36)
    rows = session.execute(
        sa.select(Case.closed_at.is_not(None), sa.func.count())
        .where(
            Case.unit_id == unit.id,
            Case.workflow == "absence",
            Case.state.not_in(("void", "corrected")),
            about.in_(days),
        )
        .group_by(Case.closed_at.is_not(None))
    )
    counts = Counter({"done" if closed else "open": n for closed, n in rows})
    words = {"done": N_("已办结"), "open": N_("还没有办结")}
    return Fact(
        N_("缺席、请假党员的联系和补课"), _counted(counts, words), "follow_ups", counts["open"] > 0
    )


def _met(owed: list[obligations.Obligation]) -> list[Fact]:
    names = {
        ("ORGLIFE.HALF_YEAR", "ORGLIFE.Q4"): (N_("组织生活会"), "life"),
        ("APPRAISAL.YEARLY",): (N_("民主评议党员"), "ledger"),
    }
    found = []
    for keys, (what, rows) in names.items():
        mine = [one for one in owed if one.key in keys]
        left = any(one.open for one in mine)
        found.append(Fact(what, _states(mine), rows, left))
    return found


def _states(found: list[obligations.Obligation]) -> tuple[Sentence, ...]:
    of_them = {obligations.EXPLAINED: obligations.OF_THEM}
    return _counted(Counter(obligations.counted(found)), {**obligations.STATES, **of_them})


def _lectured(done: list[DutyRecord]) -> Fact:
    said = tuple(
        say(
            "%(m)s月%(d)s日：%(note)s",
            m=one.done_on.month,
            d=one.done_on.day,
            note=one.facts.get("note") or N_("讲了党课"),
        )
        for one in sorted(done, key=lambda one: one.done_on)
    )
    return Fact(N_("书记讲党课"), said, "ledger", not done)


def _put_right(session: Session, unit: Unit, year: int) -> Fact:
    """Say what was ordered to be put right in a year, and what of it is done."""
    rows = session.scalars(
        sa.select(Case).where(
            Case.unit_id == unit.id,
            Case.workflow == "rectification",
            Case.number.is_not(None),
            Case.state.not_in(("void", "recalled")),
        )
    )
    mine = [case for case in rows if case.opened_at.year == year]
    counts = Counter("open" if case.open else "done" for case in mine)
    words = {"done": N_("已办结"), "open": N_("正在整改")}
    return Fact(N_("督查整改"), _counted(counts, words), "cases", counts["open"] > 0)


def _owed(owed: list[obligations.Obligation]) -> Fact:
    return Fact(N_("应办台账（必须做的）"), _states(owed), "ledger", any(one.open for one in owed))
