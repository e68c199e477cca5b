"""The register of numbers: a paper is numbered, frozen and voided in the transaction of the
decision, per unit and year without gaps.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from oversight.base import jobs
from oversight.base.db import new_id
from oversight.base.prepared import Prepared
from oversight.law.definition import effect
from oversight.models import NumberSeries, OutboxMessage, Paper, Unit, images
from oversight.models.papers import TYPED, UNNUMBERED

from .letter import chinese_day

if TYPE_CHECKING:
    from oversight.rules.context import TransitionContext

MAKE = "print"  # kind of the outbox: the files of a paper


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


def reply_series(attempt: TransitionContext) -> str:
    """Return the series in which replies are numbered: the program's own, never an office's main one."""
    return attempt.settings["reply_series"]


def issue(
    attempt: TransitionContext,
    unit: Unit,
    kind: str,
    series: str,
    body: dict,
    *,
    standing: bool = True,
    by: str | None = None,
) -> Paper:
    """Number a paper, freeze its text and tie it to the case. Does not commit.

    `standing` False: the case keeps the number that it has. `by`: who answers for it, where it is not
    who acts. A paper whose number the office keeps
    waits for it; its place in the order of issue is counted in a series apart.
    """
    typed = _typed(attempt, series)
    series = TYPED if typed else series
    seq, number = next_number(attempt.session, unit, series, attempt.today.year)
    number = UNNUMBERED if typed else number
    paper = Paper(
        id=new_id(),
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
        issued_by=by or (attempt.actor.id if attempt.actor else None),
    )
    attempt.session.add(paper)
    if not typed:
        attempt.messages.append(_to_make(paper, attempt.at.now))
    if standing:
        attempt.set(number=number)
    if standing and typed:
        attempt.set_facts(unnumbered=paper.id)
    attempt.result["paper"] = number
    return paper


def _typed(attempt: TransitionContext, series: str) -> bool:
    """True where the office numbers such a paper in its own register."""
    how = attempt.settings["reply_numbers"]
    return how == "all" or (how == "typed" and series == reply_series(attempt))


def cited(attempt: TransitionContext, what: str) -> str:
    """Name the paper of a case in another one: by its number, or while that is not entered by its day."""
    if attempt.case.number != UNNUMBERED:
        return f"{attempt.case.number}{what}"
    issued = sa.select(sa.func.max(Paper.issued_on)).where(
        Paper.case_id == attempt.case.id, Paper.number == UNNUMBERED
    )
    return f"{chinese_day(attempt.session.scalar(issued))}印发的{what}"


def _to_make(paper: Paper, at: datetime) -> dict:
    """Return the message that leaves the files of a paper to the outbox."""
    return {
        "id": new_id(),
        "zone_id": paper.zone_id,
        "key": made_by(paper.id),
        "kind": MAKE,
        "payload": {"paper": paper.id},
        "due_at": at,
        "attempts": 0,
    }


def make_again(session, paper: Paper, at: datetime) -> None:
    """Leave the files of a paper to the outbox now that it has its number, or another one. Does not
    commit.
    """
    waiting = sa.select(OutboxMessage).where(
        OutboxMessage.zone_id == paper.zone_id, OutboxMessage.key == made_by(paper.id)
    )
    row = session.scalar(waiting.with_for_update())
    if row is None:
        session.add(OutboxMessage(**_to_make(paper, at)))
    else:
        row.done_at, row.due_at, row.attempts, row.last_error = None, at, 0, None
        jobs.defer(session.connection(), [jobs.Job(row.kind, row.id, at)])


def made_by(paper_id: str) -> str:
    """Return under which key the outbox makes the files of a paper."""
    return f"{MAKE}:{paper_id}"


def of_case(session, case_id: str) -> list[Paper]:
    """Return the papers of a case, in the order in which they were issued."""
    return list(
        session.scalars(sa.select(Paper).where(Paper.case_id == case_id).order_by(Paper.id))
    )


@effect
def void_papers(attempt: TransitionContext) -> None:
    """已印发的文书作废，编号保留。"""
    void(attempt, attempt.move.label)


def void(attempt: TransitionContext, why: str) -> None:
    """Make what was issued in a case void; numbers stay. Does not commit."""
    gone = {"void_at": attempt.at.now, "void_why": why}
    voided = attempt.session.scalars(
        sa.update(Paper)
        .where(Paper.case_id == attempt.case.id, Paper.void_at.is_(None))
        .values(**gone)
        .returning(Paper.id)
    ).all()
    images.put(attempt.session, attempt.case.id, Paper, voided, **gone)
