"""Background work that is late, failed or was given up, with another try by hand."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required

from oversight.base import jobs
from oversight.base.db import db, is_id
from oversight.base.refusals import NotFound
from oversight.engine import outbox
from oversight.register import outlets
from oversight.time import figures, outside
from oversight.time import work as background
from oversight.views import excel, session

from . import listed
from .office import bp

MOST = 10_000  # of what is late, in a workbook


@bp.get("/work")
@login_required
def work():
    who, at = session.actor(), session.moment()
    outlets.require(who)
    if excel.wanted():
        return excel.answer(*listed.work(background.listed(db.session, who.zone_id, at, MOST)))
    return render_template(
        "admin/work.html",
        rows=background.listed(db.session, who.zone_id, at),
        labels=background.LABELS,
        why=outside.WHY,
        most=outbox.MOST,
        endless=outbox.ENDLESS,
        waiting=figures.work_waiting(db.session, at),
        failed=figures.work_failed(db.session),
        late=background.late(db.session, at),
        lives=jobs.worked(db.session),
    )


@bp.post("/retry-work")
@login_required
def retry_work():
    """Let what has failed be tried again at once, one or all."""
    which = request.form.get("work", "")
    if which and not is_id(which):
        raise NotFound()
    who = session.actor()
    with session.acting("retry", workflow="calendar"):
        again = background.retry(db.session, who, session.moment(), which or None)
    flash(_("%(n)s 件马上再试。", n=again), "ok")
    return redirect(url_for("admin.work"))
