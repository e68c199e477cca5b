"""The panel 组织生活会 on a branch's year, and the forms by which its leaders note a meeting or take one
back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import login_required

from oversight.base.db import db
from oversight.base.lazy import cached_property
from oversight.base.refusals import InvalidInput, InvalidTransition, RuleViolation
from oversight.calendar.party_days import BEFORE, before_start, in_trial
from oversight.engine import authority
from oversight.ledger import course
from oversight.ledger import life_meetings as meetings
from oversight.models import LifeMeeting, Unit
from oversight.rules.life_meetings import (
    LABELS,
    Term,
    held,
    noted_late,
    owed,
    put_off,
    terms,
    waits,
)
from oversight.views import forms, session
from oversight.views.present import Chip, local_day, translated
from oversight.views.present import day as day_label

from . import year

bp = Blueprint("life_meetings", __name__)


@dataclass(frozen=True)
class Line:
    """One half-year, or the fourth quarter, of a branch: what is asked of it and what was held."""

    unit: Unit
    term: Term
    held: tuple[LifeMeeting, ...]
    today: date
    put_off: date | None = None  # the last day to which the zone's deployment puts it off

    @property
    def label(self) -> str:
        return translated(LABELS[self.term.name])

    @property
    def asked(self) -> str:
        """Say how strictly the clause asks for it."""
        if self.term.name == "fourth":
            return _("必须按区党工委统一部署召开一次")
        return _("每半年应当召开 1 次") if self.term.must else _("一般每半年召开一次")

    @property
    def chip(self) -> Chip:
        if self.held:
            return Chip("ok", _("已召开"), "ok")
        if before_start(self.unit, self.term.end):
            return Chip("", translated(BEFORE))
        if not owed(self.unit, self.term):
            return Chip("", _("不在考核期"))
        if self.put_off:
            return Chip("", _("按区部署延至%(m)s月", m=self.put_off.month), "clock")
        if self.term.end < self.today:
            if in_trial(db.session, self.unit, self.term.end, self.term.end):
                return Chip("info", _("没有召开（试运行）"), "clock")
            return Chip(
                "late" if self.term.must else "warn",
                _("没有召开"),
                "late" if self.term.must else "clock",
            )
        return Chip(
            "warn" if self.term.must and self.term.begin <= self.today else "",
            _("还没有召开"),
            "clock",
        )


class Life:
    """A branch's meetings of a year for one reader; `bound` is a form that came back."""

    def __init__(self, shown: year.Year):
        self.shown = shown
        self.unit, self.year, self.today, self.bound = (
            shown.unit,
            shown.year,
            shown.today,
            shown.bound,
        )

    @cached_property
    def leads(self) -> bool:
        return authority.may_enter(db.session, self.unit, session.actor())

    @cached_property
    def reads(self) -> bool:
        """True where the records are read: by who enters them, and from above."""
        above = session.actor().business
        return self.leads or any(self.unit.within(path) for path in above)

    @property
    def entered(self) -> list[LifeMeeting]:
        return self.shown.meetings

    @property
    def held(self) -> list[LifeMeeting]:
        return [row for row in self.entered if not row.withdrawn_at]

    @cached_property
    def leaders(self) -> dict[str, tuple[int, int]]:
        """Return how many leaders of an organ came as ordinary members, by party day."""
        organ = self.unit.rule_set == "organ" and self.held
        return meetings.leaders(db.session, self.held) if organ else {}

    @property
    def withdrawn(self) -> list[LifeMeeting]:
        return [row for row in self.entered if row.withdrawn_at]

    @cached_property
    def course(self) -> list[course.Line]:
        """Return what was done about these meetings, the newest first."""
        lines = [line for row in self.entered for line in self.shown.course.get(row.id, [])]
        return sorted(lines, key=lambda line: line.at, reverse=True)

    @property
    def lines(self) -> list[Line]:
        return [
            Line(
                self.unit,
                term,
                tuple(row for row in self.held if term.begin <= row.held_on <= term.end),
                self.today,
                self._put_off(term),
            )
            for term in terms(self.unit, self.year)
        ]

    def _put_off(self, term: Term) -> date | None:
        return self.until if waits(term, self.until, self._later, self.today) else None

    @cached_property
    def until(self) -> date | None:
        return put_off(db.session, self.unit.zone_id, self.year)

    @cached_property
    def _later(self) -> list[date]:
        """Return the days of meetings held in the next year, as the zone has deployed."""
        if self.until is None:
            return []
        rows = held(db.session, self.unit.id, date(self.year + 1, 1, 1), self.until)
        return [row.held_on for row in rows]

    def typed(self, form: str) -> dict:
        """Return what was typed into a form that came back;

        `form` is "on" or the id of a meeting.
        """
        return self.bound.of_move(form).words

    def wrong(self, form: str, name: str) -> str:
        return self.bound.of_move(form).wrong.get(name, "")

    def may_take_back(self, row: LifeMeeting) -> bool:
        return self.leads and not meetings.rests_on(db.session, row)

    @staticmethod
    def entered_later(row: LifeMeeting) -> date | None:
        """Return the day of the entry where it was after the term (补录)."""
        on = local_day(row.noted_at)
        return on if noted_late(db.session, row.zone_id, row.held_on, on) else None


@bp.post("/units/<uuid:unit_id>/life-meetings")
@login_required
def note(unit_id):
    on = request.form.get("on", "")
    try:
        made = meetings.note(db.session, str(unit_id), on, session.actor(), session.moment())
    except (RuleViolation, InvalidInput) as refusal:
        return _again(
            unit_id,
            forms.number(request.form.get("year", "")),
            forms.Bound.of("on", {"on": on}, refusal),
        )
    flash(_("已登记：%(day)s 召开组织生活会。", day=day_label(made.held_on)), "ok")
    return _to_year(made)


@bp.post("/life-meetings/<uuid:meeting_id>/take-back")
@login_required
def take_back(meeting_id):
    why, key = request.form.get("reason", ""), str(meeting_id)
    try:
        done = meetings.take_back(db.session, key, why, session.actor(), session.moment())
    except (InvalidTransition, RuleViolation, InvalidInput) as refusal:
        row = db.session.get(LifeMeeting, key)
        return _again(row.unit_id, row.held_on.year, forms.Bound.of(key, {"reason": why}, refusal))
    flash(_("已撤回 %(day)s 的登记，记录保留。", day=day_label(done.held_on)), "ok")
    return _to_year(done)


def _to_year(row: LifeMeeting):
    return redirect(
        url_for("year.show", unit_id=row.unit_id, year=row.held_on.year, _anchor="life")
    )


def _again(unit_id, number: int, bound: forms.Bound):
    """Show the year again with what was typed."""
    if not year.FIRST <= number <= year.LAST:
        number = session.moment().today.year
    return year.page(year.Year(year.branch(unit_id), number, bound=bound), bound.refusal.status)
