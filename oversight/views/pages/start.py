"""The first steps of a zone, for its administrators: what is there ticks itself."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from flask_login import login_required

from oversight.base.db import db
from oversight.law.roles import ADMINISTRATORS, OFFICES
from oversight.register import first_steps
from oversight.register.first_steps import Step
from oversight.views import session

bp = Blueprint("start", __name__)
# Where a step is made.
PAGES = {
    "roster": "roster.show",
    "posts": "admin.proposal_list",
    "slips": "accounts.index",
    "days": "admin.days",
    "settings": "zone.settings",
    "schedule": "year.units",
}


def steps() -> list[Step]:
    """Return the first steps of the reader's zone."""
    return first_steps.of(db.session, session.actor().zone_id, session.moment().today)


def administers() -> bool:
    """True where the first steps are the reader's business."""
    return session.actor().holds(*ADMINISTRATORS)


def left() -> list[Step]:
    """Return what is still to be done, for who administers the zone."""
    return [step for step in steps() if not step.done] if administers() else []


def lacking() -> list[Step]:
    """Return what others wait for before they can work."""
    return [step for step in steps() if step.needed and not step.done]


def page_of(step: Step) -> str:
    """Return where the reader makes a step; nothing where it is not his."""
    mine = session.actor().holds(step.who)
    return url_for(PAGES[step.key]) if mine and step.key in PAGES else ""


@bp.get("/start")
@login_required
def show():
    if not administers():
        return redirect(url_for("desk.queue"))
    return render_template("start.html", steps=steps(), page_of=page_of, offices=OFFICES)
