"""What machines ask about the server: alive, ready, figures. No personal data, no log-in."""

from __future__ import annotations

from functools import cache

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Blueprint, Response, current_app, request
from sqlalchemy.exc import SQLAlchemyError

from oversight.base.db import db
from oversight.base.refusals import NotFound
from oversight.models import Case, OutboxMessage

from .session import moment

bp = Blueprint("health", __name__)
LOOPBACK = ("127.0.0.1", "::1")
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-IP")


@bp.get("/healthz")
def healthz():
    return Response("ok\n", mimetype="text/plain")


@bp.get("/readyz")
def readyz():
    """Say whether requests can be served: the database answers and is migrated to the newest head."""
    try:
        current = MigrationContext.configure(db.session.connection()).get_current_heads()
    except SQLAlchemyError:
        return Response("database unavailable\n", 503, mimetype="text/plain")
    if set(current) != _heads(current_app.extensions["migrate"].directory):
        return Response("database not migrated\n", 503, mimetype="text/plain")
    return Response("ready\n", mimetype="text/plain")


@cache
def _heads(directory: str) -> set[str]:
    return set(ScriptDirectory(directory).get_heads())


@bp.get("/metrics")
def metrics():
    """Give figures in the Prometheus text format, to this machine only and never through a proxy."""
    if request.remote_addr not in LOOPBACK or any(name in request.headers for name in FORWARDED):
        raise NotFound("没有找到这个页面。")
    return Response("".join(_figures()), mimetype="text/plain; version=0.0.4")


def _figures():
    is_open = Case.closed_at.is_(None)
    by_workflow = db.session.execute(
        sa.select(Case.workflow, sa.func.count()).where(is_open).group_by(Case.workflow)
    )
    yield from _gauge(
        "oversight_open_cases",
        "Cases that have not reached an end",
        {f'{{workflow="{workflow}"}}': count for workflow, count in sorted(by_workflow.all())},
    )
    yield from _gauge(
        "oversight_overdue_cases",
        "Open cases past their last day",
        {"": _count(is_open, Case.due_on < moment().today)},
    )
    yield from _gauge(
        "oversight_work_waiting",
        "Background work that is due and not done",
        {"": _count(OutboxMessage.done_at.is_(None), OutboxMessage.due_at <= moment().now)},
    )
    yield from _gauge(
        "oversight_work_failed",
        "Background work that has failed and is not done",
        {"": _count(OutboxMessage.done_at.is_(None), OutboxMessage.attempts > 0)},
    )


def _count(*conditions) -> int:
    return db.session.scalar(sa.select(sa.func.count()).where(*conditions))


def _gauge(name: str, help_text: str, values: dict[str, int]):
    yield f"# HELP {name} {help_text}\n# TYPE {name} gauge\n"
    yield from (f"{name}{labels} {value}\n" for labels, value in values.items())
