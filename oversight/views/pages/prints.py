"""Files of papers as downloads, one or those of a week, and the page on which whoever holds a paper has
it checked.
"""

from __future__ import annotations

import io
import tempfile

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask_babel import gettext as _
from flask_login import login_required

from oversight.base.db import db
from oversight.base.refusals import NotFound
from oversight.casework import paper_numbers
from oversight.casework import prints as made
from oversight.models import Paper, Unit
from oversight.organization.actor import Actor
from oversight.papers import checking
from oversight.views import session
from oversight.views.api.route import route

bp = Blueprint("prints", __name__)
IN_MEMORY = 8 * 2**20  # bytes of a ZIP, before it goes on in a file
SAVED = {
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "sandbox; default-src 'none'",
}


def _folder():
    return current_app.config["OVERSIGHT"].data_dir


def saved(data, kind: str, name: str) -> Response:
    """Send a file to be saved, never shown."""
    response = send_file(data, mimetype=kind, as_attachment=True, download_name=name)
    response.headers.update(SAVED)
    return response


@bp.get("/papers/<uuid:paper_id>.<any(pdf, docx):kind>")
@login_required
def get(paper_id, kind):
    return _sent(str(paper_id), kind)


@route(
    "GET",
    "/papers/<uuid:paper_id>/pdf",
    "A paper as PDF/A, to be saved",
    bytes,
    kinds=(made.KINDS["pdf"],),
    headers=("Content-Disposition",),
)
def paper_pdf(paper_id):
    return _sent(paper_id, "pdf")


@route(
    "GET",
    "/papers/<uuid:paper_id>/docx",
    "A paper as DOCX, to be saved",
    bytes,
    kinds=(made.KINDS["docx"],),
    headers=("Content-Disposition",),
)
def paper_docx(paper_id):
    return _sent(paper_id, "docx")


def _sent(paper_id: str, kind: str) -> Response:
    """Send a file of a paper to who may read the paper. Raises NotFound, Unavailable."""
    who = session.actor()
    paper, data = made.open_file(db.session, _folder(), paper_id, kind, who)
    return saved(io.BytesIO(data), made.KINDS[kind], made.name_of(paper, kind))


@bp.post("/papers/<uuid:paper_id>/files")
@login_required
def ask(paper_id):
    """Let the files of an old paper be made."""
    paper = made.ask(db.session, str(paper_id), session.actor(), session.moment())
    flash(_("文书文件正在制作，一两分钟后可以下载。"), "ok")
    return redirect(url_for("case.show", case_id=paper.case_id))


def of_week(who: Actor) -> list[Paper]:
    """Return what the reader's offices have issued in the last seven days."""
    return made.of_week(db.session, paper_numbers.seats(who), who, session.moment())


@bp.get("/papers/week.zip")
@login_required
def week_packed():
    """Send the files of the week's papers in one ZIP. Raises NotFound."""
    papers = of_week(session.actor())
    if not papers:
        raise NotFound("近七天没有印发文书。")
    out = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  # closed by the response
    made.packed(db.session, _folder(), papers, out)
    out.seek(0)
    day = session.moment().today.isoformat()
    return saved(out, "application/zip", f"{_('文书')}-{day}.zip")


@bp.get("/check")
def find():
    """Show where a code is typed, or go to what was typed."""
    typed = checking.read(request.args.get("code", ""))
    return redirect(url_for("prints.check", code=typed)) if typed else _checked("", None)


@bp.get("/check/<code>")
def check(code):
    """Say whether a paper is genuine, to whoever holds it; nothing of what it says about people."""
    read = checking.read(code)
    return _checked(read, made.by_code(db.session, read))


def _checked(code: str, paper: Paper | None):
    unit = db.session.get(Unit, paper.unit_id) if paper else None
    shown = render_template("check.html", code=code, paper=paper, unit=unit)
    return shown, 404 if code and paper is None else 200
