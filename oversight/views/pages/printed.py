"""The papers of an appraisal on the case's own addresses: before the meeting the sign-in sheet, the ballot and
the count sheet, afterwards the summary and each member's register.

Ballots are all alike and carry no number: nothing on one tells whose it is.
"""

from __future__ import annotations

from flask import Blueprint, url_for
from flask_babel import gettext as _
from flask_login import login_required

from oversight.papers.layout import Content
from oversight.views.written import written as made

from . import written

bp = Blueprint("printed", __name__)


@bp.get("/cases/<uuid:case_id>/print/<any(signin, ballot, count, summary, register, told):what>")
@login_required
def show(case_id, what):
    """Show a paper to who leads the appraisal. Raises NotFound."""
    return _page(made(written.asked(), what, str(case_id)), what, case_id)


@bp.get("/cases/<uuid:case_id>/print/own")
@login_required
def own(case_id):
    """Show a member's own register once he has been told, without the votes. Raises NotFound."""
    return _page(made(written.asked(), "own", str(case_id)), "own", case_id)


def _page(content: Content, what: str, case_id):
    back = url_for("case.show", case_id=case_id)
    return written.page(content, what, str(case_id), back, _("民主评议党员"))
