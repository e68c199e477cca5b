"""The reader's own office address, to which reminders go."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required

from oversight.base.db import db
from oversight.base.refusals import InvalidInput
from oversight.register import outlets
from oversight.time import outside
from oversight.views import session

bp = Blueprint("reminders", __name__)


@bp.get("/me/reminders")
@login_required
def show():
    return _page(session.account().mail or "", "")


def _page(typed: str, wrong: str, status: int = 200):
    env = current_app.config["OVERSIGHT"]
    return render_template(
        "reminders.html",
        typed=typed,
        wrong=wrong,
        sends=env.mail is not None,
        domains=env.mail_domains,
        reach=outlets.reach_of(db.session, session.account()),
        chosen=session.settings(),
        why=outside.WHY,
    ), status


@bp.post("/me/reminders")
@login_required
def change():
    typed, domains = (
        request.form.get("mail", "")[:200],
        current_app.config["OVERSIGHT"].mail_domains,
    )
    try:
        with session.acting("mail", workflow="accounts"):
            outlets.set_mail(
                db.session, session.account(), typed, domains, session.actor(), session.moment()
            )
    except InvalidInput as refusal:
        return _page(typed, refusal.fields["mail"], refusal.status)
    flash(_("办公邮箱已登记。") if typed.strip() else _("办公邮箱已去掉。"), "ok")
    return redirect(url_for("reminders.show"))
