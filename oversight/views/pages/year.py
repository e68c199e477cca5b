"""A branch's year of party days, and the units in sight.

Only the POSTs write, through the rules.
"""

from __future__ import annotations

import calendar as months
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required

from oversight import workflows
from oversight.base.db import db
from oversight.base.refusals import Forbidden, InvalidInput, NotFound, RuleViolation
from oversight.calendar.party_days import (
    STATUS_LABELS,
    activity_for,
    owed,
    plan,
    record_held,
    set_own_day,
    status,
)
from oversight.calendar.workdays import PartyDay
from oversight.calendar.zone import (
    has_rule_day,
    notice_of,
    rule_for,
    unified_july,
    zone_calendar,
    zone_settings,
)
from oversight.casework import rectification
from oversight.engine import authority, inbox
from oversight.law.inputs import read_day
from oversight.law.roles import BRANCH_LEADERS
from oversight.ledger import attendance
from oversight.ledger.attendance import Count
from oversight.models import Activity, Case, Unit
from oversight.organization.units import page_of
from oversight.views import session
from oversight.views.forms import Bound
from oversight.views.present import Chip, local_day, translated
from oversight.views.present import day as day_label

from . import opening

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


@dataclass
class Month:
    """One month of a branch: the row where there is one, else what the rule yields."""

    unit: Unit
    row: Activity
    rule: PartyDay | None
    today: date
    case: Case | None
    decided: Case | None = None
    counted: Count | None = None
    to_tell: list[Case] = field(default_factory=list)

    @property
    def saved(self) -> bool:
        """True where the month has a row, so that its record can be opened."""
        return self.row.version is not None and sa.inspect(self.row).persistent

    @property
    def took_part(self) -> int:
        return (
            self.counted.classes["present"] + self.counted.classes["other_form"]
            if self.counted
            else 0
        )

    @property
    def expected(self) -> int:
        return self.counted.classes["expected"] if self.counted else 0

    @property
    def lacks_record(self) -> bool:
        """True where the day is past or was held, and nobody has written down who took part."""
        due = self.recordable and (self.day is None or self.day <= self.today)
        return not self.counted and (due or self.row.held_on is not None)

    @property
    def number(self) -> int:
        return self.row.month

    @cached_property
    def status(self) -> str:
        if not owed(self.unit, self.row.year, self.row.month):
            return "not_owed"
        provisional = bool(self.rule and self.rule.provisional)
        return status(self.row, self.today, provisional)

    @property
    def day(self) -> date | None:
        return self.row.held_on or self.row.day

    @cached_property
    def notice(self) -> Case | None:
        """Return the notice by which the zone moved this month for everybody."""
        return notice_of(db.session, self.unit, self.row)

    @property
    def reply(self) -> Case | None:
        """Return the request by which the day was moved or the month excused, or the zone's notice."""
        return self.decided or self.notice

    @property
    def late_report(self) -> bool:
        """True where the day was moved by a late report (事后补报), not by a consent beforehand."""
        return bool(self.row.moved_by and self.decided) and self.decided.state == "accepted_late"

    @property
    def filed_on(self) -> date | None:
        """Return the day on which the record was filed (备案), later lessons being its supplement."""
        return local_day(self.row.confirmed_at) if self.row.confirmed_at else None

    @property
    def entered_later(self) -> date | None:
        """Return the day on which it was noted, where that was not the day itself (补录)."""
        at = self.row.held_entered_at and local_day(self.row.held_entered_at)
        return at if at and at != self.row.held_on else None

    @property
    def ahead(self) -> bool:
        return self.status in ("planned", "moved", "provisional", "unplanned")

    @property
    def chip(self) -> Chip:
        """Say how the month stands; a day set by consent, by the zone or by a holiday is said as
        such.
        """
        kind = KINDS.get(self.status, "")
        if self.status in ("held", "moved") and self.row.moved_by:
            return Chip("info", _("事后补报") if self.late_report else _("经批复变更"), "cal")
        if self.status in ("held", "planned") and self.notice:
            return Chip("info", _("全区统一调整"), "cal")
        if self.status == "held" and self.rule and self.rule.postponed_for:
            return Chip(kind, _("顺延开展"), MARKS.get(kind, ""))
        return Chip(kind, translated(STATUS_LABELS[self.status]), MARKS.get(kind, ""))

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
            return _("上级同意缓开")
        if self.rule and self.rule.postponed_for and self.rule.on == self.row.rule_day:
            return _("%(why)s放假，顺延", why=self.rule.postponed_for)
        return ""

    @property
    def explained(self) -> bool:
        """True where the day is not simply the Friday of the rule."""
        return (
            self.status != "not_owed"
            and bool(self.rule)
            and any(step.kind in ("start", "skip") for step in self.rule.steps)
        )

    @property
    def changeable(self) -> bool:
        """True where the branch may ask for another day: not for 七一, which is the zone's."""
        united = unified_july(zone_settings(db.session, self.unit.zone_id), self.number)
        return (
            self.unit.fixed_day
            and not united
            and self.status in ("planned", "moved", "provisional")
            and self.row.day > self.today
            and not self.case
        )

    @property
    def choosable(self) -> bool:
        """True where the branch chooses the day itself, and it has not come yet."""
        return self.rule is None and self.status in ("planned", "unplanned")

    @property
    def recordable(self) -> bool:
        begun = date(self.row.year, self.row.month, 1) <= self.today
        return begun and (self.ahead or self.status in ("unrecorded", "missed"))

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
        marks = ["hol"] if zone_calendar(db.session, self.unit.zone_id).rest(on) else []
        if on == self.day:
            marks += [
                "pd",
                *(["late"] if self.status == "late" else ["future"] if self.ahead else []),
            ]
        elif self.rule and on in (self.rule.first_friday, self.row.day):
            marks.append("skip-d")
        return " ".join(marks)


class Year:
    """Twelve months of a branch for one reader; `bound` is a form about its 组织生活会 that came back."""

    def __init__(
        self,
        unit: Unit,
        year: int,
        wrong: RuleViolation | InvalidInput | None = None,
        month: int = 0,
        bound: Bound | None = None,
    ):
        self.unit, self.year, self.wrong, self.wrong_month, self.bound = (
            unit,
            year,
            wrong,
            month,
            bound,
        )
        self.today = session.moment().today

    @property
    def leads(self) -> bool:
        return leads(self.unit)

    @cached_property
    def months(self) -> list[Month]:
        rows = {
            row.month: row
            for row in db.session.scalars(
                sa.select(Activity).where(
                    Activity.unit_id == self.unit.id,
                    Activity.year == self.year,
                    Activity.kind == "party_day",
                )
            )
        }
        asked = {
            case.business_key: case
            for case in db.session.scalars(
                sa.select(Case).where(
                    Case.unit_id == self.unit.id,
                    Case.workflow == "date_change",
                    Case.closed_at.is_(None),
                )
            )
        }
        counted = attendance.counts(db.session, [row.id for row in rows.values()])
        decided = _decided(rows.values())
        return [
            self._month(number, rows.get(number), asked, decided, counted)
            for number in range(1, 13)
        ]

    def _month(
        self,
        number: int,
        row: Activity | None,
        asked: dict[str, Case],
        decided: dict[str, Case],
        counted: dict[str, Count],
    ) -> Month:
        given = has_rule_day(db.session, self.unit, number)
        rule = rule_for(db.session, self.unit, self.year, number) if given else None
        case = asked.get(row.id) if row is not None else None
        found = counted.get(row.id) if row is not None else None
        row = row or Activity(**plan(db.session, self.unit, self.year, number))
        return Month(
            self.unit,
            row,
            rule,
            self.today,
            case,
            decided.get(row.id),
            found,
            self._to_tell.get(row.id, []),
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
        expected = sum(month.expected for month in self.months)
        return 100 * sum(month.took_part for month in self.months) / expected if expected else None

    @property
    def make_ups(self) -> int:
        return sum(month.counted.open for month in self.months if month.counted)

    def count(self, *statuses: str) -> int:
        return sum(month.status in statuses for month in self.months)

    @property
    def provisional(self) -> bool:
        return zone_calendar(db.session, self.unit.zone_id).provisional(self.year)

    @cached_property
    def next(self) -> date | None:
        return opening.next_day(self.unit, self.today)

    @property
    def undecided(self) -> int | None:
        """Return this month, where the branch is to choose its day and has not."""
        if self.year != self.today.year:
            return None
        return self.today.month if self.months[self.today.month - 1].status == "unplanned" else None

    @cached_property
    def next_case(self) -> Case | None:
        """Return the open request about the next party day."""
        row = self.next and db.session.scalar(
            sa.select(Activity.id).where(
                Activity.unit_id == self.unit.id,
                Activity.day == self.next,
                Activity.kind == "party_day",
            )
        )
        return (
            db.session.scalar(
                sa.select(Case).where(
                    Case.workflow == "date_change",
                    Case.business_key == row,
                    Case.closed_at.is_(None),
                )
            )
            if row
            else None
        )

    def sees(self, case: Case) -> bool:
        """True where the reader may open the case; its number is everybody's."""
        try:
            authority.see(db.session, session.actor(), case)
        except NotFound:
            return False
        return True

    def state_label(self, case: Case) -> str:
        return workflows.reading(case).state(case.state).label


def _decided(rows) -> dict[str, Case]:
    """Return by activity the request that moved its day or excused it."""
    ids = {row.id: row.moved_by or row.excused_by for row in rows if row.moved_by or row.excused_by}
    cases = {
        case.id: case
        for case in db.session.scalars(sa.select(Case).where(Case.id.in_(ids.values())))
    }
    return {row_id: cases[case_id] for row_id, case_id in ids.items()}


def leads(unit: Unit) -> bool:
    """True where the reader is one of the branch's leaders."""
    return any(
        post.unit_id == unit.id and post.office in BRANCH_LEADERS for post in session.actor().posts
    )


def branch(unit_id) -> Unit:
    """Return a branch in the reader's sight. Raises NotInSight."""
    unit = db.session.get(Unit, str(unit_id))
    if unit is None or unit.kind != "branch" or not session.actor().sees(unit):
        raise NotFound()
    return unit


def _led(unit_id) -> Unit:
    unit = branch(unit_id)
    if not leads(unit):
        raise Forbidden(
            _("这里由%(unit)s的书记、副书记或组织委员登记，您可以查看。", unit=unit.name)
        )
    return unit


@bp.get("/units/<uuid:unit_id>/year")
@login_required
def this_year(unit_id):
    return redirect(url_for("year.show", unit_id=unit_id, year=session.moment().today.year))


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
        return _written(_led(unit_id), year, month, what)
    except (NotFound, Forbidden) as refusal:
        session.journal(refusal, f"year_{what}")
        raise


def _written(unit: Unit, year: int, month: int, what: str):
    if (
        what not in ("day", "held", "attendance")
        or not 1 <= month <= 12
        or not FIRST <= year <= LAST
    ):
        raise NotFound()
    if what == "attendance":
        return _sheet(unit, year, month)
    try:
        chosen = _date(request.form.get("on", ""))
        said = (
            _choose(unit, year, month, chosen)
            if what == "day"
            else _held(unit, year, month, chosen)
        )
    except (RuleViolation, InvalidInput) as refusal:
        unit_id = unit.id
        session.journal(refusal, f"year_{what}")
        return page(Year(branch(unit_id), year, refusal, month), refusal.status)
    db.session.commit()
    flash(said, "ok")
    return redirect(url_for("year.show", unit_id=unit.id, year=year, _anchor=f"m{month}"))


def _date(value: str) -> date:
    day = read_day(value)
    if day is None:
        raise InvalidInput({"on": _("请选一个日期。")})
    return day


def _sheet(unit: Unit, year: int, month: int):
    """Open the attendance sheet of a month, planning it where nobody has yet."""
    row = activity_for(db.session, unit, year, month)
    db.session.commit()
    return redirect(url_for("attend.show", activity_id=row.id))


def _choose(unit: Unit, year: int, month: int, chosen: date) -> str:
    set_own_day(db.session, unit, year, month, chosen, session.actor().id, session.moment())
    return _("%(month)s 月党日定在 %(day)s。", month=month, day=day_label(chosen))


def _held(unit: Unit, year: int, month: int, held_on: date) -> str:
    row = activity_for(db.session, unit, year, month)
    record_held(db.session, row, held_on, session.actor().id, session.moment())
    return _("已登记：%(month)s 月党日于 %(day)s 开展。", month=month, day=day_label(held_on))


# Units in sight ----------------------------------------------------------------------------------


@bp.get("/units")
@login_required
def units():
    """List the branches in sight by town, each with its next party day and what is open."""
    name = request.args.get("q", "").strip()[:80]
    found = inbox.branches_in_sight(db.session, session.actor(), name)
    page = page_of(db.session, [row.id for row in found], request.args.get("cursor", ""))
    groups: dict[str, list[Unit]] = {}
    for unit in page.rows:
        groups.setdefault(unit.parent_id, []).append(unit)
    return render_template(
        "units.html",
        groups=[(page.above[key], rows) for key, rows in groups.items()],
        sizes=Counter(row.parent_id for row in found),
        days=_next_days(page.rows),
        opens=_open_cases(page.rows),
        page=page,
        name=name,
    )


def _next_days(branches: list[Unit]) -> dict[str, date]:
    """Return the next party day of each branch; one that chooses itself has none before it has
    chosen.
    """
    today = session.moment().today
    rows = dict(
        db.session.execute(
            sa.select(Activity.unit_id, sa.func.min(Activity.day))
            .where(
                Activity.unit_id.in_([unit.id for unit in branches]),
                Activity.kind == "party_day",
                Activity.day >= today,
                Activity.held_on.is_(None),
            )
            .group_by(Activity.unit_id)
        ).all()
    )
    found = {unit.id: rows.get(unit.id) or opening.by_rule(unit, today) for unit in branches}
    return {
        unit.id: found[unit.id]
        for unit in branches
        if found[unit.id] and (unit.fixed_day or found[unit.id] < today + SOON)
    }


def _open_cases(branches: list[Unit]) -> dict[str, int]:
    """Count what is open in each branch, for those who may see its business."""
    if not session.actor().posts:
        return {}
    return dict(
        db.session.execute(
            sa.select(Case.unit_id, sa.func.count())
            .where(Case.unit_id.in_([unit.id for unit in branches]), Case.closed_at.is_(None))
            .group_by(Case.unit_id)
        ).all()
    )
