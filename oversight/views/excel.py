"""Any list as filtered, as a workbook: the same address with `as=xlsx`. A page asks `wanted`, and answers with
what it would have shown on all its pages.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from flask import Response, current_app, request, send_file, url_for
from markupsafe import Markup

from oversight.base.sentences import Sentence
from oversight.base.spreadsheet import sheet_of

from .present import translated

TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
AS, XLSX = "as", "xlsx"
OF_A_PAGE = ("cursor", "case", "page")  # what names a page of a list, not the list


def wanted() -> bool:
    """True where the reader asks for the list as a workbook."""
    return request.method == "GET" and request.args.get(AS) == XLSX


def link() -> str:
    """Return the address under which this list is a workbook."""
    kept = {name: value for name, value in request.args.items() if name not in (*OF_A_PAGE, AS)}
    values: dict[str, Any] = {**(request.view_args or {}), **kept, AS: XLSX}
    return url_for(request.endpoint or "", **values)


def answer(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    """Answer with a list as a workbook, named by its title."""
    told = ([_plain(value) for value in row] for row in rows)
    book = sheet_of(title, [translated(label) for label in columns], told)
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
