"""A branch's year of party days, and the units in sight.

Only the POSTs write, through the rules.
"""

from __future__ import annotations

import calendar as months
from collections import Counter
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required

from oversight import workflows
from oversight.base import typed
from oversight.base.db import db
from oversight.base.lazy import cached_property
from oversight.base.refusals import InvalidInput, NotFound, RuleViolation
from oversight.base.rows import grouped_by, ids_of
from oversight.base.terms import URGE
from oversight.calendar.party_days import trial_end
from oversight.calendar.zone import zone_calendar
from oversight.casework import rectification
from oversight.engine import authority, inbox
from oversight.law.binding import in_own_words
from oversight.law.clauses import Source, clause
from oversight.law.inputs import read_count, read_day
from oversight.ledger import course, life_meetings, month, own_days
from oversight.ledger import table as tables
from oversight.models import Case, LifeMeeting, Unit
from oversight.organization.units import by_id, page_of
from oversight.views import excel, session
from oversight.views.forms import NO_FORM, Bound
from oversight.views.present import Chip, local_day, translated
from oversight.views.present import day as day_label

from . import listed

bp = Blueprint("year", __name__)

KINDS = {
    "held": "ok",
    "late": "late",
    "missed": "late",
    "unrecorded": "warn",
    "unplanned": "warn",
    "moved": "info",
    "excused": "info",
}
MARKS = {"ok": "ok", "late": "late", "warn": "clock", "info": "cal"}
FIRST, LAST = 2000, 2100
SOON = timedelta(days=45)


class Card(month.Month):
    """A month as the page shows it."""

    @property
    def filed_on(self) -> date | None:
        """Return the day on which the record was filed (备案), later lessons being its supplement."""
        return local_day(self.row.confirmed_at) if self.row.confirmed_at else None

    @property
    def entered_later(self) -> date | None:
        """Return the day on which it was noted first, where that was after the term (补录)."""
        return self.row.entered_on if self.entry == "late" else None

    @property
    def chip(self) -> Chip:
        """Say how the month stands; a day set by consent, by the zone or by a holiday is said as
        such.
        """
        if self.before:
            return Chip("", translated(self.said))
        kind = KINDS.get(self.status, "")
        if kind == "late" and self.trial:
            return Chip("info", _("%(said)s（试运行）", said=translated(self.said)), "clock")
        if self.status in ("held", "moved") and self.row.moved_by:
            return Chip("info", _("事后补报") if self.late_report else _("经批复变更"), "cal")
        if self.status in ("held", "planned") and self.notice:
            return Chip("info", _("全区统一调整"), "cal")
        if self.status == "held" and self.rule and self.rule.postponed_for:
            return Chip(kind, _("顺延开展"), MARKS.get(kind, ""))
        return Chip(kind, translated(self.said), MARKS.get(kind, ""))

    @property
    def note(self) -> str:
        """Return the one thing to know about the day."""
        if self.status == "late":
            return _("应于 %(day)s 开展", day=day_label(self.row.day))
        if self.row.moved_by:
            return _("事后补报，上级已认可") if self.late_report else _("按批复改期")
        if self.notice:
            return _("按全区通知改期")
        if self.row.excused_by:
            return _("上级书面同意暂缓开展，不算开展")
        if self.rule and self.rule.postponed_for and self.rule.on == self.row.rule_day:
            return _("%(why)s放假，顺延", why=self.rule.postponed_for)
        return ""

    @property
    def broken(self) -> Source:
        """Return the clause that another day breaks, in the words of the branch's own document."""
        asked = clause("G-2.1.3" if self.united else "G-2.1.1b")
        return in_own_words(asked, self.unit.category)

    @property
    def explained(self) -> bool:
        """True where the day is not simply the Friday of the rule."""
        return (
            self.status != "not_owed"
            and bool(self.rule)
            and any(step.kind in ("start", "skip") for step in self.rule.steps)
        )

    @cached_property
    def weeks(self) -> list[list[tuple[int, str]]]:
        """Return the weeks as (day or 0, class) for the small calendar."""
        grid = months.Calendar().monthdayscalendar(self.row.year, self.row.month)
        grid += [[0] * 7] * (6 - len(grid))  # six rows always, so that the cards of a row are alike
        return [[(number, self._mark(number)) for number in week] for week in grid]

    def _mark(self, number: int) -> str:
        if not number:
            return ""
        on = date(self.row.year, self.row.month, number)
        marks = ["hol"] if zone_calendar(self.session, self.unit.zone_id).rest(on) else []
        if on == self.day:
            marks += [
                "pd",
                *(["late"] if self.status == "late" else ["future"] if self.ahead else []),
            ]
        elif self.rule and on in (self.rule.first_friday, self.row.day):
            marks.append("skip-d")
        return " ".join(marks)


class Year:
    """Twelve months of a branch for one reader;

    `bound` is a form about its 组织生活会 that came back.
    """

    def __init__(
        self,
        unit: Unit,
        year: int,
        wrong: RuleViolation | InvalidInput | None = None,
        wrong_month: int = 0,
        bound: Bound = NO_FORM,
    ):
        self.unit, self.year, self.wrong, self.wrong_month, self.bound = (
            unit,
            year,
            wrong,
            wrong_month,
            bound,
        )
        self.today = session.moment().today

    @cached_property
    def leads(self) -> bool:
        return authority.may_enter(db.session, self.unit, session.actor())

    @property
    def trial_ends(self) -> date | None:
        """Return the last day of the trial that the branch is in."""
        last = trial_end(db.session, self.unit) - timedelta(days=1)
        return last if self.unit.accountable_from <= self.today <= last else None

    @property
    def breaches(self) -> int:
        """Count the months that were a breach; none is while the branch tries the program."""
        return sum(one.breach for one in self.months)

    @property
    def due(self) -> int:
        """Count the months that have come and are counted."""
        tried = sum(one.trial and one.status != "held" for one in self.months)
        ahead = ("planned", "moved", "provisional", "unplanned")
        return 12 - self.count("not_owed", *ahead) - tried

    @cached_property
    def months(self) -> list[Card]:
        return month.of_year(
            db.session, self.unit, self.year, self.today, to_tell=self._to_tell, kind=Card
        )

    @cached_property
    def _to_tell(self) -> dict[str, list[Case]]:
        """Return by party day the met orders that the members are told of there; nobody else's
        business.
        """
        return rectification.untold(db.session, self.unit) if session.actor().posts else {}

    @property
    def rate(self) -> float | None:
        """Return the share of those expected who took part, over the records that there are, in per
        cent.
        """
        counted = [one for one in self.months if not one.before]
        expected = sum(one.expected for one in counted)
        return 100 * sum(one.took_part for one in counted) / expected if expected else None

    @property
    def make_ups(self) -> int:
        return sum(one.counted.open for one in self.months if one.counted)

    def count(self, *statuses: str) -> int:
        return sum(one.status in statuses for one in self.months)

    @property
    def provisional(self) -> bool:
        return zone_calendar(db.session, self.unit.zone_id).provisional(self.year)

    @cached_property
    def next(self) -> date | None:
        return month.next_day(db.session, self.unit, self.today)

    @property
    def undecided(self) -> int | None:
        """Return this month, where the branch is to choose its day and has not."""
        if self.year != self.today.year:
            return None
        return self.today.month if self.months[self.today.month - 1].status == "unplanned" else None

    @property
    def to_choose(self) -> bool:
        """True where the branch is to choose its next day, of a later month than this one."""
        return not self.unit.fixed_day and self.next is None and self.unit.ended_on is None

    @cached_property
    def next_case(self) -> Case | None:
        """Return the open request about the next party day."""
        if self.next is None or self.next.year != self.year:
            return month.request_about(db.session, self.unit, self.next) if self.next else None
        return next((one.case for one in self.months if one.row.day == self.next), None)

    @cached_property
    def course(self) -> dict[str, list[course.Line]]:
        """Return what was done about each day and each 组织生活会 of the year, by its id."""
        days = [one.row.id for one in self.months if one.saved]
        return course.of(db.session, [*days, *(row.id for row in self.meetings)])

    @cached_property
    def meetings(self) -> list[LifeMeeting]:
        """Return all that was entered of the year's 组织生活会."""
        return life_meetings.of_year(db.session, self.unit.id, self.year)

    def sees(self, case: Case) -> bool:
        """True where the reader may open the case; its number is everybody's."""
        return case.id in self._open

    @cached_property
    def _open(self) -> set[str]:
        replies = {one.reply.id for one in self.months if one.reply}
        return authority.open_to(db.session, session.actor(), replies)

    def state_label(self, case: Case) -> str:
        return workflows.reading(case).state(case.state).label


def branch(unit_id) -> Unit:
    """Return a branch in the reader's sight. Raises NotFound."""
    unit = db.session.get(Unit, str(unit_id))
    if unit is None or unit.kind != "branch" or not session.actor().sees(unit):
        raise NotFound()
    return unit


@bp.get("/units/<uuid:unit_id>/year")
@login_required
def this_year(unit_id):
    """Open this year; on a phone at this month, whose mark only a phone shows."""
    year = session.moment().today.year
    return redirect(url_for("year.show", unit_id=unit_id, year=year, _anchor="now"))


@bp.get("/units/<uuid:unit_id>/year/<int:year>")
@login_required
def show(unit_id, year):
    if not FIRST <= year <= LAST:
        raise NotFound()
    return page(Year(branch(unit_id), year))


def page(year: Year, status: int = 200):
    """Answer with a branch's year."""
    town = db.session.get(Unit, year.unit.parent_id)
    return render_template("year.html", y=year, unit=year.unit, town=town), status


@bp.post("/units/<uuid:unit_id>/year/<int:year>/<int:month>/<what>")
@login_required
def write(unit_id, year, month, what):
    """Choose the day of a month, note when it was held, or open its sheet; for the branch's own
    leaders.
    """
    try:
        with session.acting(f"year_{what}"):
            said, onward = _written(branch(unit_id), year, month, what)
    except (RuleViolation, InvalidInput) as refusal:
        return page(Year(branch(unit_id), year, refusal, month), refusal.status)
    if said:
        flash(said, "ok")
    return redirect(onward)


def _written(unit: Unit, year: int, number: int, what: str) -> tuple[str, str]:
    """Write what a form asks for; returns what to say of it and where to go on."""
    known = what in ("day", "held", "attendance", "another")
    if not known or not 1 <= number <= 12 or not FIRST <= year <= LAST:
        raise NotFound()
    who, at = session.actor(), session.moment()
    if what == "attendance":
        row = own_days.sheet_of(db.session, unit, year, number, who)
        return "", url_for("attend.show", activity_id=row.id)
    chosen = _date(request.form.get("on", ""))
    if what == "another":
        row = own_days.another(db.session, unit, year, number, chosen, who, at)
        return "", url_for("attend.show", activity_id=row.id)
    if what == "day":
        own_days.set_own_day(db.session, unit, year, number, chosen, who, at)
        said = _("%(month)s 月党日定在 %(day)s。", month=number, day=day_label(chosen))
    else:
        row = own_days.sheet_of(db.session, unit, year, number, who)
        own_days.record_held(db.session, row, chosen, who, at)
        said = _("已登记：%(month)s 月党日于 %(day)s 开展。", month=number, day=day_label(chosen))
    return said, url_for("year.show", unit_id=unit.id, year=year, _anchor=f"m{number}")


def _date(value: str) -> date:
    day = read_day(value)
    if day is None:
        raise InvalidInput({"on": _("请选一个日期。")})
    return day


# Units in sight ----------------------------------------------------------------------------------


@bp.get("/units")
@login_required
def units():
    """List the branches in sight by town, each with its next party day and what is open."""
    name = typed.line(request.args.get("q", ""))[:80]
    found = inbox.branches_in_sight(db.session, session.actor(), name)
    if excel.wanted():
        units = by_id(db.session, ids_of(found))
        rows = [units[one.id] for one in found]
        return excel.answer(*listed.branches(rows, _next_days(rows), _open_cases(rows)))
    page = page_of(db.session, ids_of(found), request.args.get("cursor", ""))
    groups = grouped_by(page.rows, "parent_id")
    return render_template(
        "units.html",
        groups=[(page.above[key], rows) for key, rows in groups.items()],
        sizes=Counter(row.parent_id for row in found),
        days=_next_days(page.rows),
        opens=_open_cases(page.rows),
        page=page,
        name=name,
    )


@bp.get("/months")
@login_required
def table():
    """Show the branches in sight by months, for who stands above them."""
    return _table()


def _table(refusal: InvalidInput | None = None):
    number = read_count(request.values.get("year", "")) or session.moment().today.year
    if not FIRST <= number <= LAST:
        raise NotFound()
    name = typed.line(request.values.get("q", ""))[:80]
    found = inbox.branches_in_sight(db.session, session.actor(), name, date(number, 1, 1))
    if excel.wanted():
        return excel.answer(*listed.months(ids_of(found), number))
    cursor = request.values.get("cursor", "")
    page = page_of(db.session, [row.id for row in found], cursor, tables.SIZE)
    groups: dict[str, list[tables.Row]] = {}
    today = session.moment().today
    for row in tables.read(db.session, page.rows, number, today, session.moment().zone):
        groups.setdefault(row.unit.parent_id, []).append(row)
    return render_template(
        "months.html",
        now=today.month if number == today.year else 0,
        groups=[(page.above[key], rows) for key, rows in groups.items()],
        year=number,
        page=page,
        name=name,
        refusal=refusal,
        urges=tables.may_urge(page.rows, session.actor()),
    ), refusal.status if refusal else 200


@bp.post("/months")
@login_required
def urge():
    """Remind branches of what was ticked in the table."""
    number = read_count(request.form.get("year", "")) or session.moment().today.year
    cells = request.form.getlist("cell")
    try:
        done = tables.urge(db.session, cells, number, session.actor(), session.moment())
    except InvalidInput as refusal:
        return _table(refusal)
    said = _("已催办 %(units)s 个支部、%(n)s 件事", units=done.branches, n=done.things)
    if done.lately:
        said = _(
            "%(said)s；%(n)s 件 %(days)s 个工作日内催办过，没有重复催办",
            said=said,
            n=done.lately,
            days=session.settings()[URGE.name],
        )
    flash(said, "ok")
    back: dict[str, Any] = {
        name: request.form[name] for name in ("cursor", "q") if request.form.get(name)
    }
    return redirect(url_for("year.table", year=number, **back))


def _open_cases(branches: list[Unit]) -> dict[str, int]:
    return month.open_cases(db.session, branches) if session.actor().posts else {}


def _next_days(branches: list[Unit]) -> dict[str, date]:
    """Return the next party day of each branch; where it chooses itself, only one that is near."""
    today = session.moment().today
    found = month.next_days(db.session, branches, today)
    fixed = {unit.id for unit in branches if unit.fixed_day}
    return {key: day for key, day in found.items() if key in fixed or day < today + SOON}
