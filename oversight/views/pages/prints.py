"""Files of papers as downloads, one or those of a week, and the page on which whoever holds a paper has
it checked.
"""

from __future__ import annotations

import io
import tempfile
from urllib.parse import quote

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

from oversight.base import files as uploads
from oversight.base.db import db
from oversight.base.refusals import DomainError, Forbidden, InvalidInput, NotFound
from oversight.calendar.zone import zone_settings
from oversight.casework import case_file as files_of_cases
from oversight.casework import paper_numbers, sealed_copies
from oversight.casework import prints as made
from oversight.models import Paper, Unit
from oversight.organization.actor import Actor
from oversight.papers import checking
from oversight.views import present, progress, session
from oversight.views.api.route import route

from . import casefile

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


@bp.get("/papers/<uuid:paper_id>/original")
@login_required
def original(paper_id):
    return _sealed(str(paper_id))


@route(
    "GET",
    "/papers/<uuid:paper_id>/original",
    "The newest scan of a sealed paper, to be saved",
    bytes,
    kinds=tuple(uploads.KINDS),
    headers=("Content-Disposition",),
)
def paper_original(paper_id):
    return _sealed(paper_id)


def _sealed(paper_id: str) -> Response:
    """Send a paper as it was sealed, to who may read it. Raises NotFound, Unavailable."""
    paper, row, data = sealed_copies.open_file(db.session, _folder(), paper_id, session.actor())
    name = made.name_of(paper, uploads.KINDS[row.kind], _("正本"))
    return saved(io.BytesIO(data), row.kind, name)


@bp.post("/papers/<uuid:paper_id>/original")
@login_required
def keep_original(paper_id):
    """Keep the scan of a sealed paper. Raises NotFound, Forbidden."""
    file, scanner = request.files.get("file"), current_app.config["OVERSIGHT"].scanner
    case_id = made.case_of(db.session, str(paper_id))
    try:
        sealed_copies.submit(
            db.session,
            _folder(),
            str(paper_id),
            file.read(uploads.MOST_BYTES + 1) if file else b"",
            file.filename or "" if file else "",
            session.actor(),
            session.moment(),
            scanner,
        )
        flash(_("正本已存入。"), "ok")
    except (NotFound, Forbidden):
        raise
    except DomainError as refusal:
        flash(_no(refusal), "warn")
    return redirect(url_for("case.show", case_id=case_id) + f"#p-{paper_id}")


def _no(refusal: DomainError) -> str:
    fields = refusal.fields if isinstance(refusal, InvalidInput) else {}
    return present.translated(next(iter(fields.values()), refusal.sentence))


def of_week(who: Actor) -> list[Paper]:
    """Return what the reader's offices have issued in the last seven days."""
    return made.of_week(db.session, paper_numbers.seats(who), who, session.moment())


@bp.post("/papers/week/files")
@login_required
def make_week():
    """Make what the week's papers lack, now; a page tells how far it is."""
    return progress.followed(_("正在制作文书文件"), _make_week)


def _make_week(stage):
    env, who, at = current_app.config["OVERSIGHT"], session.actor(), session.moment()
    papers = made.lacking(db.session, of_week(who))
    told = stage("print", len(papers))
    done = made.make_now(db.session, made.Press(env.data_dir, env.address), papers, who, at, told)
    if done < len(papers):
        count = len(papers) - done
        flash(
            _("还有 %(n)s 份没有制成，原因见各件；可以再试一次，系统也会自动重试。", n=count),
            "warn",
        )
    else:
        flash(_("文书文件都已制成。"), "ok")
    return redirect(url_for("papers.index"))


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
    return saved(out, "application/zip", _("文书") + f"-{day}.zip")


@bp.get("/papers/week-<int:part>.pdf")
@login_required
def week_bound(part):
    """Send the PDFs of the week's papers as one, to be printed; of many a part. Raises NotFound."""
    papers = made.parts(of_week(session.actor()))[part - 1 : part]
    data = made.bound(db.session, _folder(), papers[0]) if papers else b""
    if not data:
        raise NotFound("近七天没有可以打印的文书。")
    name = _("文书") + f"-{session.moment().today.isoformat()}-{part}.pdf"
    return saved(io.BytesIO(data), made.KINDS["pdf"], name)


@bp.get("/cases/<uuid:case_id>/file.zip")
@login_required
def case_file(case_id):
    """Send the file of a case, packed as it is sent. Raises NotFound."""
    file = files_of_cases.read(db.session, str(case_id), session.actor(), _chosen, _act)
    length, parts = files_of_cases.packed(file, _folder())
    response = Response(parts, mimetype="application/zip")
    response.content_length = length
    quoted = quote(f"{file.number} {file.title}.zip")  # a header has no Chinese
    names = {"filename": "case.zip", "filename*": f"UTF-8''{quoted}"}
    response.headers.set("Content-Disposition", "attachment", **names)
    response.headers.update(SAVED)
    return response


def _chosen(zone_id: str) -> dict[str, str]:
    return zone_settings(db.session, zone_id)


def _act(workflow, row) -> str:
    return present.translated(casefile.label(workflow, row))


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
