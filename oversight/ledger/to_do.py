"""What of the ledger stands on the desk of who leads a branch, beside the cases: party days to record, the
day of the month to choose, meetings to hold before their term ends. Writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from oversight.base.clock import Moment
from oversight.base.sentences import N_, Sentence, say
from oversight.calendar.party_days import NAMES, month_end, owed
from oversight.calendar.zone import apart_july, zone_settings
from oversight.models import Activity, Post, Substitution, Unit
from oversight.organization.actor import Actor
from oversight.rules import life_meetings as life

from . import obligations
from .obligations import Facts, Obligation

MEETING = "meeting"
MEETING_AHEAD = timedelta(days=61)  # house rule: said in the last two months of a half-year
TERMS = {"-H1": "first", "-H2": "second"}
KEYS = ("ATT.RECORD", "ORGLIFE.HALF_YEAR", "ORGLIFE.Q4")


@dataclass(frozen=True)
class ToDo:
    """One thing to be done by a branch: `act` is what to do, `about` for what, until `due_on`."""

    unit: Unit
    kind: str
    act: str
    about: str | Sentence
    due_on: date
    year: int
    activity_id: str | None = None


def of(session: Session, who: Actor, at: Moment) -> list[ToDo]:
    """Return what the branches that somebody leads today are to do, the earliest first."""
    led = {unit_id for person_id, unit_id in who.led if person_id == who.id}
    held: list[Post | Substitution] = [*who.posts, *who.acting]
    units = {one.unit_id: one.unit for one in held if one.unit_id in led}
    if not units:
        return []
    years = obligations.read_all(session, list(units.values()), at, live=True)
    found = [one for facts in years for unit in units.values() for one in _of_unit(facts, unit)]
    return sorted(found, key=lambda one: (one.due_on, one.kind, one.unit.sort))


def _of_unit(facts: Facts, unit: Unit) -> Iterator[ToDo]:
    for one in obligations.standing(facts, unit, None, keys=KEYS):
        if one.open and one.kind == "must":
            yield from _meeting(facts, one) if one.key != "ATT.RECORD" else _day(facts, one)
    yield from _others(facts, unit)


def _day(facts: Facts, one: Obligation) -> Iterator[ToDo]:
    """Yield the party day to record, or the month whose day is to be chosen. Source: G-3.2.1a, G-2.1.2a"""
    unit, month = one.unit, int(one.period[5:])
    row, due = facts.days.get((unit.id, month)), one.due_on or facts.at.today
    if row is not None and _has_come(facts, row):
        yield _record(unit, row, due)
    elif row is not None and row.day is None and (facts.year, month) == _month_of(facts):
        about = say("%(month)s月党日", month=month)
        yield ToDo(unit, "own_day", N_("定活动日"), about, month_end(facts.year, month), facts.year)


def _month_of(facts: Facts) -> tuple[int, int]:
    return facts.at.today.year, facts.at.today.month


def _has_come(facts: Facts, row: Activity) -> bool:
    return row.held_on is not None or (row.day is not None and row.day <= facts.at.today)


def _record(unit: Unit, row: Activity, due: date) -> ToDo:
    day = row.held_on or row.day or due
    what = NAMES.get(row.kind, N_("党日"))
    about = say("%(month)s月%(day)s日%(what)s", month=day.month, day=day.day, what=what)
    return ToDo(unit, "attendance", N_("登记考勤"), about, due, row.year, row.id)


def _others(facts: Facts, unit: Unit) -> Iterator[ToDo]:
    """Yield what is held beside the party days and is to be recorded too."""
    apart = apart_july(zone_settings(facts.session, unit.zone_id))
    for row in facts.others.get(unit.id, ()):
        asked = (row.kind != "july" or apart) and owed(unit, row.year, row.month)
        if asked and _has_come(facts, row) and not facts.filed(row) and not row.excused_by:
            yield _record(unit, row, obligations.record_due(facts, unit, row, row.month))


def _meeting(facts: Facts, one: Obligation) -> Iterator[ToDo]:
    """Yield a term near its end in which no 组织生活会 was held. Source: G-3.1.6b, G-3.1.6d"""
    end = one.due_on or facts.at.today
    if end - MEETING_AHEAD <= facts.at.today <= end:
        term = life.LABELS[TERMS.get(one.period[4:], "fourth")]
        about = say("%(term)s还没有召开", term=term)
        yield ToDo(one.unit, MEETING, N_("召开组织生活会"), about, end, facts.year)
