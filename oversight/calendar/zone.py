"""The zone's own calendar: published rest days, choices, notices, and the day that the rule yields."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import lru_cache
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.kept import Kept
from oversight.base.settings import ZONE_SETTINGS
from oversight.base.terms import DEFAULTS, TERMS, URGE, ZoneSetting
from oversight.law.binding import own_id
from oversight.models import (
    Activity,
    CalendarRow,
    Case,
    PublishedYear,
    SettingChange,
    Unit,
    ZoneNotice,
    ZoneSettingRow,
)
from oversight.models.epochs import epoch

from .workdays import Calendar, CalendarDay, PartyDay, add_workdays, party_day, workdays_between

DISTANCES = 2048  # between two days that a process keeps for a zone
K = TypeVar("K")
V = TypeVar("V")
_notices = Kept("zone_notices")


class _Read:
    """The calendar and settings of a zone under an epoch, each read when it is first asked for."""

    calendar: Calendar | None = None
    settings: dict[str, str] | None = None
    changes: list[sa.Row] | None = None

    def __init__(self):
        self.days: dict[tuple, PartyDay] = {}  # the same for all branches under the same clauses
        self.between: dict[tuple[date, date], int] = {}  # working days, as every list asks for them
        self.terms: dict[tuple[str, date], int] = {}
        self.after: dict[tuple[date, int], date] = {}


def _kept(known: dict[K, V], key: K, make: Callable[[], V]) -> V:
    """Return what is known of days, worked out where it is not; what a process keeps has an end."""
    if key not in known:
        if len(known) > DISTANCES:
            known.clear()
        known[key] = make()
    return known[key]


@lru_cache(maxsize=8)
def _read(_zone_id: str, _epoch: str) -> _Read:
    return _Read()


def zone_calendar(session: Session, zone_id: str) -> Calendar:
    """Return the zone's published rest days and make-up working days."""
    read = _read(zone_id, epoch(session, zone_id))
    if read.calendar is None:
        rows = session.execute(
            sa.select(
                CalendarRow.day,
                CalendarRow.kind,
                CalendarRow.name,
                CalendarRow.statutory,
                CalendarRow.source,
            ).where(CalendarRow.zone_id == zone_id)
        )
        years = session.scalars(
            sa.select(PublishedYear.year).where(PublishedYear.zone_id == zone_id)
        )
        read.calendar = Calendar({row.day: CalendarDay(*row) for row in rows}, frozenset(years))
    return read.calendar


def workdays_from(session: Session, zone_id: str, begin: date, end: date) -> int:
    """Count a zone's working days after a day up to another, as `workdays_between`."""
    return _kept(
        _read(zone_id, epoch(session, zone_id)).between,
        (begin, end),
        lambda: workdays_between(zone_calendar(session, zone_id), begin, end),
    )


def workday_after(session: Session, zone_id: str, on: date, n: int) -> date:
    """Return the working day of a zone that is so many after a day, as `add_workdays`."""
    return _kept(
        _read(zone_id, epoch(session, zone_id)).after,
        (on, n),
        lambda: add_workdays(zone_calendar(session, zone_id), on, n),
    )


def zone_settings(session: Session, zone_id: str) -> dict[str, str]:
    """Return every setting of the zone, with the default where none was chosen."""
    read = _read(zone_id, epoch(session, zone_id))
    if read.settings is None:
        rows = session.execute(
            sa.select(ZoneSettingRow.name, ZoneSettingRow.value).where(
                ZoneSettingRow.zone_id == zone_id
            )
        )
        defaults = {name: setting.default for name, setting in ZONE_SETTINGS.items()}
        chosen = {row.name: row.value for row in rows if usable(row.name, row.value)}
        read.settings = {**defaults, **chosen}
        if not chosen.keys() & DEFAULTS.keys():
            read.changes = []  # a term that nobody has chosen was never another
    return read.settings


def usable(name: str, value: str) -> bool:
    """True where the rules can work with what a zone has chosen: what somebody wrote past the program
    stops nobody, the default stands in for it.
    """
    return name not in ZONE_SETTINGS or ZONE_SETTINGS[name].takes(value)


def _changes(session: Session, zone_id: str) -> list[sa.Row]:
    """Return who set which term to what, the newest first."""
    zone_settings(session, zone_id)
    read = _read(zone_id, epoch(session, zone_id))
    if read.changes is None:
        kept = sa.select(SettingChange.name, SettingChange.before, SettingChange.at).where(
            SettingChange.zone_id == zone_id, SettingChange.name.in_([one.name for one in TERMS])
        )
        newest = kept.order_by(SettingChange.at.desc(), SettingChange.id.desc())
        read.changes = list(session.execute(newest))
    return read.changes


def zone_terms(session: Session, zone_id: str, at: datetime) -> dict[str, str]:
    """Return every setting with the terms as they were at an instant: what began then keeps them."""
    values = zone_settings(session, zone_id)
    later = {row.name: row.before for row in _changes(session, zone_id) if row.at > at}
    return {**values, **later} if later else values


def term_on(session: Session, zone_id: str, term: ZoneSetting, on: date) -> int:
    """Return a term as it was on a day: what began on it keeps it. Of two of one day the longer."""
    return _kept(
        _read(zone_id, epoch(session, zone_id)).terms,
        (term.name, on),
        lambda: _term_on(session, zone_id, term, on),
    )


def _term_on(session: Session, zone_id: str, term: ZoneSetting, on: date) -> int:
    found = [int(zone_settings(session, zone_id)[term.name])]
    for row in _changes(session, zone_id):
        if row.name == term.name and row.at.date() >= on:
            found = [int(row.before), *(found if row.at.date() == on else ())]
    return max(found)


def urged_since(session: Session, zone_id: str, today: date) -> date:
    """Return the day after which whoever was urged is not urged again today."""
    term = int(zone_settings(session, zone_id)[URGE.name])
    return add_workdays(zone_calendar(session, zone_id), today, -term)


def zone_notices(session: Session, zone_id: str) -> dict[tuple[int, int], ZoneNotice]:
    """Return the notices in force by year and month."""
    store = _notices.of(session)
    if zone_id not in store:
        rows = session.scalars(
            sa.select(ZoneNotice).where(
                ZoneNotice.zone_id == zone_id, ZoneNotice.ended_at.is_(None)
            )
        )
        store[zone_id] = {(row.year, row.month): row for row in rows}
    return store[zone_id]


def notice_of(session: Session, unit: Unit, row: Activity) -> Case | None:
    """Return the notice by which the zone set the day of a month, where nothing has moved it since."""
    notice = zone_notices(session, unit.zone_id).get((row.year, row.month))
    if (
        notice is None
        or row.moved_by
        or row.day != notice.day
        or not has_rule_day(session, unit, row.month)
    ):
        return None
    return session.get(Case, notice.case_id)


def july_day(settings: dict[str, str], year: int) -> date:
    """Return the day of 七一 activities in a year. Source: G-2.1.3"""
    month, day = settings["july_day"].split("-")
    return date(year, int(month), int(day))


def unified_july(settings: dict[str, str], month: int) -> bool:
    """True where the month's party day is the zone's 七一 activity, for every branch."""
    return month == 7 and settings["july_mode"] == "combined"


def apart_july(settings: dict[str, str]) -> bool:
    """True where 七一 is an activity of its own beside July's party day."""
    return settings["july_mode"] == "separate"


def rule_for(
    session: Session, unit: Unit, year: int, month: int, *, noticed: bool = True
) -> PartyDay:
    """Derive the day that the rule gives a branch in a month, step by step. Source: G-2.1.1a,
    G-2.1.3

    `noticed` False leaves the zone's own notice out.
    """
    found = zone_notices(session, unit.zone_id).get((year, month)) if noticed else None
    notice = (found.day, found.reason) if found else None
    days = _read(unit.zone_id, epoch(session, unit.zone_id)).days
    key = (unit.rule_set, year, month, notice)
    if key not in days:
        days[key] = _derive(session, unit, year, month, notice)
    return days[key]


def _derive(
    session: Session, unit: Unit, year: int, month: int, notice: tuple[date, str] | None
) -> PartyDay:
    settings = zone_settings(session, unit.zone_id)
    return party_day(
        zone_calendar(session, unit.zone_id),
        year,
        month,
        week_rule=settings["week_rule"],
        holiday_scope=settings["holiday_scope"],
        july_mode=settings["july_mode"],
        july_day=july_day(settings, year),
        notice=notice,
        clauses=(own_id("G-2.1.1a", unit.category), own_id("G-2.1.3", unit.category)),
    )


def has_rule_day(session: Session, unit: Unit, month: int) -> bool:
    """True where the day is given and not chosen: fixed branches always, all branches on 七一."""
    return unit.fixed_day or unified_july(zone_settings(session, unit.zone_id), month)
