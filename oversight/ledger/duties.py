"""What the branches that somebody leads owe by now and nobody has recorded: rows of his desk beside
the cases, read from the records as of a day. Writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.sentences import N_, Sentence, say
from oversight.calendar.party_days import NAMES, entry_due, month_end, owed
from oversight.models import Activity, LifeMeeting, Unit
from oversight.organization.actor import Actor
from oversight.rules import life_meetings as life

from . import attendance

MEETING_AHEAD = timedelta(days=61)  # house rule: said in the last two months of a half-year


@dataclass(frozen=True)
class Duty:
    """One thing to be done by a branch: `act` is what to do, `about` for what, until `due_on`."""

    unit: Unit
    kind: str
    act: str
    about: str | Sentence
    due_on: date
    year: int
    activity_id: str | None = None


def of(session: Session, who: Actor) -> list[Duty]:
    """Return what the branches that somebody leads today are to do, the earliest first."""
    ids = {unit_id for person_id, unit_id in who.led if person_id == who.id}
    if not ids:
        return []
    units = {one.id: one for one in session.scalars(sa.select(Unit).where(Unit.id.in_(ids)))}
    found = [
        *_sheets(session, units, who.on),
        *_own_days(session, units, who.on),
        *_meetings(session, units, who.on),
    ]
    return sorted(found, key=lambda duty: (duty.due_on, duty.kind, duty.unit.sort))


def _sheets(session: Session, units: dict[str, Unit], today: date) -> Iterator[Duty]:
    """Yield the party days that have come without a record. Source: G-3.2.1a"""
    for row in attendance.unrecorded(session, units, today):
        on = row.held_on or row.day
        due = entry_due(session, row.zone_id, on)
        what = NAMES.get(row.kind, N_("党日"))
        about = say("%(month)s月%(day)s日%(what)s", month=on.month, day=on.day, what=what)
        yield Duty(row.unit, "attendance", N_("登记考勤"), about, due, row.year, row.id)


def _own_days(session: Session, units: dict[str, Unit], today: date) -> Iterator[Duty]:
    """Yield this month, where the branch chooses the day and has not. Source: G-2.1.2a"""
    rows = session.scalars(
        sa.select(Activity).where(
            Activity.unit_id.in_(units),
            Activity.year == today.year,
            Activity.month == today.month,
            Activity.kind == "party_day",
            Activity.day.is_(None),
            Activity.held_on.is_(None),
            Activity.excused_by.is_(None),
        )
    )
    for row in rows:
        if owed(units[row.unit_id], row.year, row.month):
            about = say("%(month)s月党日", month=row.month)
            due = month_end(row.year, row.month)
            yield Duty(units[row.unit_id], "own_day", N_("定活动日"), about, due, row.year)


def _meetings(session: Session, units: dict[str, Unit], today: date) -> Iterator[Duty]:
    """Yield the half-years near their end in which no 组织生活会 was held. Source: G-3.1.6b"""
    near = [
        (unit, term)
        for unit in units.values()
        for term in life.terms(unit, today.year)
        if term.must and life.owed(unit, term) and term.begin <= today
        if term.end - MEETING_AHEAD <= today <= term.end
    ]
    if not near:
        return
    held = session.execute(
        sa.select(LifeMeeting.unit_id, LifeMeeting.held_on).where(
            LifeMeeting.unit_id.in_(units),
            LifeMeeting.held_on >= date(today.year, 1, 1),
            LifeMeeting.withdrawn_at.is_(None),
        )
    ).all()
    for unit, term in near:
        if not any(unit.id == where and term.begin <= on <= term.end for where, on in held):
            about = say("%(term)s还没有召开", term=life.LABELS[term.name])
            yield Duty(unit, "meeting", N_("召开组织生活会"), about, term.end, term.year)
