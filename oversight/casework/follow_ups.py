"""The follow-ups of a branch's absentees, as the sheet for several shows them. Reads only."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.db import by_ids
from oversight.base.refusals import Forbidden
from oversight.base.sentences import say
from oversight.engine import authority
from oversight.models import Activity, Attendance, Case, Person, Unit
from oversight.models.attendance import CLASSES
from oversight.organization.actor import Actor
from oversight.rules.absence import FOLLOW_UP


@dataclass(frozen=True)
class Line:
    """One absentee: the case, the member, and how he stood on the attendance sheet of a day."""

    case: Case
    person: Person
    kind: str
    day: date

    @property
    def tries(self) -> list[dict]:
        return self.case.facts.get("tries") or []

    @property
    def label(self) -> str:
        return CLASSES[self.kind]


def reads(session: Session, unit: Unit, who: Actor) -> bool:
    """True where who asks leads the branch or stands above it."""
    try:
        readable(session, unit, who)
    except Forbidden:
        return False
    return True


def readable(session: Session, unit: Unit, who: Actor) -> None:
    """Raise Forbidden where who asks neither leads the branch nor stands above it."""
    if any(unit.within(path) for path in who.business):
        return
    try:
        authority.leads(session, unit, who)
    except Forbidden:
        said = say("缺席补课由%(unit)s办理；您自己的事项在“待办”里。", unit=unit.name)
        raise Forbidden(said) from None


def counts(session: Session, unit: Unit) -> dict[str, int]:
    """Count the open follow-ups of a branch by state."""
    wanted = sa.select(Case.state, sa.func.count()).where(*_of(unit), Case.closed_at.is_(None))
    return dict(session.execute(wanted.group_by(Case.state)).all())


class Which(NamedTuple):
    """Which follow-ups, in which order."""

    where: sa.ColumnElement[bool]
    order: tuple = (Case.due_on, Case.id)


CLOSED = Which(Case.closed_at.is_not(None), (Case.closed_at.desc(), Case.id.desc()))


def in_state(state: str) -> Which:
    """Choose what waits in one state, by deadline."""
    return Which(sa.and_(Case.closed_at.is_(None), Case.state == state))


def elsewhere(states: Collection[str]) -> Which:
    """Choose what is open and waits in none of the states, by deadline."""
    return Which(sa.and_(Case.closed_at.is_(None), Case.state.not_in(states)))


def page(
    session: Session, unit: Unit, which: Which, number: int, size: int
) -> tuple[list[Line], bool]:
    """Return a page of a branch's follow-ups, and whether more come; the first is number 1."""
    rows = session.execute(
        sa.select(Case, Person)
        .join(Person, Person.id == Case.data_subject_id)
        .where(*_of(unit), which.where)
        .order_by(*which.order)
        .offset((number - 1) * size)
        .limit(size + 1)
    ).all()
    about = {case.facts["activity"] for case, _person in rows[:size]}
    held, kinds = _held(session, about), _kinds(session, about)
    lines = [
        Line(
            case,
            person,
            kinds.get((case.facts["activity"], person.id), case.facts["kind"]),
            held[case.facts["activity"]],
        )
        for case, person in rows[:size]
    ]
    return lines, len(rows) > size


def _of(unit: Unit) -> tuple:
    return Case.unit_id == unit.id, Case.workflow == FOLLOW_UP


def _held(session: Session, about: set[str]) -> dict[str, date]:
    rows = by_ids(session, Activity, about).values()
    return {row.id: row.held_on or row.day for row in rows}


def _kinds(session: Session, about: set[str]) -> dict[tuple[str, str], str]:
    rows = session.execute(
        sa.select(Attendance.activity_id, Attendance.person_id, Attendance.kind).where(
            Attendance.activity_id.in_(about)
        )
    )
    return {(activity, person): kind for activity, person, kind in rows}


def sought(session: Session, people: list[str]) -> set[str]:
    """Return of whom a search began after an earlier activity."""
    began = sa.select(Case.data_subject_id).where(
        Case.workflow == FOLLOW_UP, Case.state == "searching", Case.data_subject_id.in_(people)
    )
    return set(session.scalars(began))
