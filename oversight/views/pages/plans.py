"""The plan of a party day before it is held, and the one page to print of it: notice and sign-in sheet."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required

from oversight.base.db import db
from oversight.base.lazy import cached_property
from oversight.base.refusals import InvalidInput, RuleViolation
from oversight.base.rows import ids_of
from oversight.engine import authority
from oversight.law.binding import in_own_words
from oversight.law.clauses import Source, clause
from oversight.ledger import arrange, attendance, plans, registers
from oversight.models import Activity, Person
from oversight.rules import theme
from oversight.views import forms, present, session
from oversight.views.written import written as made

from . import written
from .attend import Sheet, about, bp, invitees


class Plan(Sheet):
    """The plan of one party day; `posted` is a form that came back."""

    @cached_property
    def plan(self) -> plans.Plan:
        return plans.of(db.session, self.activity)

    @property
    def attended(self) -> set[str]:
        """Return who stands as having come to the meeting: before it is entered all who serve, so that
        only who was missing is touched.
        """
        if self.posted:
            return set(self.posted.getlist("came"))
        serving = registers.talkers(db.session, self.unit, self.at.today)
        return set(self.plan.came or ids_of(serving))

    def planned(self, name: str) -> str:
        """Return what stands in a field of the plan."""
        return self.posted.get(name, "") if self.posted else getattr(self.plan, name)

    @cached_property
    def meeters(self) -> list[Person]:
        return plans.who_meets(db.session, self.unit, self.at.today)

    @property
    def committee(self) -> bool:
        return plans.has_committee(db.session, self.unit, self.at.today)

    @cached_property
    def settled(self) -> theme.Theme | None:
        """Return what the zone settled for the month."""
        row = self.activity
        return theme.of_month(db.session, row.zone_id, row.year, row.month)

    @property
    def grounds(self) -> list[Source]:
        found = (clause(number) for number in ("G-2.4.1b", "G-2.3.2a"))
        return [in_own_words(one, self.unit.category) for one in found]


def _activity(activity_id) -> Activity:
    """Return a party day whose plan the reader makes. Raises NotFound, Forbidden."""
    activity = attendance.readable(db.session, str(activity_id), session.actor())
    authority.enters(db.session, activity.unit, session.actor())
    return activity


@bp.get("/activities/<uuid:activity_id>/plan")
@login_required
def plan(activity_id):
    activity = _activity(activity_id)
    if activity.held_on or activity.confirmed_at:
        return redirect(url_for("attend.show", activity_id=activity.id))
    return _page(Plan(activity))


def _page(sheet: Plan, status: int = 200):
    return render_template(
        "plan.html", sheet=sheet, activity=sheet.activity, unit=sheet.unit
    ), status


@bp.post("/activities/<uuid:activity_id>/plan")
@login_required
def arrange_day(activity_id):
    with session.keeping("arrange"):
        activity = attendance.readable(db.session, str(activity_id), session.actor())
    try:
        with session.acting("arrange"):
            raw = {"invitees": invitees(activity, request.form), **about(request.form)}
            found = plans.read({**request.form.to_dict(), "came": request.form.getlist("came")})
            read = attendance.read_sheet(raw)
            who, at = session.actor(), session.moment()
            arrange.submit(db.session, activity.id, read, who, at, found)
    except (InvalidInput, RuleViolation) as refusal:
        activity = attendance.readable(db.session, str(activity_id), session.actor())
        bound = forms.Bound.of("", {}, refusal)
        return _page(Plan(activity, request.form, bound), refusal.status)
    printed = url_for("attend.plan_print", activity_id=activity.id)
    present.toast(_("安排已保存，登记到会时照此填好"), _("打印通知和签到表"), printed)
    month = f"m{activity.month}"
    return redirect(
        url_for("year.show", unit_id=activity.unit_id, year=activity.year, _anchor=month)
    )


@bp.get("/activities/<uuid:activity_id>/plan/print")
@login_required
def plan_print(activity_id):
    """Show the notice of a party day and its sign-in sheet, to be printed."""
    of = str(activity_id)
    content = made(written.asked(), "notice", of)
    back = url_for("attend.plan", activity_id=of)
    return written.page(content, "notice", of, back, _("主题党日安排"))
