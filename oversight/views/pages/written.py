"""Papers without a number on a page of their own, and as files to be saved: always made from the records
as they stand.
"""

from __future__ import annotations

import io

from flask import Blueprint, current_app, render_template, request
from flask_login import login_required

from oversight.base.db import db
from oversight.base.refusals import NotFound, Unavailable
from oversight.casework import prints
from oversight.papers.layout import Content
from oversight.views import session
from oversight.views.forms import number
from oversight.views.written import YEARLY, Ask, written

from .prints import saved

bp = Blueprint("written", __name__)
FIRST, LAST = 2000, 2100


def asked() -> Ask:
    """Return who asks, for which year: this one where none is named. Raises NotFound."""
    at = session.moment()
    year = number(request.args["year"]) if "year" in request.args else at.today.year
    if not FIRST <= year <= LAST:
        raise NotFound()
    return Ask(db.session, session.actor(), at, current_app.extensions["clock"], year)


def page(content: Content, kind: str, of: str, back: str = "", label: str = ""):
    """Show a paper with where it is saved; `back` leads to what it was made from."""
    year = asked().year if kind in YEARLY else None
    return render_template(
        "written.html", content=content, kind=kind, of=of, year=year, back=back, label=label
    )


@bp.get("/written/<kind>/<uuid:of>")
@login_required
def show(kind, of):
    return page(written(asked(), kind, str(of)), kind, str(of))


@bp.get("/written/<kind>/<uuid:of>.<any(pdf, docx):form>")
@login_required
def get(kind, of, form):
    """Send a paper as a file. Raises NotFound, Forbidden, Unavailable."""
    ask = asked()
    content = written(ask, kind, str(of))
    press = prints.Press(current_app.config["OVERSIGHT"].data_dir)
    data = prints.blank(press, content, form, ask.at)
    if data is None:
        raise Unavailable("PDF 没有制成，请先用 Word 版，并告诉系统管理员。")
    name = f"{content.title}-{ask.at.today.isoformat()}.{form}"
    return saved(io.BytesIO(data), prints.KINDS[form], name)
