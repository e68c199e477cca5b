"""The papers of an appraisal, to be printed by the browser: before the meeting the sign-in sheet, the
ballot and the count sheet, afterwards the summary and each member's register.

Ballots are all alike and carry no number: nothing on one tells whose it is.
"""

from __future__ import annotations

from flask import Blueprint, render_template
from flask_login import login_required

from oversight.base.db import db
from oversight.base.refusals import NotFound
from oversight.engine import authority
from oversight.views import session

from .appraise import Appraising
from .casefile import CaseFile

REGISTER = "print/register.html"
PAGES = {
    "signin": "print/signin.html",
    "ballot": "print/ballot.html",
    "count": "print/count.html",
    "summary": "print/count.html",
    "register": REGISTER,
}
bp = Blueprint("printed", __name__)


def _appraising(case_id) -> Appraising:
    """Return an appraisal in the reader's sight. Raises NotFound."""
    case = authority.seen(db.session, session.actor(), str(case_id))
    if case.workflow != "appraisal":
        raise NotFound()
    return Appraising(CaseFile(case, session.actor(), session.moment()))


@bp.get("/cases/<uuid:case_id>/print/<any(signin, ballot, count, summary, register):what>")
@login_required
def show(case_id, what):
    """Show a paper to who leads the appraisal. Raises NotFound."""
    found = _appraising(case_id)
    if not found.leads or what not in dict(found.printable):
        raise NotFound()
    return render_template(
        PAGES[what], a=found, case=found.file.case, what=what, lines=found.graded
    )


@bp.get("/cases/<uuid:case_id>/print/own")
@login_required
def own(case_id):
    """Show a member's own register once he has been told, without the votes. Raises NotFound."""
    found = _appraising(case_id)
    line = found.mine
    if line is None or line.row.told_on is None:
        raise NotFound()
    return render_template(REGISTER, a=found, case=found.file.case, what="own", lines=[line])
