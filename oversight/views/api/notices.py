"""What the caller was told, over the API. Read only: opening a case marks its lines (`/cases/ID/seen`)."""

from __future__ import annotations

from oversight.base.db import db
from oversight.engine import bell
from oversight.views.session import actor

from . import messages as m
from .http import page
from .route import route
from .shapes import day


@route("GET", "/notices", "What I was told, newest first", m.Notices, query=m.Paging)
def notices(asked: m.Paging):
    size = asked["limit"]
    rows = bell.lines(db.session, actor(), size, after=asked.get("cursor") or "")
    return page(rows, size, _line)


def _line(row: bell.Line) -> m.Notice:
    return {
        "id": row.id,
        "at": day(row.notice.at),
        "text": row.notice.text,
        "case": row.case_id,
        "number": row.number,
        "seen_at": day(row.notice.read_at),
    }
