"""How long cases take: the age of what is open, and how long each state lasted, in working days. What is
kept are counts by length, which add up; medians are read off them. Reads only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from oversight.base.clock import Moment
from oversight.base.rows import grouped, keyed
from oversight.calendar.workdays import Calendar, workdays_between
from oversight.calendar.zone import zone_calendar
from oversight.models import Case, JournalRow, WorkItem

SINCE = timedelta(days=366)
AGES = (5, 10, 20)  # working days up to which an age belongs to a step; beyond is the last
Lengths = Counter[tuple[str, str, int]]  # workflow, state or "", working days


@dataclass(frozen=True)
class Lying:
    """An open case at a unit's seat, as of a moment."""

    unit_id: str
    case_id: str
    due_on: date


@dataclass(frozen=True)
class Work:
    """Open cases of some units by whose they are, and where they lie."""

    open: dict[str, list[Case]]
    lying: dict[str, list[Lying]]


def work(session: Session, ids: list[str], at: Moment) -> Work:
    """Return the open cases of these units, and at which seats they lie, as of a moment."""
    rows = session.execute(
        sa.select(Case, WorkItem.unit_id, sa.func.min(WorkItem.due_on).label("due_on"))
        .join(WorkItem, WorkItem.case_id == Case.id)
        .where(
            Case.unit_id.in_(ids),
            sa.or_(Case.closed_at.is_(None), Case.closed_at > at.now),
            WorkItem.kind == "act",
            WorkItem.opened_at <= at.now,
            sa.or_(WorkItem.closed_at.is_(None), WorkItem.closed_at > at.now),
        )
        .group_by(Case.id, WorkItem.unit_id)
    ).all()
    cases = {row.Case.id: row.Case for row in rows}
    lying = (Lying(row.unit_id, row.Case.id, row.due_on) for row in rows)
    return Work(
        grouped((case.unit_id, case) for case in cases.values()),
        grouped((one.unit_id, one) for one in lying),
    )


class Days:
    """Working days between days of a zone, each pair counted once."""

    def __init__(self, session: Session, zone_id: str):
        self.calendar: Calendar = zone_calendar(session, zone_id)
        self.known: dict[tuple[date, date], int] = {}

    def between(self, begin: date, end: date) -> int:
        if (begin, end) not in self.known:
            self.known[begin, end] = max(0, workdays_between(self.calendar, begin, end))
        return self.known[begin, end]


def ages(cases: Iterable[Case], at: Moment, days: Days) -> Lengths:
    """Count open cases by how many working days ago they were opened."""
    return Counter(
        (case.workflow, "", days.between(case.opened_at.date(), at.today)) for case in cases
    )


def stays(session: Session, ids: list[str], at: Moment, days: Days) -> dict[str, Lengths]:
    """Count by unit how many working days cases stayed in each state that they left within a year."""
    found: dict[str, Lengths] = {}
    for row, left in _left(session.execute(_entries(ids, at)), at.now - SINCE):
        length = days.between(row.at.date(), left.date())
        found.setdefault(row.unit_id, Counter())[row.workflow, row.to_state, length] += 1
    return found


@dataclass(frozen=True)
class Stay:
    """How many working days a case stayed in a state, from when until when."""

    case_id: str
    came: datetime
    left: datetime
    workdays: int


def stayed(
    session: Session, ids: list[str], workflow: str, state: str, at: Moment, days: Days
) -> list[Stay]:
    """Return what `stays` counts of one state, one by one, what was left last first."""
    rows = session.execute(_entries(ids, at).where(Case.workflow == workflow))
    found = [
        Stay(row.case_id, row.at, left, days.between(row.at.date(), left.date()))
        for row, left in _left(rows, at.now - SINCE)
        if row.to_state == state
    ]
    return sorted(found, key=lambda one: (one.left, one.case_id), reverse=True)


def aged(
    session: Session, ids: list[str], workflow: str, step: int, at: Moment, days: Days
) -> list[Stay]:
    """Return the open cases that `ages` counts in a step, until now, the oldest first."""
    found = [
        Stay(case.id, case.opened_at, at.now, days.between(case.opened_at.date(), at.today))
        for cases in work(session, ids, at).open.values()
        for case in cases
        if case.workflow == workflow
    ]
    mine = (one for one in found if step_of(one.workdays) == step)
    return sorted(mine, key=lambda one: (one.came, one.case_id))


def cases(session: Session, stays: Iterable[Stay]) -> list[tuple[Stay, Case]]:
    """Return these stays each with its case."""
    rows, found = list(stays), sa.select(Case).options(joinedload(Case.unit))
    known = keyed(session.scalars(found.where(Case.id.in_({one.case_id for one in rows}))))
    return [(one, known[one.case_id]) for one in rows]


def _entries(ids: list[str], at: Moment) -> sa.Select:
    """Return what asks for the entries into states of cases that were open within a year."""
    return (
        sa.select(
            Case.unit_id, Case.workflow, JournalRow.case_id, JournalRow.at, JournalRow.to_state
        )
        .join(JournalRow, JournalRow.case_id == Case.id)
        .where(
            Case.unit_id.in_(ids),
            sa.or_(Case.closed_at.is_(None), Case.closed_at > at.now - SINCE),
            JournalRow.from_state != JournalRow.to_state,
            JournalRow.at <= at.now,
        )
        .order_by(JournalRow.case_id, JournalRow.seq)
    )


def _left(rows: Iterable[sa.Row], since: datetime) -> Iterator[tuple[sa.Row, datetime]]:
    """Yield each entry into a state with the moment at which it was left."""
    for row, after in pairwise(rows):
        if row.case_id == after.case_id and after.at >= since:
            yield row, after.at


def quantile(lengths: dict[int, int], share: float) -> int:
    """Return the length that this share of all does not exceed."""
    left = share * sum(lengths.values())
    for length in sorted(lengths):
        left -= lengths[length]
        if left <= 0:
            return length
    return 0


def by_state(lengths: Lengths) -> dict[tuple[str, str], dict[int, int]]:
    """Return counts by length of each workflow and state."""
    found: dict[tuple[str, str], dict[int, int]] = {}
    for (workflow, state, length), n in lengths.items():
        found.setdefault((workflow, state), {})[length] = n
    return found


def steps(lengths: dict[int, int]) -> list[int]:
    """Count lengths by the steps of AGES."""
    counts = [0] * (len(AGES) + 1)
    for length, n in lengths.items():
        counts[step_of(length)] += n
    return counts


def step_of(length: int) -> int:
    """Return the step of AGES in which a length lies."""
    return sum(length > most for most in AGES)
