"""Blank forms to print and fill in by hand, as Word and PDF."""

from __future__ import annotations

import io

from flask import Blueprint, current_app, render_template, send_file
from flask_login import login_required

from oversight.base.refusals import NotFound, Unavailable
from oversight.casework import prints
from oversight.papers.forms import FORMS
from oversight.views import session

bp = Blueprint("forms", __name__)


@bp.get("/forms")
@login_required
def index():
    """List the forms."""
    return render_template("forms.html", forms=FORMS)


@bp.get("/forms/<name>.<any(pdf, docx):kind>")
@login_required
def get(name, kind):
    """Send a blank form. Raises NotFound, Unavailable."""
    content = FORMS.get(name)
    if content is None:
        raise NotFound()
    env = current_app.config["OVERSIGHT"]
    data = prints.blank(prints.Press(env.data_dir), content, kind, session.moment())
    if data is None:
        raise Unavailable("PDF 没有制成，请先用 Word 版，并告诉系统管理员。")
    return send_file(
        io.BytesIO(data), mimetype=prints.KINDS[kind], as_attachment=True,
        download_name=f"{content.title}.{kind}",
    )  # fmt: skip
