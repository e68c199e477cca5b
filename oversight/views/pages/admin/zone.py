"""The zone's settings with who changed them, and its table of rest days.

Only the POST writes, by operations.
"""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required

from oversight.base.db import db
from oversight.base.refusals import InvalidInput, NotFound, VersionConflict
from oversight.base.rows import grouped_by
from oversight.base.settings import ZONE_SETTINGS
from oversight.base.terms import DEFAULTS
from oversight.calendar import holidays
from oversight.calendar.zone import zone_settings as chosen
from oversight.engine.inbox import person_name
from oversight.register import zone_settings
from oversight.views import session
from oversight.views.pages.year import FIRST, LAST

bp = Blueprint("zone", __name__)


@bp.get("/zone/settings")
@login_required
def settings():
    zone_settings.readable(session.actor())
    return _page({}, {})


def _page(typed: dict, wrong: dict, status: int = 200):
    who = session.actor()
    history = zone_settings.history(db.session, who.zone_id)
    rows = [
        (
            row,
            ZONE_SETTINGS.get(row.name),
            person_name(db.session, row.by_id) if row.by_id else _("终端"),
        )
        for row in history
    ]
    stored = chosen(db.session, who.zone_id)
    return render_template(
        "zone_settings.html",
        groups=grouped_by(ZONE_SETTINGS.values(), "group"),
        keeps=zone_settings.keeps(who),
        rows=rows,
        more=history.more,
        wrong=wrong,
        stored=stored,
        values={**stored, **typed},
        shown=zone_settings.shown,
        kept=zone_settings.KEPT,
    ), status


@bp.post("/zone/settings/<name>")
@login_required
def change(name):
    """Set one choice; what was typed stays where it cannot be."""
    who, value = session.actor(), request.form.get("value", "")[:200]
    try:
        with session.acting(f"set_{name}", workflow="settings"):
            if name not in ZONE_SETTINGS:
                raise NotFound()
            zone_settings.readable(who)
            moved = zone_settings.change(
                db.session,
                who.zone_id,
                name,
                value,
                who,
                session.moment(),
                seen=request.form.get("seen"),
            )
    except VersionConflict as refusal:
        return _page({name: value}, {name: refusal.sentence}, refusal.status)
    except InvalidInput as refusal:
        return _page({name: value}, refusal.fields, refusal.status)
    flash(_said(name, moved), "ok")
    return redirect(url_for("zone.settings"))


@bp.post("/zone/settings")
@login_required
def keep():
    """Leave all choices as they are, and say so: the first step is made."""
    who = session.actor()
    with session.acting("keep_settings", workflow="settings"):
        zone_settings.readable(who)
        zone_settings.keep(db.session, who.zone_id, who, session.moment())
    flash(_("已记下：设置看过了，都按现在的办。"), "ok")
    return redirect(url_for("desk.home"))


def _said(name: str, moved: int) -> str:
    what = ZONE_SETTINGS[name].label
    if name in DEFAULTS:
        return _("“%(what)s”已设定，以后开始的按新的期限，已经在走的期限不变。", what=what)
    if ZONE_SETTINGS[name].group:
        return _("“%(what)s”已设定。", what=what)
    return _("“%(what)s”已设定，%(n)s 个还没有到的党日随之改期。", what=what, n=moved)


@bp.get("/zone/rest-days")
@login_required
def this_year():
    return redirect(url_for("zone.rest_days", year=session.moment().today.year))


@bp.get("/zone/rest-days/<int:year>")
@login_required
def rest_days(year):
    """Show the rest days and make-up working days of a year, each with its source."""
    if not FIRST <= year <= LAST:
        raise NotFound()
    published, days = holidays.days_of(db.session, session.actor().zone_id, year)
    return render_template(
        "rest_days.html", year=year, published=published, days=days, kinds=holidays.KINDS
    )
