"""Where reminders leave the program: the mail server's state, office addresses, robots of groups.

What is secret is typed here and never shown again.
"""

from __future__ import annotations

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required

from oversight.base.db import db
from oversight.base.refusals import InvalidInput
from oversight.base.robots import ROBOTS
from oversight.register import outlets as ways
from oversight.time import outside
from oversight.views import session

from .office import bp


@bp.get("/outlets")
@login_required
def outlets():
    return _page({}, {})


def _page(typed: dict, wrong: dict, status: int = 200):
    who = session.actor()
    ways.require(who)
    env = current_app.config["OVERSIGHT"]
    return render_template(
        "admin/outlets.html",
        server=env.mail,
        address=env.address,
        domains=env.mail_domains,
        people=ways.addressed(db.session, who.zone_id),
        robots=ways.listed(db.session, who.zone_id),
        reaches=ways.reaches(db.session, who.zone_id),
        kinds=ROBOTS,
        why=outside.WHY,
        typed=typed,
        wrong=wrong,
    ), status


@bp.post("/outlets")
@login_required
def add_outlet():
    """Add a robot of a unit's group; its address and key are not shown again where they are refused."""
    typed = {name: request.form.get(name, "") for name in ("kind", "url", "key")}
    env = current_app.config["OVERSIGHT"]
    try:
        with session.acting("outlet", workflow="settings"):
            ways.require(session.actor())
            ways.add(
                db.session,
                ways.unit_named(db.session, session.actor(), request.form.get("unit", "")),
                ways.Typed(**typed),
                env.webhooks,
                session.sealer(),
                session.actor(),
                session.moment(),
            )
    except InvalidInput as refusal:
        kept = {"kind": typed["kind"], "unit": request.form.get("unit", "")[:100]}
        return _page(kept, refusal.fields, refusal.status)
    flash(_("群机器人已设好，请发一条试试。"), "ok")
    return redirect(url_for("admin.outlets"))


@bp.post("/outlets/mail")
@login_required
def set_mail():
    """Set or clear the office address of somebody's account."""
    typed = {name: request.form.get(name, "")[:200] for name in ("username", "mail")}
    domains, who = current_app.config["OVERSIGHT"].mail_domains, session.actor()
    try:
        with session.acting("mail", workflow="accounts"):
            account = ways.account_named(db.session, who, typed["username"])
            ways.set_mail(db.session, account, typed["mail"], domains, who, session.moment())
    except InvalidInput as refusal:
        return _page(typed, refusal.fields, refusal.status)
    flash(_("办公邮箱已登记。") if typed["mail"].strip() else _("办公邮箱已去掉。"), "ok")
    return redirect(url_for("admin.outlets"))


@bp.post("/outlets/<uuid:outlet_id>/end")
@login_required
def end_outlet(outlet_id):
    with session.acting("outlet_off", workflow="settings"):
        ways.end(db.session, str(outlet_id), session.actor(), session.moment())
    flash(_("群机器人已停用。"), "ok")
    return redirect(url_for("admin.outlets"))


@bp.post("/outlets/<uuid:outlet_id>/try")
@login_required
def try_outlet(outlet_id):
    """Send a line to a group now, outside of any transaction."""
    outlet = ways.one(db.session, str(outlet_id), session.actor())
    env, clock = current_app.config["OVERSIGHT"], current_app.extensions["clock"]
    sender = outside.sender_of(env, current_app.config["SECRET_KEY"], clock.zone)
    said = _("这是一条测试消息。%(address)s", address=env.address)
    trouble = outside.trial(db.session, outlet, said, session.moment(), sender)
    why = _(outside.WHY.get(trouble, trouble))
    flash(_("没有发出去：%(why)s。", why=why), "warn") if trouble else flash(
        _("已发到群里。"), "ok"
    )
    return redirect(url_for("admin.outlets"))
