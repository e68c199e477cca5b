"""A party day as it is read, by page, API and the list of branches: the row where there is one,
else what the rule yields. Writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.db import by_ids, id_of
from oversight.base.lazy import cached_property
from oversight.base.paging import page_of
from oversight.calendar.party_days import (
    BEFORE,
    BETTER,
    COPIED,
    NAMES,
    STATUS_LABELS,
    before_start,
    entered_late,
    entry_open,
    in_trial,
    month_end,
    moved_how,
    owed,
    plan,
    status,
)
from oversight.calendar.workdays import PartyDay
from oversight.calendar.zone import (
    apart_july,
    has_rule_day,
    notice_of,
    rule_for,
    unified_july,
    zone_settings,
)
from oversight.engine.sight import visible
from oversight.models import Activity, Case, Unit
from oversight.organization.actor import Actor
from oversight.organization.reach import below, in_reach

from . import attendance
from .attendance import Count


@dataclass
class Month:
    """One month of a branch on a day: what is planned, moved, held and recorded."""

    session: Session
    unit: Unit
    row: Activity
    rule: PartyDay | None
    today: date
    saved: bool
    decided: Case | None = None
    case: Case | None = None
    counted: Count | None = None
    to_tell: list[Case] = field(default_factory=list)
    others: list[Month] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Say what it is beside the month's party day."""
        return NAMES.get(self.row.kind, "")

    @property
    def number(self) -> int:
        return self.row.month

    @property
    def day(self) -> date | None:
        return self.row.held_on or self.row.day

    @property
    def owed(self) -> bool:
        return owed(self.unit, self.row.year, self.row.month)

    @property
    def before(self) -> bool:
        """True where the month was over before the branch began to use the program."""
        return before_start(self.unit, month_end(self.row.year, self.row.month))

    @property
    def trial(self) -> bool:
        """True where the branch was trying the program: told as ever, and never counted as a breach."""
        year, number = self.row.year, self.row.month
        begin, end = date(year, number, 1), month_end(year, number)
        return in_trial(self.session, self.unit, begin, end)

    @property
    def breach(self) -> bool:
        """True where a table of numbers counts the month as one."""
        return self.status in ("late", "missed") and not self.trial

    @property
    def copied(self) -> bool:
        """True where what stands here was copied from the paper handbook."""
        return self.row.source is not None

    @property
    def said(self) -> str:
        """Return how the month stands, in words."""
        if self.before:
            return COPIED if self.copied else BEFORE
        return STATUS_LABELS[self.status]

    @cached_property
    def stands(self) -> str:
        """Say how the day stands; one that somebody consented to or chose is not provisional."""
        guess = (
            self.rule is not None
            and self.row.rule_day is not None
            and not self.row.moved_by
            and self.rule.provisional
        )
        entering = self.row.held_on is None and entry_open(self.session, self.row, self.today)
        return status(self.row, self.today, guess, entering)

    @property
    def entry(self) -> str | None:
        """Say whether what was held was entered in time, or late (补录) for good."""
        if self.row.held_on is None:
            return None
        return "late" if entered_late(self.session, self.row) else "in_time"

    @property
    def bettered(self) -> list[str]:
        """Return what corrections have made better, as it was before."""
        return [BETTER[key] for key in (self.row.bettered or "").split(",") if key]

    @property
    def status(self) -> str:
        return self.stands if self.owed else "not_owed"

    @cached_property
    def notice(self) -> Case | None:
        """Return the notice by which the zone moved this month for everybody."""
        return notice_of(self.session, self.unit, self.row)

    @property
    def rule_day(self) -> date | None:
        """Return what the rule yields; where the zone's notice set the day, what it would have
        yielded without.
        """
        if self.notice is None:
            return self.row.rule_day
        return rule_for(self.session, self.unit, self.row.year, self.row.month, noticed=False).on

    @property
    def reply(self) -> Case | None:
        """Return the request by which the day was moved or the month excused, or the zone's notice."""
        return self.decided or self.notice

    @property
    def late_report(self) -> bool:
        """True where the day was moved by a late report (事后补报), not by a consent beforehand."""
        return bool(self.row.moved_by and self.decided) and self.decided.state in (
            "accepted_late",
            "accepted",
        )

    @property
    def took_part(self) -> int:
        return self.counted.took_part if self.counted else 0

    @property
    def expected(self) -> int:
        return self.counted.classes["expected"] if self.counted else 0

    @property
    def ahead(self) -> bool:
        return self.status in ("planned", "moved", "provisional", "unplanned")

    @property
    def recordable(self) -> bool:
        begun = date(self.row.year, self.row.month, 1) <= self.today
        return begun and (self.ahead or self.status in ("unrecorded", "missed"))

    @property
    def lacks_record(self) -> bool:
        """True where the day is past or was held, and nobody has written down who took part."""
        due = self.recordable and (self.day is None or self.day <= self.today)
        return not self.counted and (due or self.row.held_on is not None)

    @property
    def united(self) -> bool:
        """True where it is 七一, which all branches of the zone keep on one day. Source: G-2.1.3"""
        settings = zone_settings(self.session, self.unit.zone_id)
        return self.row.kind == "july" or unified_july(settings, self.number)

    @property
    def changeable(self) -> bool:
        """True where the branch may ask for another day: not for 七一, which is the zone's."""
        return (
            self.unit.fixed_day
            and not self.united
            and self.status in ("planned", "moved", "provisional")
            and self.row.day > self.today
            and not self.case
        )

    @property
    def takes_another(self) -> bool:
        """True where a second activity of the month may be entered."""
        return self.owed and all(one.row.kind != "extra" for one in self.others)

    @property
    def choosable(self) -> bool:
        """True where the branch chooses the day itself, and it has not come yet."""
        return self.rule is None and self.status in ("planned", "unplanned")


M = TypeVar("M", bound=Month)


def of_year(
    session: Session,
    unit: Unit,
    year: int,
    today: date,
    kind: type[M],
    to_tell: dict[str, list[Case]] | None = None,
) -> list[M]:
    """Return the twelve months of a branch; `to_tell` by activity what members are told of there."""
    rows, others = _rows(session, unit, year)
    asked = _asked(session, unit)
    decided = _decided(session, rows.values())
    every = [*rows.values(), *(row for group in others.values() for row in group)]
    counted = attendance.counts(session, [row.id for row in every])
    found = []
    for number in range(1, 13):
        given = has_rule_day(session, unit, number)
        rule = rule_for(session, unit, year, number) if given else None
        row = rows.get(number) or Activity(**plan(session, unit, year, number))
        found.append(
            kind(
                session,
                unit,
                row,
                rule,
                today,
                number in rows,
                decided.get(row.id),
                asked.get(row.id),
                counted.get(row.id),
                (to_tell or {}).get(row.id, []),
                [
                    kind(session, unit, one, None, today, True, counted=counted.get(one.id))
                    for one in others.get(number, ())
                ],
            )
        )
    return found


def _rows(
    session: Session, unit: Unit, year: int
) -> tuple[dict[int, Activity], dict[int, list[Activity]]]:
    """Return the party days of a year by month, and what else there is in each: 七一 apart, a second
    activity.
    """
    wanted = sa.select(Activity).where(Activity.unit_id == unit.id, Activity.year == year)
    days: dict[int, Activity] = {}
    others: dict[int, list[Activity]] = {}
    apart = apart_july(zone_settings(session, unit.zone_id))
    for row in session.scalars(wanted.order_by(Activity.kind, Activity.id)):
        if row.kind == "party_day":
            days[row.month] = row
        elif row.kind != "july" or apart or row.held_on:
            others.setdefault(row.month, []).append(row)
    return days, others


def _asked(session: Session, unit: Unit) -> dict[str, Case]:
    """Return by activity the open request of a branch about it."""
    wanted = sa.select(Case).where(
        Case.unit_id == unit.id, Case.workflow == "date_change", Case.closed_at.is_(None)
    )
    return {case.business_key: case for case in session.scalars(wanted)}


def _settled(rows: Iterable[Activity]) -> dict[str, str]:
    """Return by activity the id of the request that moved its day or excused it."""
    return {
        row.id: row.moved_by or row.excused_by for row in rows if row.moved_by or row.excused_by
    }


def _decided(session: Session, rows: Iterable[Activity]) -> dict[str, Case]:
    ids = _settled(rows)
    cases = by_ids(session, Case, ids.values())
    return {row_id: cases[case_id] for row_id, case_id in ids.items()}


def one(session: Session, row: Activity, today: date) -> Month:
    """Return the month of a row, without the cases and counts about it."""
    given = has_rule_day(session, row.unit, row.month)
    rule = rule_for(session, row.unit, row.year, row.month) if given else None
    return Month(session, row.unit, row, rule, today, saved=True)


def cases_in_sight(session: Session, rows: list[Activity], who: Actor) -> dict[str, str]:
    """Return for each activity the open request about it, else the one that moved or excused it; in
    the actor's sight only.
    """
    settled = _settled(rows)
    found = session.execute(
        sa.select(Case.id, Case.business_key, Case.closed_at, Case.state).where(
            visible(who),
            Case.workflow == "date_change",
            sa.or_(
                Case.business_key.in_([row.id for row in rows]), Case.id.in_(list(settled.values()))
            ),
        )
    ).all()
    seen = {case.id for case in found}
    late = {case.business_key: case.id for case in found if case.state == "accepted_late"}
    return {
        **late,
        **{row_id: case_id for row_id, case_id in settled.items() if case_id in seen},
        **{case.business_key: case.id for case in found if case.closed_at is None},
    }


def how_moved(found: Month, how: dict[str, str]) -> str | None:
    """Say what moved the day: a consent, a late report accepted, or the zone's notice."""
    return how.get(found.row.id) or ("zone_notice" if found.notice else None)


# Beyond one year ---------------------------------------------------------------------------------


def next_day(session: Session, unit: Unit, today: date) -> date | None:
    """Return the next party day of a branch after today; None where that is still to be decided."""
    return _next_days(session, [unit], today, today + timedelta(days=1)).get(unit.id)


def next_days(session: Session, units: list[Unit], today: date) -> dict[str, date]:
    """Return the next party day by branch, today's too; none where that is still to be decided."""
    return _next_days(session, units, today, today)


AHEAD = 4  # months, this one with them: a day is planned, or nobody knows it yet


def _next_days(session: Session, units: list[Unit], today: date, since: date) -> dict[str, date]:
    month = Activity.year * 12 + Activity.month - 1
    this = today.year * 12 + today.month - 1
    wanted = sa.select(
        Activity.unit_id,
        month.label("month"),
        Activity.day,
        sa.or_(Activity.held_on.is_not(None), Activity.excused_by.is_not(None)).label("done"),
    ).where(
        Activity.unit_id.in_([unit.id for unit in units]),
        Activity.kind == "party_day",
        Activity.year.in_((today.year, today.year + 1)),
        month.between(this, this + AHEAD - 1),
    )
    rows: dict[str, dict[int, sa.Row]] = {}
    for row in session.execute(wanted):
        rows.setdefault(row.unit_id, {})[row.month] = row
    found = {
        unit.id: _next(session, unit, rows.get(unit.id, {}), range(this, this + AHEAD), since)
        for unit in units
    }
    return {unit_id: day for unit_id, day in found.items() if day}


def _next(
    session: Session, unit: Unit, rows: dict[int, sa.Row], months: range, since: date
) -> date | None:
    """Return the day of the first month that is not over for a branch: neither held nor put off. One
    that has none yet is the next, not a later one that has.
    """
    for number in months:
        (year, month), row = divmod(number, 12), rows.get(number)
        if row and row.done or not owed(unit, year, month + 1):
            continue
        day = row.day if row else _by_rule(session, unit, year, month + 1)
        if day is None or day >= (unit.ended_on or date.max):
            return None
        if day >= since:
            return day
    return None


def _by_rule(session: Session, unit: Unit, year: int, month: int) -> date | None:
    given = has_rule_day(session, unit, month)
    return rule_for(session, unit, year, month).on if given else None


def party_day(session: Session, unit: Unit, day: date) -> Activity | None:
    """Return the party day that a branch has planned on a day."""
    return session.scalar(sa.select(Activity).where(*_party_days(unit), Activity.day == day))


def planned(session: Session, unit: Unit, year: int, month: int) -> bool:
    """True where a branch's party day of a month is in the calendar."""
    wanted = sa.select(Activity.id).where(
        *_party_days(unit), Activity.year == year, Activity.month == month
    )
    return session.scalar(wanted) is not None


def days_ahead(session: Session, unit: Unit, today: date, most: int) -> dict[date, Case | None]:
    """Return the next party days in the calendar, each with the open request about it, if any."""
    wanted = sa.select(Activity.id, Activity.day).where(
        *_party_days(unit),
        Activity.day > today,
        Activity.held_on.is_(None),
        Activity.excused_by.is_(None),
    )
    rows = session.execute(wanted.order_by(Activity.day).limit(most)).all()
    asked = _asked(session, unit) if rows else {}
    return {row.day: asked.get(row.id) for row in rows if row.day}


def _party_days(unit: Unit) -> tuple:
    return Activity.unit_id == unit.id, Activity.kind == "party_day"


def request_about(session: Session, unit: Unit, day: date) -> Case | None:
    """Return the open request about a branch's party day of a day."""
    found = party_day(session, unit, day)
    row = id_of(found)
    return session.scalar(
        sa.select(Case).where(
            Case.workflow == "date_change", Case.business_key == row, Case.closed_at.is_(None)
        )
    )


def open_cases(session: Session, units: list[Unit]) -> dict[str, int]:
    """Count what is open by branch."""
    return dict(
        session.execute(
            sa.select(Case.unit_id, sa.func.count())
            .where(Case.unit_id.in_([unit.id for unit in units]), Case.closed_at.is_(None))
            .group_by(Case.unit_id)
        ).all()
    )


def activities(
    session: Session, who: Actor, top: Unit, year: int, cursor: str | None, size: int
) -> tuple[list, dict[str, Count], dict[str, str]]:
    """Return a page of the activities of a year in a unit and below, with their counts and how each
    was moved. Raises InvalidInput.
    """
    wanted = (
        sa.select(Activity, Unit)
        .join(Unit, Unit.id == Activity.unit_id)
        .where(in_reach(who), below(top), Activity.year == year)
    )
    order = (Unit.path, Activity.month, Activity.kind, Activity.id)
    rows = page_of(session, wanted, order, Activity, cursor, size)
    found = [row.Activity for row in rows]
    return (rows, attendance.counts(session, [row.id for row in found]), moved_how(session, found))
