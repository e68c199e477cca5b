"""Papers whose number stands in the office's register: entering it, and putting it right; and the list of what
was issued lately.
"""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required

from oversight.base import typed
from oversight.base.db import db
from oversight.base.refusals import AlreadyTaken, InvalidInput
from oversight.casework import paper_numbers
from oversight.casework import prints as made
from oversight.views import excel, session

from . import listed, prints

bp = Blueprint("papers", __name__)


def _page(wrong: str = "", refusal: InvalidInput | None = None):
    who, name = session.actor(), typed.line(request.args.get("q", ""))[:60]
    return render_template(
        "papers.html",
        rows=paper_numbers.waiting(db.session, who),
        entered=paper_numbers.entered(db.session, who, name),
        name=name,
        week=(week := prints.of_week(who)),
        parts=len(made.parts(week)),
        lacking=len(made.lacking(db.session, week)),
        wrong=wrong,
        refusal=refusal,
        form=request.form,
    )


@bp.get("/papers")
@login_required
def index():
    """Show what waits for a number, what has one, and what was issued lately; that as a workbook too."""
    if excel.wanted():
        return excel.answer(*listed.papers(prints.of_week(session.actor())))
    return _page()


@bp.post("/papers/<uuid:paper_id>/number")
@login_required
def number(paper_id):
    try:
        found = paper_numbers.enter(
            db.session,
            str(paper_id),
            request.form.get("number", ""),
            session.actor(),
            session.moment(),
        )
    except InvalidInput as refusal:
        return _page(str(paper_id), refusal), refusal.status
    except AlreadyTaken as taken:
        flash(taken.sentence, "warn")
        return redirect(url_for("papers.index"))
    flash(_("已登记文号：%(number)s", number=found), "ok")
    return redirect(url_for("papers.index"))


@bp.post("/papers/<uuid:paper_id>/correct")
@login_required
def correct(paper_id):
    said, why = request.form.get("number", ""), request.form.get("why", "")
    try:
        found = paper_numbers.correct(
            db.session, str(paper_id), said, why, session.actor(), session.moment()
        )
    except InvalidInput as refusal:
        return _page(str(paper_id), refusal), refusal.status
    flash(_("文号已更正为%(number)s。", number=found), "ok")
    return redirect(url_for("papers.index"))
