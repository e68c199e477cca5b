"""Published rest days that a keeper brings in, and years that are planned; each with its record."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from oversight.base.clock import Moment
from oversight.calendar import holidays
from oversight.calendar.workdays import Calendar, CalendarDay, fixed_by_law
from oversight.calendar.zone import zone_calendar
from oversight.engine import assignment
from oversight.organization.actor import Actor

from . import audit_log, other_days


@dataclass(frozen=True)
class Imported:
    """What an import brought: rows that differ, how many there were, years now published, party
    days that moved, and by year that stays provisional the holidays of the law that are missing.
    """

    fresh: tuple[CalendarDay, ...]
    days: int
    years: tuple[int, ...]
    moved: int
    lacking: dict[int, list[str]]


def load(
    session: Session,
    zone_id: str,
    days: list[CalendarDay],
    who: Actor | None,
    at: Moment,
    stage: holidays.Stage | None = None,
) -> Imported:
    """Write rest days, mark a year as published whose notice is whole, and re-plan what is still
    open. Does not commit.

    A day or two of the zone's own make no notice: until every holiday of the law is there the year
    stays provisional. `who` None is the terminal. What the law itself fixes holds also where the
    file leaves it out. `stage` is told what is being done and how far it is. Raises Forbidden.
    """
    if who is not None:
        audit_log.require(session, who, "calendar", None)
    before, planned = zone_calendar(session, zone_id), other_days.Planned(session, zone_id, at)
    had = {on: (row.kind, row.name) for on, row in before.days.items()}
    lacking = _lacking(before, days)
    years = {
        day.on.year: day.source
        for day in days
        if day.kind == "rest" and lacking.get(day.on.year) == []
    }
    holidays.write(session, zone_id, [*days, *_left_out(years, {*had, *(day.on for day in days)})])
    holidays.publish(session, zone_id, years, at)
    moved = sum(
        holidays.replan(session, zone_id, year, at, stage)
        for year in sorted({day.on.year for day in days})
    )
    other_days.follow(session, zone_id, before, at)
    other_days.warn(session, zone_id, before, at)
    planned.tell()
    assignment.look_at_ladders(session, at.today)
    fresh = tuple(day for day in days if had.get(day.on) != (day.kind, day.name))
    partial = {year: names for year, names in lacking.items() if names}
    done = Imported(fresh, len(days), tuple(sorted(years)), moved, partial)
    about = sorted({day.on.year for day in days})
    _note(session, zone_id, who, at, "import", about, days=done.days, moved=moved)
    return done


def _left_out(years: Iterable[int], known: set[date]) -> list[CalendarDay]:
    """Return what the law fixes in these years and no row tells of."""
    return [day for year in years for day in fixed_by_law(year) if day.on not in known]


def _lacking(before: Calendar, days: list[CalendarDay]) -> dict[int, list[str]]:
    """Return for each year of a file that is not published yet which holidays it still lacks."""
    after = {**before.days, **{day.on: day for day in days}}.values()
    years = sorted({day.on.year for day in days})
    return {year: holidays.lacking(year, after) for year in years if before.provisional(year)}


def plan(
    session: Session, zone_id: str, year: int, who: Actor | None, at: Moment
) -> tuple[int, int]:
    """Plan a year for every branch; returns how many days are new and how many moved. Does not
    commit.

    `who` None is the terminal. Raises Forbidden.
    """
    if who is not None:
        audit_log.require(session, who, "calendar", None)
    made, moved = holidays.schedule(session, zone_id, year, at)
    _note(session, zone_id, who, at, "schedule", (year,), planned=made, moved=moved)
    return made, moved


def _note(session, zone_id: str, who, at: Moment, act: str, years, **counted: int) -> None:
    about = "、".join(map(str, years)) or "日历"
    what: dict[str, Any] = {word: ["", str(number)] for word, number in counted.items()}
    audit_log.in_zone(session, zone_id, who, at, "calendar", act, about, **what)
