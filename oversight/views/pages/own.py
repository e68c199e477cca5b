"""A member's own page: the next party day, his year and its outcomes, 请假 beforehand."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required

from oversight.base.db import db
from oversight.base.refusals import InvalidInput, RuleViolation
from oversight.ledger import leave, own_year
from oversight.models.attendance import CATEGORIES
from oversight.views import forms, session
from oversight.views.present import day

bp = Blueprint("own", __name__)


def page(bound: forms.Bound = forms.NO_FORM, status: int = 200):
    """Render the reader's own page; `bound` is a 请假 that came back, `move` its party day."""
    who = session.actor()
    return render_template(
        "me.html",
        who=who,
        account=session.account(),
        mine=own_year.read(db.session, who, who.on.year) if who.branch else None,
        categories=CATEGORIES,
        bound=bound,
    ), status


@bp.post("/me/leave/<uuid:activity_id>")
@login_required
def ask(activity_id):
    """Say beforehand that the reader can't come."""
    category = request.form.get("category", "")
    try:
        if not category:
            raise InvalidInput({"category": _("请选请假原因。")})
        found = leave.submit(
            db.session, str(activity_id), category, session.actor(), session.moment()
        )
    except (InvalidInput, RuleViolation) as refusal:
        return page(
            forms.Bound.of(str(activity_id), {"category": category}, refusal), refusal.status
        )
    flash(_("%(day)s的党日已请假，支部会看到；之后照样补课。", day=day(found.day)), "ok")
    return redirect(url_for("desk.me"))


@bp.post("/me/leave/<uuid:activity_id>/take-back")
@login_required
def take_back(activity_id):
    """Take a 请假 back while its day has not come."""
    try:
        found = leave.take_back(db.session, str(activity_id), session.actor(), session.moment())
    except RuleViolation as refusal:
        return page(forms.Bound.of(str(activity_id), {}, refusal), refusal.status)
    flash(_("请假已撤回，%(day)s的党日请准时参加。", day=day(found.day)), "ok")
    return redirect(url_for("desk.me"))
