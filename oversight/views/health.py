"""What machines ask about the server: alive, ready, figures. No personal data, no log-in."""

from __future__ import annotations

from functools import cache
from hmac import compare_digest

from flask import Blueprint, Response, current_app, request
from sqlalchemy.exc import SQLAlchemyError

from oversight.base.db import db, migrated_to
from oversight.base.refusals import NotFound

bp = Blueprint("health", __name__)
LOOPBACK = ("127.0.0.1", "::1")
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-IP")


@bp.get("/healthz")
def healthz():
    return Response("ok\n", mimetype="text/plain")


@bp.get("/readyz")
def readyz():
    """Say whether requests can be served:

    the database answers and is migrated to the newest head.
    """
    try:
        current = migrated_to(db.session)
    except SQLAlchemyError:
        return Response("database unavailable\n", 503, mimetype="text/plain")
    if current != _heads(current_app.extensions["migrate"].directory):
        return Response("database not migrated\n", 503, mimetype="text/plain")
    return Response("ready\n", mimetype="text/plain")


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
