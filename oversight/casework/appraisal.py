"""Reading an appraisal: each member's year as the ledger knows it, and what was said, for those who
may see it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from oversight.models import Activity, Appraised, Attendance, Case, PeerReview, Person, WorkItem

KINDS = ("present", "other_form", "leave", "absent")


@dataclass(frozen=True)
class Line:
    """One member of the roster: the row, the year's attendance by class, lessons made up, what
    peers said.
    """

    row: Appraised
    attendance: dict[str, int]
    made_up: int
    peers: list[tuple[str, str]] = field(default_factory=list)

    @property
    def person(self) -> Person:
        return self.row.person


def lines(session: Session, case: Case, person: str | None = None) -> list[Line]:
    """Return the roster of a case with each member's facts, or one member's own line."""
    rows = (
        sa.select(Appraised)
        .where(Appraised.case_id == case.id)
        .options(joinedload(Appraised.person))
        .order_by(Appraised.sort, Appraised.person_id)
    )
    if person is not None:
        rows = rows.where(Appraised.person_id == person)
    found = list(session.scalars(rows))
    people = [row.person_id for row in found]
    attended, made_up, said = (
        _attended(session, case, people),
        _made_up(session, case, people),
        _said(session, case),
    )
    return [
        Line(
            row,
            {kind: attended[row.person_id, kind] for kind in KINDS},
            made_up[row.person_id],
            said.get(row.person_id, []),
        )
        for row in found
    ]


def _attended(session: Session, case: Case, people: list[str]) -> Counter:
    """Count each member's classes of attendance in the year, whatever branch he was in.

    Source: G-4.4e
    """
    counted = session.execute(
        sa.select(Attendance.person_id, Attendance.kind, sa.func.count())
        .join(Activity, Activity.id == Attendance.activity_id)
        .where(Activity.year == case.facts["year"], Attendance.person_id.in_(people))
        .group_by(Attendance.person_id, Attendance.kind)
    )
    return Counter({(person, kind): count for person, kind, count in counted})


def _made_up(session: Session, case: Case, people: list[str]) -> Counter:
    counted = session.execute(
        sa.select(Case.data_subject_id, sa.func.count())
        .where(
            Case.workflow == "absence",
            Case.state == "made_up",
            Case.data_subject_id.in_(people),
            sa.func.extract("year", Case.opened_at) == case.facts["year"],
        )
        .group_by(Case.data_subject_id)
    )
    return Counter(dict(counted.all()))


def _said(session: Session, case: Case) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    rows = session.execute(
        sa.select(PeerReview.about_id, Person.name, PeerReview.opinion)
        .join(Person, Person.id == PeerReview.by_id)
        .where(PeerReview.case_id == case.id)
        .order_by(PeerReview.at, PeerReview.id)
    )
    for about, name, opinion in rows:
        found.setdefault(about, []).append((name, opinion))
    return found


def graded(lines: list[Line]) -> list[Line]:
    return [line for line in lines if line.row.standing == "graded"]


def to_rate(case: Case, lines: list[Line]) -> list[Line]:
    """Return whose rating is asked for: all, or those that were sent back."""
    wanted = case.facts.get("returned")
    return [line for line in graded(lines) if not wanted or line.row.person_id in wanted]


def untold(lines: list[Line]) -> list[Line]:
    """Return whose grade is settled and who has not been told of it."""
    return [line for line in graded(lines) if line.row.grade and not line.row.told_on]


def voters(session: Session, case: Case) -> list[tuple[str, Person]]:
    """Return the committee's rows that are open: the unit, and who has not voted."""
    return list(
        session.execute(
            sa.select(WorkItem.unit_id, Person)
            .join(Person, Person.id == WorkItem.person_id)
            .where(
                WorkItem.case_id == case.id, WorkItem.kind == "act", WorkItem.closed_at.is_(None)
            )
            .order_by(WorkItem.id)
        ).all()
    )
