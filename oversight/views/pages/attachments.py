"""Attachments for people and for the API: sending a file, and getting it back as a download, never
as a page.
"""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from flask import (
    Blueprint,
    Response,
    current_app,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask_login import login_required

from oversight.base import files as uploads
from oversight.base.db import db
from oversight.base.refusals import BadRequest, DomainError, Forbidden, InvalidInput, NotFound
from oversight.base.sentences import N_, say
from oversight.casework import attachments
from oversight.engine import repeats
from oversight.engine.repeats import Answer
from oversight.engine.use_case import one_transaction
from oversight.law.inputs import read_count
from oversight.models import Attachment, Case
from oversight.views import forms, present, session
from oversight.views.api import http, shapes
from oversight.views.api import messages as m
from oversight.views.api.route import route
from oversight.views.refill import Pairs, refill
from oversight.views.session import account, actor, moment

from . import case as case_page
from .casefile import CaseFile

bp = Blueprint("evidence", __name__)
SENDING = ("evidence.send", "api.attach", "prints.keep_original")
OWN = "ev-"  # begins the names of our fields, which stand among those of another form
FIELDS = ("note", "finding")
AT_ONCE = 20  # files of one form: each costs a child process
Wrong = list[tuple[str, DomainError]]  # a file's name, and why it was not taken
FORM_PARTS = 2000  # of a form that holds files among much else
DRAINED = (
    64 * 2**20
)  # what is read of a body that is too large, so that its sender hears the answer


def widen(endpoint: str | None, _values) -> None:
    """Let a request that brings a file be as large as a file may be; all others stay small.

    A form may be larger still, so that one with too large a file is read and comes back with what
    was written.
    """
    if endpoint in SENDING:
        most = DRAINED if endpoint == "evidence.send" else uploads.MOST_BYTES
        request.max_content_length = most + uploads.OVERHEAD
        request.max_form_parts = FORM_PARTS if endpoint == "evidence.send" else 20


def drain() -> None:
    """Read a body that is too large to its end, where that is not far, so that the answer arrives."""
    left = min(request.content_length or 0, DRAINED)
    while left > 0 and (part := request.environ["wsgi.input"].read(min(left, 2**16))):
        left -= len(part)


def too_large() -> uploads.TooLarge:
    """Return the no to a file that is too large."""
    return uploads.too_large(request.content_length)


def _submit(case_id: str, file: attachments.Sent):
    """Take a file as whoever is logged in."""
    scanner = current_app.config["OVERSIGHT"].scanner
    return attachments.submit(db.session, folder(), case_id, file, actor(), moment(), scanner)


def folder():
    return current_app.config["OVERSIGHT"].data_dir


def sent() -> attachments.Sent:
    """Read what an API client sends: the file, and what is said of it. Raises BadRequest, WordsWrong."""
    known = {*m.Upload.__annotations__, "csrf_token"}
    unknown = (set(request.form) | set(request.files)) - known
    if unknown:
        raise InvalidInput(
            {name[:40]: say("没有“%(word)s”这一项。", word=name[:40]) for name in unknown}
        )
    return _with_bytes("", _single())


def _single():
    """Return the one file of a request. Raises InvalidInput."""
    files = request.files.getlist("file")
    if len(files) != 1:
        raise InvalidInput({"file": N_("请选择一个文件，一次传一个。")})
    return files[0]


def _with_bytes(own: str, file) -> attachments.Sent:
    """Return a file with what is said of it. Raises BadRequest, InvalidInput, TooLarge."""
    return replace(_said_of_it(own), data=_read(file), name=file.filename or "")


def _said_of_it(own: str) -> attachments.Sent:
    """Read what is said of files; `own` begins the names of its fields. Raises BadRequest, InvalidInput."""
    if "\0" in "".join(request.form.values()):
        raise BadRequest("请求的内容不含空字符。")
    return attachments.Sent(
        b"",
        note=request.form.get(f"{own}note", "").strip() or None,
        finding=_number(own, "finding"),
        round=_number(own, "round"),
        replaces=request.form.get(f"{own}replaces") or None,
    )


def _read(file) -> bytes:
    """Read a file that is not too large. Raises TooLarge."""
    data = file.read(uploads.MOST_BYTES + 1)
    if len(data) > uploads.MOST_BYTES:
        raise uploads.too_large(file.stream.seek(0, io.SEEK_END))
    return data


def _number(own: str, name: str) -> int | None:
    value = request.form.get(own + name, "").strip()
    found = read_count(value, most=99_999)
    if value and found is None:
        raise InvalidInput({name: say("“%(word)s”应是数字。", word=name)})
    return found


def download(attachment_id: str, thumb: bool = False) -> Response:
    """Answer with the bytes of an attachment, to be saved and never shown as a page of ours."""
    row, data = attachments.open_file(db.session, folder(), attachment_id, actor(), thumb)
    kind = "image/jpeg" if thumb and row.thumb else row.kind
    response = send_file(
        io.BytesIO(data), mimetype=kind, as_attachment=True, download_name=row.name
    )
    response.headers.update(
        {
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Cross-Origin-Resource-Policy": "same-origin",
        }
    )
    return response


# Pages -------------------------------------------------------------------------------------------


@bp.get("/attachments/<uuid:attachment_id>")
@login_required
def get(attachment_id):
    return download(str(attachment_id))


@bp.get("/attachments/<uuid:attachment_id>/thumb")
@login_required
def thumb(attachment_id):
    return download(str(attachment_id), thumb=True)


@bp.get("/cases/<uuid:case_id>/attachments")
@login_required
def show(case_id):
    """Show what a case has to show, large."""
    case = case_page.seen(case_id)
    return _shown(case, forms.NO_FORM)


def _shown(case: Case, bound: forms.Bound) -> str:
    file = CaseFile(case, session.actor(), session.moment(), bound)
    if not file.reads_all:
        raise NotFound()
    return render_template("evidence_page.html", file=file, case=case)


@bp.post("/cases/<uuid:case_id>/attachments")
@login_required
def send(case_id):
    """Take files as a form sends them, all at once, or as the page's script does, one by one."""
    if request.accept_mimetypes.best == "application/json":
        return _one(case_id)
    saved, wrong = _each(str(case_id))
    _tell(saved)
    if wrong:
        return again(case_id, wrong)
    if _beside():
        return _with_words(case_page.page(case_page.seen(case_id)))
    return redirect(
        session.own_path(request.form.get("next")) or url_for("case.show", case_id=case_id)
    )


def _tell(saved: list[Attachment]) -> None:
    if saved:
        present.toast(say("已上传：%(name)s", name="、".join(row.name for row in saved)))


def _each(case_id: str) -> tuple[list[Attachment], Wrong]:
    """Take each file that was sent; return what was saved, and of the others the name and the no.

    Raises NotFound, Forbidden.
    """
    files = [one for one in request.files.getlist("file") if one.filename]
    wrong: Wrong = [(file.filename, _too_many()) for file in files[AT_ONCE:]]
    saved = [_taken(case_id, file, wrong) for file in files[:AT_ONCE]]
    if not files:
        wrong.append(("", InvalidInput({"file": N_("请先选择照片或 PDF，再点“上传”。")})))
    return [row for row in saved if row], wrong


def _too_many() -> InvalidInput:
    return InvalidInput({"file": say("一次最多传 %(most)s 份，这一份请再传一次。", most=AT_ONCE)})


def _taken(case_id: str, file, wrong: Wrong) -> Attachment | None:
    """Take a file, or note why not. Raises NotFound, Forbidden."""
    try:
        return _submit(case_id, _with_bytes(OWN, file))
    except (NotFound, Forbidden):
        raise
    except DomainError as refusal:
        wrong.append((file.filename, refusal))
    return None


def _one(case_id):
    """Answer the script: a line of the list, or a sentence. The same key brings the same line."""
    try:
        key = request.headers.get("Idempotency-Key", "")[: repeats.LONGEST] or None
        sent_once = _once(str(case_id), _with_bytes(OWN, _single()), key)
    except DomainError as refusal:
        db.session.rollback()
        return {"detail": present.translated(refusal.sentence)}, refusal.status
    row = db.session.get(Attachment, sent_once.body["id"])
    macros: Any = current_app.jinja_env.get_template("evidence.html").module
    return {"line": macros.thumb(row, row.finding), "of": row.finding or ""}, 201


def _beside() -> Pairs:
    """Return what else the form held in whose midst the files were chosen."""
    kept = {"csrf_token", "next", "ev", "file", *(OWN + name for name in m.Upload.__annotations__)}
    return [pair for pair in request.form.items(multi=True) if pair[0] not in kept]


def _with_words(html: str) -> str:
    """Put back into the page what else the form held."""
    here = urlsplit(request.path).path
    found = refill(html, here, here, _beside())
    return found.html if found else html


def again(case_id, wrong: Wrong):
    """Show the case with a sentence for each file and what was written; only those files are to be
    chosen anew.
    """
    words = {name: request.form.get(OWN + name, "")[: attachments.NOTE] for name in FIELDS}
    bound = forms.Bound(forms.ATTACH, words, _sentences(wrong), wrong[0][1])
    own = session.own_path(request.form.get("next")) == url_for("evidence.show", case_id=case_id)
    html = (_shown if own else case_page.page)(case_page.seen(case_id), bound)
    return _with_words(html), wrong[0][1].status


def _sentences(wrong: Wrong) -> dict[str, str]:
    """Return what is wrong by the field at which it is said; of several files each by its name."""
    shown: dict[str, str] = {}
    several = len([one for one in request.files.getlist("file") if one.filename]) > 1
    for number, (name, refusal) in enumerate(wrong):
        for field, said in _by_field(refusal).items():
            said = say("%(name)s：%(said)s", name=name, said=said) if several else said
            shown[f"{field}-{number}" if number else field] = said
    return shown


def _by_field(refusal: DomainError) -> dict[str, str]:
    found = {refusal.extra.get("field"): refusal.sentence}
    if isinstance(refusal, InvalidInput):
        found = dict(refusal.fields)
    return {name if name in FIELDS else "file": said for name, said in found.items()}


# API ---------------------------------------------------------------------------------------------


class _Again(Exception):
    """The answer that was given meanwhile under the same key."""


@route(
    "GET",
    "/attachments/<uuid:attachment_id>",
    "The bytes of an attachment, to be saved",
    bytes,
    kinds=tuple(uploads.KINDS),
    headers=("Content-Disposition",),
)
def attachment(attachment_id):
    return download(attachment_id)


@route(
    "POST",
    "/cases/<uuid:case_id>/attachments",
    "Show a photo or a paper with a case",
    m.Attachment,
    sends=m.Upload,
    form=True,
    key="optional",
    status=201,
    headers=("Location",),
)
def attach(case_id, key: str | None):
    return _kept(_once(case_id, sent(), key))


def _once(case_id: str, file: attachments.Sent, key: str | None) -> Answer:
    """Take a file once under a key. Raises as `attachments.submit`, and RuleViolation."""
    asked = repeats.fingerprint(
        request.method,
        request.path,
        [uploads.sha256(file.data), file.name, file.note, file.finding, file.round, file.replaces],
    )
    before = repeats.given(db.session, account(), key, asked) if key else None
    if before:
        return before
    try:
        with one_transaction(db.session):
            row = _submit(case_id, file)
            again = repeats.claim(db.session, account(), key, asked, moment())
            if again:
                raise _Again(again)  # the same request came in between: its file stands, ours goes
            found = Answer(201, dict(shapes.attachment(db.session, row)))
            repeats.keep(db.session, account(), key, found)
    except _Again as again:
        return again.args[0]
    return found


def _kept(found: Answer) -> Response:
    """Write the answer to a file, the first or again, with its address."""
    return http.given(found, Location=url_for("api.attachment", attachment_id=found.body["id"]))
