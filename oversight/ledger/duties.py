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
from oversight.models import Activity, LifeMeeting, Post, Substitution, Unit
from oversight.organization.actor import Actor
from oversight.rules import life_meetings as life

from . import attendance

MEETING = "meeting"
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
    led = {unit_id for person_id, unit_id in who.led if person_id == who.id}
    held: list[Post | Substitution] = [*who.posts, *who.acting]
    units = {one.unit_id: one.unit for one in held if one.unit_id in led}
    if not units:
        return []
    rows = session.execute(_facts(session, list(units), who.on)).all()
    found = [
        *_days(session, [row for row in rows if row.kind != MEETING], units, who.on),
        *_meetings([row for row in rows if row.kind == MEETING], units, who.on),
    ]
    return sorted(found, key=lambda duty: (duty.due_on, duty.kind, duty.unit.sort))


def _facts(session: Session, ids: list[str], today: date) -> sa.CompoundSelect:
    """Ask for the days that came, or are this month's and not chosen, without a record; and for the
    meetings of the year that were held: in one question.
    """
    undated = sa.and_(
        Activity.day.is_(None), Activity.year == today.year, Activity.month == today.month
    )
    days = sa.select(
        Activity.kind,
        Activity.id,
        Activity.unit_id,
        Activity.year,
        Activity.month,
        sa.func.coalesce(Activity.held_on, Activity.day).label("day"),
    ).where(
        *attendance.without_record(session, ids),
        sa.or_(Activity.held_on.is_not(None), Activity.day <= today, undated),
    )
    held = sa.select(
        sa.literal(MEETING),
        LifeMeeting.id,
        LifeMeeting.unit_id,
        sa.literal(today.year),
        sa.literal(0),
        LifeMeeting.held_on,
    ).where(
        LifeMeeting.unit_id.in_(ids),
        LifeMeeting.held_on >= date(today.year, 1, 1),
        LifeMeeting.withdrawn_at.is_(None),
    )
    return sa.union_all(days, held)


def _days(session: Session, rows: list, units: dict[str, Unit], today: date) -> Iterator[Duty]:
    """Yield the days to record, and the month whose day is to be chosen. Source: G-3.2.1a, G-2.1.2a"""
    for row in rows:
        unit = units[row.unit_id]
        if not owed(unit, row.year, row.month):
            continue
        if row.day is None:
            about, due = say("%(month)s月党日", month=row.month), month_end(row.year, row.month)
            yield Duty(unit, "own_day", N_("定活动日"), about, due, row.year)
            continue
        about = say(
            "%(month)s月%(day)s日%(what)s",
            month=row.day.month,
            day=row.day.day,
            what=NAMES.get(row.kind, N_("党日")),
        )
        due = entry_due(session, unit.zone_id, row.day)
        yield Duty(unit, "attendance", N_("登记考勤"), about, due, row.year, row.id)


def _meetings(held: list, units: dict[str, Unit], today: date) -> Iterator[Duty]:
    """Yield the terms near their end in which no 组织生活会 was held. Source: G-3.1.6b, G-3.1.6d"""
    for unit in units.values():
        for term in life.terms(unit, today.year):
            near = max(term.begin, term.end - MEETING_AHEAD) <= today <= term.end
            if not (near and term.must and life.owed(unit, term)):
                continue
            if not any(
                row.unit_id == unit.id and term.begin <= row.day <= term.end for row in held
            ):
                about = say("%(term)s还没有召开", term=life.LABELS[term.name])
                yield Duty(unit, MEETING, N_("召开组织生活会"), about, term.end, term.year)
