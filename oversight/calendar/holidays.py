"""Rest days: seeded from the published notices, or imported from a file; and years are planned.

The table is the zone's own; what a day means is decided in `workdays` and `zone`.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base import typed
from oversight.base.clock import Moment
from oversight.base.refusals import InvalidInput
from oversight.base.sentences import N_
from oversight.models import Activity, CalendarRow, PublishedYear, Unit

from . import workdays
from .party_days import plan_year
from .zone import zone_calendar

FOLLOWED = 100  # branches planned between two words to who waits
Stage = Callable[..., Callable[[int], None]]
HEADER = ["date", "kind", "name", "source"]
KINDS = {"rest": N_("休息"), "work": N_("上班")}
KIND_OF = {
    **{key: key for key in KINDS},
    "休息": "rest",
    "休": "rest",
    "上班": "work",
    "班": "work",
}
DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?: 0?0:00(?::00)?)?")
YEARS = range(2000, 2101)


def seed(session: Session, zone_id: str, years: Iterable[int], at: Moment) -> frozenset[int]:
    """Write the published rest days of the years that are known; returns those years. Does not
    commit.
    """
    days, published = workdays.seed(years)
    write(session, zone_id, days)
    publish(
        session, zone_id, {day.on.year: day.source for day in days if day.on.year in published}, at
    )
    return published


def read_csv(raw: bytes) -> list[workdays.CalendarDay]:
    """Read a file of rest days, in the encoding and with the days as an office's Excel writes them.

    Raises InvalidInput naming every bad row by line and value.
    """
    lines = _lines(raw)
    head = [typed.line(cell).lower() for cell in lines[0]] if lines else []
    if head not in (HEADER, ["日期", "类别", "名称", "来源"]):
        raise InvalidInput({"file": N_("第一行应是：日期,类别,名称,来源。")})
    days: dict[date, workdays.CalendarDay] = {}
    wrong: dict[str, str] = {}
    for number, cells in enumerate(lines[1:], 2):
        if any(cell.strip() for cell in cells):
            _read_row(number, [typed.line(cell) for cell in cells], days, wrong)
    if wrong or not days:
        raise InvalidInput(wrong or {"file": N_("文件里没有日期。")})
    return list(days.values())


def _lines(raw: bytes) -> list[list[str]]:
    """Return the cells of a file of text. Raises InvalidInput."""
    text = typed.decoded(raw)
    if text is None or "\0" in text:
        raise InvalidInput({"file": N_("这个文件不是 CSV。请在 Excel 里另存为 CSV 后再导入。")})
    delimiter = "\t" if "\t" in text.partition("\n")[0] else ","
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        raise InvalidInput({"file": N_("文件不是完整的 CSV，请检查引号后再导入。")}) from None


def _read_row(number: int, cells: list[str], days: dict, wrong: dict[str, str]) -> None:
    try:
        day = _day(cells)
        if day.on in days:
            raise ValueError(f"日期重复：{day.on}")
        days[day.on] = day
    except ValueError as error:
        wrong[f"line{number}"] = f"第 {number} 行：{error}"


def _day(cells: list[str]) -> workdays.CalendarDay:
    if len(cells) != len(HEADER):
        raise ValueError(f"应有 4 列，这里有 {len(cells)} 列")
    text, kind, name, source = cells
    kind = KIND_OF.get(kind, kind)
    if kind not in KINDS:
        raise ValueError(f"类别应是“休息”或“上班”，这里是“{kind}”")
    for value, label, longest in ((name, "名称", 40), (source, "来源", 200)):
        if not typed.says(value) or len(value) > longest:
            raise ValueError(f"{label}应有 1 到 {longest} 字，这里是“{value[:20]}”")
    on = _date(text)
    by_law = kind == "rest" and on in {row.on for row in workdays.fixed_by_law(on.year)}
    return workdays.CalendarDay(on, kind, name, by_law, source)


def lacking(year: int, days: Iterable[workdays.CalendarDay]) -> list[str]:
    """Return the holidays of the law that these rest days leave out: a notice for a year has them
    all, by their day or by their name.
    """
    rest = [day for day in days if day.kind == "rest" and day.on.year == year]
    taken = {day.on for day in rest}
    found: dict[str, bool] = {}
    for holiday in workdays.fixed_by_law(year):
        named = any(holiday.name.removesuffix("节") in day.name for day in rest)
        found[holiday.name] = found.get(holiday.name, False) or named or holiday.on in taken
    return [name for name, there in found.items() if not there]


def _date(text: str) -> date:
    found = DAY.fullmatch(text)
    with suppress(ValueError):
        on = date(*map(int, found.groups())) if found else date.min
        if on.year in YEARS:
            return on
    raise ValueError(f"日期要写成 2027/2/5 这样，这里是“{text[:20]}”")


def write(session: Session, zone_id: str, days: list[workdays.CalendarDay]) -> None:
    """Write rest days in the place of what stood there. Does not commit."""
    session.execute(
        sa.delete(CalendarRow).where(
            CalendarRow.zone_id == zone_id, CalendarRow.day.in_([day.on for day in days])
        )
    )
    if days:
        session.execute(
            sa.insert(CalendarRow),
            [
                {
                    "zone_id": zone_id,
                    "day": day.on,
                    "kind": day.kind,
                    "name": day.name,
                    "statutory": day.statutory,
                    "source": day.source,
                }
                for day in days
            ],
        )


def publish(session: Session, zone_id: str, years: dict[int, str], at: Moment) -> None:
    """Mark years as published, each with its source. Does not commit."""
    for year, source in years.items():
        session.merge(PublishedYear(zone_id=zone_id, year=year, source=source, at=at.now))
    session.flush()


def replan(
    session: Session, zone_id: str, year: int, at: Moment, stage: Stage | None = None
) -> int:
    """Follow the calendar in a year that is planned already; returns how many days moved. Does not
    commit. `stage` is told how many branches are looked at.
    """
    planned = session.scalar(
        sa.select(Activity.id).where(Activity.zone_id == zone_id, Activity.year == year).limit(1)
    )
    return schedule(session, zone_id, year, at, stage)[1] if planned else 0


def schedule(
    session: Session, zone_id: str, year: int, at: Moment, stage: Stage | None = None
) -> tuple[int, int]:
    """Plan a year for every branch of a zone; returns how many days are new and how many moved.

    Does not commit.
    """
    branches = list(
        session.scalars(sa.select(Unit).where(Unit.zone_id == zone_id, Unit.kind == "branch"))
    )
    before, made = _days_in_force(session, zone_id, year), 0
    told = stage and stage("plan", len(branches))
    size = FOLLOWED if told else max(len(branches), 1)
    for start in range(0, len(branches), size):
        part = branches[start : start + size]
        made += plan_year(session, part, year, at).made
        if told:
            told(len(part))
    session.flush()
    after = _days_in_force(session, zone_id, year) if before else {}
    return made, sum(after[row] != day for row, day in before.items())


def _days_in_force(session: Session, zone_id: str, year: int) -> dict[str, date | None]:
    return dict(
        session.execute(
            sa.select(Activity.id, Activity.day).where(
                Activity.zone_id == zone_id, Activity.year == year
            )
        ).all()
    )


def days_of(session: Session, zone_id: str, year: int) -> tuple[bool, list[workdays.CalendarDay]]:
    """Return whether a year is published, and its rest days and make-up working days."""
    known = zone_calendar(session, zone_id)
    if known.provisional(year):
        law = {day.on: day for day in workdays.fixed_by_law(year)}
        own = {on: day for on, day in known.days.items() if on.year == year}
        return False, sorted((law | own).values(), key=lambda day: day.on)
    return True, sorted(
        (day for on, day in known.days.items() if on.year == year), key=lambda day: day.on
    )
