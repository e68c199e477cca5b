"""Both sides of a unit's ledger as a page, and the sheet of its year."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required

from oversight import workflows
from oversight.base.db import db, id_of
from oversight.base.lazy import cached_property
from oversight.base.refusals import (
    Forbidden,
    InvalidInput,
    InvalidTransition,
    NotFound,
    RuleViolation,
)
from oversight.base.rows import grouped
from oversight.base.sentences import N_
from oversight.calendar.party_days import BEFORE, before_start
from oversight.law import duties as law
from oversight.law.clauses import Source, clause
from oversight.ledger import duty_records, explanations, obligations
from oversight.ledger.obligations import Obligation
from oversight.models import DutyRecord, Unit
from oversight.organization.units import successor_of
from oversight.views import excel, forms, session
from oversight.views.present import translated

from . import listed

bp = Blueprint("ledger", __name__)

STARTED = {law.THEME: "theme", law.BULLETIN: "bulletin"}
LATE, WEEK, MONTH, LATER = N_("已超期"), N_("本周"), N_("本月内"), N_("以后")


@dataclass
class Row:
    """What is to be done in one go: one obligation, or all that one sheet settles; `again`: the same of
    other periods, folded beneath the first.
    """

    monthly: bool
    parts: list[Obligation] = field(default_factory=list)
    again: list[Row] = field(default_factory=list)

    @property
    def first(self) -> Obligation:
        return self.parts[0]

    @property
    def late(self) -> bool:
        return any(one.state == obligations.OVERDUE for one in self.parts)

    @property
    def whys(self) -> list[str]:
        """Return what the unit says of what is overdue here, each sentence once."""
        return list(dict.fromkeys(one.why for one in self.parts if one.why))

    @property
    def silent(self) -> bool:
        """True where something is overdue of which nothing is said."""
        return any(one.state == obligations.OVERDUE and not one.why for one in self.parts)

    @property
    def due_on(self) -> date | None:
        return min((one.due_on for one in self.parts if one.due_on), default=None)

    @property
    def source(self) -> Source | None:
        return clause(self.first.clause) if self.first.clause else None


def _of_a_month(one: Obligation) -> bool:
    """True where the record of a month's party day settles it, with all else of that month."""
    duty = law.duties().get(one.key)
    if one.case_id or duty is None or duty.settled not in law.OF_THE_DAY:
        return False
    return duty.period == law.MONTH


def rows_of(found: Iterable[Obligation]) -> list[Row]:
    """Return obligations as rows, those of one month's sheet together, the next due first."""
    rows: dict[object, Row] = {}
    for number, one in enumerate(found):
        monthly = _of_a_month(one)
        rows.setdefault(one.period if monthly else number, Row(monthly)).parts.append(one)
    return sorted(rows.values(), key=lambda row: row.due_on or date.max)


def folded(rows: list[Row]) -> list[Row]:
    """Return rows of which those that owe the same of several periods lie beneath the first of them."""
    first: dict[object, Row] = {}
    for number, row in enumerate(rows):
        one = row.first
        same = (one.unit.id, id_of(one.to), one.key, str(one.title), str(one.about), one.why)
        head = first.setdefault(number if row.monthly or one.case_id else same, row)
        if head is not row:
            head.again.append(row)
    return list(first.values())


class Ledger:
    """The ledger of one unit as of a day, for one reader."""

    def __init__(self, unit: Unit, on: date | None):
        self.unit, now = unit, session.moment()
        self.past = on is not None and on < now.today
        self.ahead = on is not None and on > now.today
        self.at = session.end_of(on) if on is not None and on != now.today else now

    @property
    def told(self) -> str:
        """Say what a day other than today shows; of before the beginning that paper counts."""
        if before_start(self.unit, self.at.today):
            return translated(BEFORE)
        if self.past:
            return _("当天的情形：后来的登记、更正、批复和评议不算在内。")
        return _(
            "如果从今天起没有人办，到这一天就是这样。在办事项按现在的期限算，到期自动流转的不算在内。"
        )

    @property
    def gone(self) -> bool:
        """True where the unit had ended by the day that is shown: it owes nothing any more."""
        return obligations.gone(self.unit, self.at.today)

    @property
    def heir(self) -> Unit | None:
        """Return the branch that has taken over what was left open, as it is today."""
        found = successor_of(db.session, self.unit)
        return found if found is not self.unit else None

    @property
    def last(self) -> str:
        """Return the last day on which the unit was there."""
        return (self.unit.ended_on - timedelta(days=1)).isoformat()

    @cached_property
    def writes(self) -> bool:
        return _writes(self.unit)

    @cached_property
    def at_home(self) -> bool:
        """True where what the unit owes is the reader's own to do, or somebody's beside whom he serves."""
        serves = any(post.unit_id == self.unit.id for post in session.actor().posts)
        return self.writes or serves

    @property
    def yearly(self) -> bool:
        """True where the unit has a year sheet to fill in."""
        return any(duty_records.owes_yearly(duty, self.unit) for duty in law.duties().values())

    @cached_property
    def sides(self) -> obligations.Sides:
        return obligations.sides(db.session, self.unit, session.actor(), self.at)

    @cached_property
    def groups(self) -> list[tuple[str, list[Row]]]:
        """Return what the unit owes, by how near it is due."""
        return self._grouped(self.sides.owe)

    @cached_property
    def others(self) -> list[tuple[str, list[Row]]]:
        return self._grouped(self.sides.owed)

    def _grouped(self, found: list[Obligation]) -> list[tuple[str, list[Row]]]:
        by = grouped((self._near(row), row) for row in rows_of(found))
        return [(name, folded(by[name])) for name in (LATE, WEEK, MONTH, LATER) if name in by]

    def _near(self, row: Row) -> str:
        today = self.at.today
        if row.late:
            return LATE
        if row.due_on is None:
            return LATER
        if row.due_on <= today + timedelta(days=7 - today.isoweekday()):
            return WEEK
        return MONTH if row.due_on.replace(day=1) == today.replace(day=1) else LATER

    @cached_property
    def settled(self) -> list[tuple[str, list[Obligation]]]:
        """Return what is settled, under the record that settles it."""
        done = grouped((str(one.settled_by), one) for one in self.sides.settled)
        return sorted(done.items(), key=lambda pair: pair[1][0].period, reverse=True)

    @property
    def late(self) -> int:
        return sum(one.state == obligations.OVERDUE for one in self.sides.owe)

    @property
    def explained(self) -> int:
        return sum(bool(one.why) for one in self.sides.owe)

    @property
    def late_to_us(self) -> int:
        return sum(one.state == obligations.OVERDUE for one in self.sides.owed)

    def explains(self, row: Row) -> bool:
        """True where the reader may say why something of the unit's own was not done in time."""
        one = row.first
        return self.writes and row.silent and bool(one.period) and not one.case_id

    def action(self, row: Row) -> tuple[str, str] | None:
        """Return where a row is done, and how that is called; None where it is nothing of one's own. Who
        reads from above looks at it.
        """
        go = self._where(row.first)
        mine = row.first.unit.id == self.unit.id and self.at_home
        return go if go is None or mine else (go[0], _("查看"))

    def _where(self, one: Obligation) -> tuple[str, str] | None:
        if one.case_id:
            return url_for("case.show", case_id=one.case_id), _("去办理")
        settled = law.duties()[one.key].settled
        if settled == law.YEAR_SHEET:
            return url_for("ledger.year", unit_id=one.unit.id, year=one.period[:4]), _("登记")
        if settled == law.SMALL_REGISTER:
            return url_for("registers.show", unit_id=one.unit.id), _("登记")
        if settled in law.OF_THE_DAY and one.activity_id:
            return url_for("attend.show", activity_id=one.activity_id), _("登记")
        if one.unit.kind != "branch":
            return self._above(one)
        anchor = "life" if settled == law.MEETING else None
        return url_for("year.show", unit_id=one.unit.id, year=one.period[:4], _anchor=anchor), _(
            "查看"
        )

    def _above(self, one: Obligation) -> tuple[str, str] | None:
        """Return where a superior begins what it owes; a theme is not issued once its month is over."""
        name = STARTED.get(law.duties()[one.key].settled)
        over = name == "theme" and one.period < self.at.today.isoformat()[:7]
        if name is None or over or self.unit.id != one.unit.id or not _opens(name, one.unit):
            return None
        return url_for("opening.blank", name=name, unit=one.unit.id, month=one.period), _("去办理")


@bp.get("/ledger")
@login_required
def own():
    """Show the reader's own unit's."""
    return redirect(url_for("ledger.show", unit_id=_unit(None).id, on=request.args.get("on")))


def _unit(unit_id: str | None) -> Unit:
    return obligations.readable(db.session, unit_id, session.actor())


@bp.get("/units/<uuid:unit_id>/ledger")
@login_required
def show(unit_id):
    unit, typed = _unit(str(unit_id)), request.args.get("on", "")
    try:
        on = obligations.read_on(typed, session.moment().today) if typed else None
    except InvalidInput as refusal:
        shown = {"book": Ledger(unit, None), "typed": typed, "refusal": refusal}
        return render_template("ledger.html", **shown, states=obligations.STATES), 422
    book = Ledger(unit, on)
    if excel.wanted():
        return excel.answer(*listed.ledger(book.unit, book.sides))
    return render_template("ledger.html", book=book, states=obligations.STATES)


def _opens(name: str, unit: Unit) -> bool:
    """True where the reader sits at a unit in the office that opens such business first of all."""
    return (unit.id, workflows.current(name).opened_by.candidate_group, 0) in session.actor().seats


def _writes(unit: Unit) -> bool:
    try:
        duty_records.writes(db.session, unit, session.actor())
    except (NotFound, Forbidden):
        return False
    return True


def _sent(row: Row) -> str:
    """Return how a form names what it explains: a month, or one duty of a time, and to whom it was owed."""
    one = row.first
    if row.monthly:
        return one.period
    return ":".join((one.period, one.key, *([one.to.id] if one.to else ())))


# The sheet of a year -----------------------------------------------------------------------------


class Year:
    """What a unit enters of a year, by duty; `bound` is a form that came back with its refusal."""

    def __init__(self, unit: Unit, year: int, bound: forms.Bound = forms.NO_FORM):
        self.unit, self.number, self.bound = unit, year, bound
        self.writes, self.today = _writes(unit), session.moment().today

    @property
    def before(self) -> bool:
        """True where the year was over before the unit began to use the program: nothing is entered."""
        return before_start(self.unit, date(self.number, 12, 31))

    @cached_property
    def found(self) -> dict[str, list[DutyRecord]]:
        rows = duty_records.of_year(db.session, self.unit, self.number)
        return grouped((row.key, row) for row in rows)

    @cached_property
    def lines(self) -> list[tuple[law.Duty, Source, list[DutyRecord]]]:
        """Return the duties of a unit's year with their ground and what was entered."""
        own = [duty for duty in law.duties().values() if duty_records.owes_yearly(duty, self.unit)]
        return [
            (duty, clause(duty_records.ground(duty.key, self.unit)), self.found.get(duty.key, []))
            for duty in own
        ]

    @cached_property
    def explained(self) -> list[tuple[str, str, DutyRecord]]:
        """Return what is said of what was not done in time: of which time and duty, and the record."""
        rows = explanations.explained(db.session, self.unit, self.number)
        return [(*explanations.about(row), row) for row in rows]

    @cached_property
    def to_explain(self) -> list[tuple[str, Row]]:
        """Return what was not done in time and is not explained, each with what the form sends."""
        if not self.writes:
            return []
        left = explanations.explainable(db.session, self.unit, self.number, session.moment())
        return [(_sent(row), row) for row in rows_of(left)]

    def times(self, duty: law.Duty) -> int:
        """Return how many times a year something is to be entered."""
        return 12 // law.SPANS[duty.period]


@bp.get("/units/<uuid:unit_id>/year-sheet/<int:year>")
@login_required
def year(unit_id, year):
    return render_template("year_sheet.html", sheet=Year(_unit(str(unit_id)), year))


@bp.post("/units/<uuid:unit_id>/year-sheet/<int:year>")
@login_required
def enter(unit_id, year):
    """Enter one thing, or take one back."""
    unit, posted = _unit(str(unit_id)), request.form
    try:
        if posted.get("record"):
            duty_records.take_back(
                db.session,
                posted["record"],
                posted.get("reason", ""),
                session.actor(),
                session.moment(),
            )
            flash(_("已撤回，原来的登记保留在记录里"), "ok")
        elif "what" in posted:
            what, why = posted["what"], posted.get("why", "")
            explanations.explain(
                db.session, unit.id, year, what, why, session.actor(), session.moment()
            )
            flash(_("已登记。这一项仍算超期，旁边注明已说明情况"), "ok")
        else:
            key, on, note = (posted.get(name, "") for name in ("key", "on", "note"))
            duty_records.enter(
                db.session, unit.id, key, on, note, session.actor(), session.moment(), year
            )
            flash(_("已登记"), "ok")
    except (InvalidInput, RuleViolation, InvalidTransition) as refusal:
        bound = forms.Bound.of("", dict(posted), refusal)
        page = render_template("year_sheet.html", sheet=Year(_unit(str(unit_id)), year, bound))
        return page, refusal.status
    return redirect(url_for("ledger.year", unit_id=unit.id, year=year))
