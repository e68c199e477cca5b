"""A form that is sent twice is done once: each showing of a form has a token that no other showing has,
and what was sent under it is known again by the table of the API's repeated requests.

A move that says which version it was made from needs no such row: it cannot be made twice.
"""

from __future__ import annotations

import hashlib
from functools import cache

from flask import Response, flash, g, redirect, request
from flask_babel import gettext as _
from flask_login import current_user

from oversight import workflows
from oversight.base.db import db
from oversight.engine import repeats
from oversight.engine.use_case import ONCE

from . import kept, session

PIECE = 2**20


def begin() -> None:
    """Let the first act of a form's post claim it."""
    if request.method == "POST" and not (_has_key() or versioned()):
        db.session.info[ONCE] = _claim


def _has_key() -> bool:
    """True where a program says itself what is one and the same."""
    return request.blueprint == "api" or "Idempotency-Key" in request.headers


def versioned() -> bool:
    """True where a case's version keeps a move from being made twice."""
    name = (request.view_args or {}).get("name")
    return bool(request.form.get("version")) and name is not None and name not in _unversioned()


@cache
def _unversioned() -> frozenset[str]:
    return frozenset(
        move.name for law in workflows.every() for move in law.moves if move.unversioned
    )


def _claim() -> None:
    """Take this post for the transaction. Raises Repeated."""
    if current_user.is_authenticated and request.form.get("csrf_token"):
        g.sent = g.get("sent") or _fingerprint()
        account = session.account()
        repeats.claim_page(db.session, account, g.sent, session.moment())


def _fingerprint() -> str:
    """Hash what was sent: the token of this showing of the form, the address, all words and files."""
    found = hashlib.sha256(request.full_path.encode())
    for name, value in request.form.items(multi=True):
        found.update(f"\0{name}\0{value}".encode("utf-8", "replace"))
    for name, file in request.files.items(multi=True):
        found.update(f"\0{name}\0{file.filename}\0".encode("utf-8", "replace"))
        file.stream.seek(0)
        while piece := file.stream.read(PIECE):
            found.update(piece)
        file.stream.seek(0)
    return found.hexdigest()


def answered(answer: Response) -> Response:
    """Keep where a post led to, so that its repetition leads there too."""
    if "sent" in g and answer.status_code in (302, 303):
        with session.beside():
            repeats.keep_page(db.session, session.account(), g.sent, answer.location)
    return answer


def again(repeated: repeats.Repeated):
    """Lead to where the first post led."""
    db.session.rollback()
    flash(_("这一步刚才已经办好，没有重复办理。"), "ok")
    return redirect(repeated.onward or kept.whence()[0])
