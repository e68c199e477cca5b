"""Attachments for people and for the API: sending a file, and getting it back as a download, never
as a page.
"""

from __future__ import annotations

import io

from flask import Blueprint, Response, current_app, redirect, request, send_file, url_for
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
from oversight.views import forms, present, session
from oversight.views.api import http, shapes
from oversight.views.api import messages as m
from oversight.views.api.route import route
from oversight.views.session import account, actor, moment

from . import case as case_page

bp = Blueprint("evidence", __name__)
SENDING = ("evidence.send", "api.attach")
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
        # the words of the form beside which a file is sent come along
        request.max_form_parts = 1000 if endpoint == "evidence.send" else 20


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
    """Read the form: the file, and what its sender says of it. Raises BadRequest, WordsWrong."""
    known = {*m.Upload.__annotations__, "next", "csrf_token"}
    unknown = (set(request.form) | set(request.files)) - known
    if unknown:
        raise InvalidInput(
            {name[:40]: say("没有“%(word)s”这一项。", word=name[:40]) for name in unknown}
        )
    files = request.files.getlist("file")
    if len(files) != 1:
        raise InvalidInput({"file": N_("请选择一个文件，一次传一个。")})
    if "\0" in "".join(request.form.values()):
        raise BadRequest("请求的内容不含空字符。")
    data = files[0].read(uploads.MOST_BYTES + 1)
    if len(data) > uploads.MOST_BYTES:
        raise uploads.too_large(files[0].stream.seek(0, io.SEEK_END))
    return attachments.Sent(
        data,
        files[0].filename or "",
        request.form.get("note", "").strip() or None,
        _number("finding"),
        _number("round"),
        request.form.get("replaces") or None,
    )


def _number(name: str) -> int | None:
    value = request.form.get(name, "").strip()
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


@bp.post("/cases/<uuid:case_id>/attachments")
@login_required
def send(case_id):
    try:
        row = _submit(str(case_id), sent())
    except (NotFound, Forbidden):
        raise
    except DomainError as refusal:
        return again(case_id, refusal)
    present.toast(say("已上传：%(name)s", name=row.name))
    return redirect(
        session.own_path(request.form.get("next")) or url_for("case.show", case_id=case_id)
    )


def again(case_id, refusal: DomainError):
    """Show the case with the sentence at the field and what was written; only the file is to be
    chosen anew.
    """
    case = case_page.seen(case_id)
    wrong = (
        dict(refusal.fields)
        if isinstance(refusal, InvalidInput)
        else {refusal.extra.get("field") or "file": refusal.sentence}
    )
    shown = {
        name if name in ("note", "finding") else "file": sentence
        for name, sentence in wrong.items()
    }
    words = {name: request.form.get(name, "")[: attachments.NOTE] for name in ("note", "finding")}
    return case_page.page(case, forms.Bound(forms.ATTACH, words, shown, refusal)), refusal.status


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
    file = sent()
    asked = repeats.fingerprint(
        request.method,
        request.path,
        [uploads.sha256(file.data), file.name, file.note, file.finding, file.round, file.replaces],
    )
    before = repeats.given(db.session, account(), key, asked) if key else None
    if before:
        return _kept(before)
    try:
        with one_transaction(db.session):
            row = _submit(case_id, file)
            again = repeats.claim(db.session, account(), key, asked, moment())
            if again:
                raise _Again(again)  # the same request came in between: its file stands, ours goes
            found = Answer(201, dict(shapes.attachment(db.session, row)))
            repeats.keep(db.session, account(), key, found)
    except _Again as again:
        return _kept(again.args[0])
    return _kept(found)


def _kept(found: Answer) -> Response:
    """Write the answer to a file, the first or again, with its address."""
    return http.given(found, Location=url_for("api.attachment", attachment_id=found.body["id"]))
