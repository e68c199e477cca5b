"""What machines ask about the server: alive, ready, figures. No personal data, no log-in."""

from __future__ import annotations

from functools import cache
from hmac import compare_digest
from pathlib import Path

from flask import Blueprint, Response, current_app, request
from sqlalchemy.exc import SQLAlchemyError

from oversight.base import written
from oversight.base.db import db, migrated_to
from oversight.base.refusals import NotFound
from oversight.time import due

from .session import moment

bp = Blueprint("health", __name__)
LOOPBACK = ("127.0.0.1", "::1")
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-IP")


@bp.get("/healthz")
def healthz():
    return Response("ok\n", mimetype="text/plain")


@bp.get("/readyz")
def readyz():
    """Say whether requests can be served: the database answers and is migrated, the disk takes what is
    written, the secret key is the database's own; and when the clock's work was done last.
    """
    if why := _why_not():
        return Response(f"{why}\n", 503, mimetype="text/plain")
    return Response(f"ready\n{_swept()}", mimetype="text/plain")


def serves() -> bool:
    """True where this process may serve the database: of SQLite's one does."""
    alone = current_app.extensions.get("alone")
    return alone is None or alone.mine()


def _why_not() -> str:
    env = current_app.config["OVERSIGHT"]
    if not serves():
        return "another process serves this SQLite database"
    try:
        current = migrated_to(db.session)
        read_only = not env.sqlite and due.only_reads(db.session)
    except SQLAlchemyError:
        return "database unavailable"
    if current != _heads(current_app.extensions["migrate"].directory):
        return "database not migrated"
    if current_app.extensions["other_key"]:
        return "secret key is not the database's"
    if read_only:
        return "database takes no writes"
    for folder in {env.data_dir, Path(current_app.instance_path)}:
        if trouble := written.trouble(folder):
            return f"disk takes no writes: {trouble}"
    return ""


def _swept() -> str:
    """Tell when the clock's work was done last: whoever watches sees that nobody does it."""
    last, at = due.last(db.session), moment()
    if last is None:
        return "never swept\n"
    days = due.leapt(db.session, at)
    waits = f"sweep waits: the clock stands {days} days later\n" if days else ""
    late = "sweep is late\n" if not days and at.now - last.at > due.SILENT else ""
    return f"swept {last.at.isoformat(timespec='seconds')}\n{waits}{late}"


@cache
def _heads(directory: str) -> set[str]:
    from alembic.script import ScriptDirectory

    return set(ScriptDirectory(directory).get_heads())


def _may_count(token: str | None) -> bool:
    if token is not None:
        kind, _space, given = request.headers.get("Authorization", "").partition(" ")
        return kind.lower() == "bearer" and compare_digest(given.strip().encode(), token.encode())
    forwarded = any(name in request.headers for name in FORWARDED)
    return request.remote_addr in LOOPBACK and not forwarded


@bp.get("/metrics")
def metrics():
    """Give figures in the Prometheus text format: to whoever has the token; where none is set, to
    this machine only and never through a proxy.
    """
    if not _may_count(current_app.config["OVERSIGHT"].metrics_token):
        raise NotFound("没有找到这个页面。")
    from .figures import (  # the client library is slow to load and asked for rarely
        CONTENT_TYPE,
        text,
    )

    return Response(text(), content_type=CONTENT_TYPE)
