"""What follows when working days are others than before: terms, days that were asked or agreed, and
branches whose party days moved.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight import workflows
from oversight.base.clock import Moment
from oversight.base.sentences import N_, say
from oversight.calendar.workdays import Calendar, add_workdays
from oversight.calendar.zone import zone_calendar
from oversight.engine import assignment, outbox, transitions
from oversight.law.definition import Due
from oversight.models import Activity, Case

ASKED = ("new_day", "amended_day")  # facts that name a day to which a party day is to be moved


def follow(session: Session, zone_id: str, before: Calendar, at: Moment) -> int:
    """Let terms that were reckoned in working days end as the calendar has it now; returns how many.

    A term that was set otherwise, or is over, is left alone. Does not commit.
    """
    running = sa.select(Case).where(
        Case.zone_id == zone_id,
        Case.closed_at.is_(None),
        Case.due_on >= at.today,
        Case.running_since.is_not(None),
    )
    due = {case.id: _due(session, case, before, at) for case in session.scalars(running)}
    return sum(
        transitions.reschedule(
            session, transitions.lock(session, case_id), max(day, at.today), at, "recount"
        )
        for case_id, day in due.items()
        if day is not None
    )


def _due(session: Session, case: Case, before: Calendar, at: Moment) -> date | None:
    """Return the last day by today's calendar; None where it was not reckoned by the one before."""
    term = workflows.of(case).state(case.state).due
    if term is None:
        return None
    now = zone_calendar(session, case.zone_id)
    for reckoned in (_whole, _rest):
        if reckoned(session, case, term, before) == case.due_on:
            return reckoned(session, case, term, now)
    return None


def _whole(session: Session, case: Case, term: Due, calendar: Calendar) -> date:
    """Count a term from its beginning."""
    attempt = transitions.context(session, case, Moment(case.entered_at, case.running_since))
    attempt.calendar = calendar
    return assignment.last_day(attempt, term)


def _rest(_session: Session, case: Case, term: Due, calendar: Calendar) -> date | None:
    """Count what was left of a term when it went on after a pause; None where it never stood."""
    if not (term.keeps and (case.paused or {}).get(case.state)):
        return None
    left = case.budget_workdays - case.used_workdays
    return add_workdays(calendar, case.running_since, left)


class Planned:
    """The party days ahead of a zone before a change of calendar or settings, and who is told after."""

    MOST = 6  # days named in one line

    def __init__(self, session: Session, zone_id: str, at: Moment):
        self.session, self.zone_id, self.at = session, zone_id, at
        self.before = self._days()

    def _days(self) -> dict[str, tuple[str, date]]:
        """Return branch and day by activity, of what lies ahead and has a day."""
        rows = self.session.execute(
            sa.select(Activity.id, Activity.unit_id, Activity.day).where(
                Activity.zone_id == self.zone_id, Activity.day >= self.at.today
            )
        )
        return {row: (unit, day) for row, unit, day in rows}

    def tell(self) -> int:
        """Tell each branch whose days moved, in one line; returns how many branches. Does not commit."""
        self.session.flush()
        moved: dict[str, list[tuple[date, date]]] = {}
        for row, (unit, day) in self._days().items():
            was = self.before.get(row, (unit, day))[1]
            if was != day:
                moved.setdefault(unit, []).append((was, day))
        return sum(self._tell(unit, days) for unit, days in moved.items())

    def _tell(self, unit_id: str, days: list[tuple[date, date]]) -> bool:
        said = [
            say("%(was)s改到%(now)s", was=_short(was), now=_short(now))
            for was, now in sorted(days)[: self.MOST]
        ]
        more = N_("等") if len(days) > self.MOST else ""
        text = say("主题党日日期有调整：%(days)s%(more)s。", days="、".join(said), more=more)
        payload = {"unit": unit_id, "text": text, "ladders": ["branch"]}
        key = f"replan:{unit_id}:{self.at.now:%Y%m%d%H%M%S}"
        return outbox.enqueue(self.session, self.zone_id, key, "tell", payload, self.at.now)


def _short(day: date) -> str:
    return say("%(month)s月%(day)s日", month=day.month, day=day.day)


def warn(session: Session, zone_id: str, before: Calendar, at: Moment) -> int:
    """Tell both sides, once, of days asked for or agreed to that have become rest days; returns how
    many. Does not commit.
    """
    now = zone_calendar(session, zone_id)
    lost = {day for day in {*before.days, *now.days} if day > at.today}
    lost = {day for day in lost if before.is_workday(day) and not now.is_workday(day)}
    return sum(
        outbox.enqueue(
            session,
            zone_id,
            f"rest:{case_id}:{unit_id}:{day}",
            "tell",
            {
                "unit": unit_id,
                "case": case_id,
                "ladders": ["branch", "superior"],
                "text": say(
                    "%(month)s月%(day)s日已定为休息日，请示改到的正是这一天，请商定是否另改日期。",
                    month=day.month,
                    day=day.day,
                ),
            },
            at.now,
        )
        for case_id, unit_id, day in {
            *_agreed(session, zone_id, lost),
            *_asked(session, zone_id, lost),
        }
    )


def _agreed(session: Session, zone_id: str, lost: set[date]) -> Iterator[tuple[str, str, date]]:
    moved = sa.select(Activity.moved_by, Activity.unit_id, Activity.day).where(
        Activity.zone_id == zone_id,
        Activity.day.in_(lost),
        Activity.moved_by.is_not(None),
        Activity.held_on.is_(None),
    )
    yield from map(tuple, session.execute(moved) if lost else ())


def _asked(session: Session, zone_id: str, lost: set[date]) -> Iterator[tuple[str, str, date]]:
    pending = sa.select(Case).where(
        Case.zone_id == zone_id,
        Case.workflow == "date_change",
        Case.closed_at.is_(None),
        Case.state != "draft",
    )
    for case in session.scalars(pending) if lost else ():
        days = {date.fromisoformat(case.facts[name]) for name in ASKED if case.facts.get(name)}
        for unit_id in (case.unit_id, *(case.facts.get("joined") or [])):
            yield from ((case.id, unit_id, day) for day in days & lost)
