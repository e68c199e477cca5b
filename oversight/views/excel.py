"""Any list as filtered, as a workbook: the same address with `as=xlsx`. A page asks `wanted`, and answers with
what it would have shown on all its pages. One that takes long is told by a page that grows, and waits an
hour to be fetched.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, current_app, g, request, send_file, url_for
from flask_babel import gettext as _
from flask_login import current_user, login_required
from itsdangerous import BadData, URLSafeSerializer
from markupsafe import Markup
from werkzeug.http import parse_options_header

from oversight.base import shelf
from oversight.base.db import db, hold, reading
from oversight.base.refusals import NotFound
from oversight.base.sentences import N_, Sentence
from oversight.base.spreadsheet import sheet_of

from . import progress, session
from .present import translated

bp = Blueprint("excel", __name__)

TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
AS, XLSX = "as", "xlsx"
OF_A_PAGE = ("cursor", "case", "page", "before")  # what names a page of a list, not the list
GONE = N_("这份表格已过一小时，请重新导出。")


def wanted() -> bool:
    """True where the reader asks for the list as a workbook."""
    return request.method == "GET" and request.args.get(AS) == XLSX


def link() -> str:
    """Return the address under which this list is a workbook; empty on the answer to a form."""
    if request.method != "GET":
        return ""
    kept = {name: value for name, value in request.args.items() if name not in (*OF_A_PAGE, AS)}
    values: dict[str, Any] = {**(request.view_args or {}), **kept, AS: XLSX}
    return url_for(request.endpoint or "", **values)


def register(app: Flask) -> None:
    """Have every list that is asked for as a workbook made beside its request."""
    app.before_request(_followed)


def _followed() -> Response | None:
    if not (wanted() and request.endpoint and current_user.is_authenticated):
        return None
    account = session.account().id
    return progress.followed(_("正在导出 Excel"), _made, partial(_kept, account))


def _made(begin):
    """Have the page answer, in the transaction of a thread of its own."""
    g.told = begin
    with reading():
        hold(db.session)
        return current_app.dispatch_request()


def _kept(account_id: str, book: Response) -> str:
    """Keep a workbook that took long for whoever asked; returns where it is fetched."""
    book.direct_passthrough = False
    name = parse_options_header(book.headers["Content-Disposition"])[1]["filename"]
    held = shelf.put(_folder(), io.BytesIO(book.get_data()), session.moment().now)
    return url_for("excel.fetch", key=_signer().dumps([account_id, held, name]))


@bp.get("/lists/<key>")
@login_required
def fetch(key):
    """Send a workbook that was kept, to who asked for it. Raises NotFound."""
    try:
        account_id, held, name = _signer().loads(key)
    except BadData:
        raise NotFound() from None
    own = account_id == session.account().id
    book = shelf.fetch(_folder(), held, session.moment().now) if own else None
    if book is None:
        raise NotFound(GONE)
    return send_file(book, mimetype=TYPE, as_attachment=True, download_name=name)


def _folder() -> Path:
    return current_app.config["OVERSIGHT"].data_dir


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="oversight.lists")


def answer(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], total: int | None = None
) -> Response:
    """Answer with a list as a workbook, named by its title; `total` rows, where somebody knows."""
    told = ([_plain(value) for value in row] for row in rows)
    tick = g.told("list", total)
    book = sheet_of(title, [translated(label) for label in columns], told, tick)
    return send_file(book, mimetype=TYPE, as_attachment=True, download_name=f"{title}.xlsx")


def _plain(value: Any) -> Any:
    """Return a value as a cell holds it: marks and tags fall, a moment is local."""
    if isinstance(value, Markup):
        return value.striptags()
    if isinstance(value, datetime):
        return value.astimezone(current_app.extensions["clock"].zone).replace(
            tzinfo=None, second=0, microsecond=0
        )
    return translated(value) if isinstance(value, Sentence) else value
