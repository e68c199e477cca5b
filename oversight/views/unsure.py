"""A request is made once more where the database went away while it was told to keep it: the key of the form
or of the API's client, or the case's version, says whether that had come about, so nothing is done twice.
"""

from __future__ import annotations

from typing import Any, cast

from flask import Flask, Response, current_app, g, request
from flask import session as cookie
from flask.ctx import RequestContext

from oversight.base.db import db
from oversight.base.refusals import Unsure

from . import once

AGAIN = "oversight.again"


def register(app: Flask, refused) -> None:
    """Let an application try again; what cannot be, `refused` answers."""

    def once_more(unsure: Unsure):
        known = _by_key() or once.versioned() or "sent" in g
        return _once_more() if known and AGAIN not in request.environ else refused(unsure)

    app.register_error_handler(Unsure, once_more)


def _by_key() -> bool:
    """True where the API's client says what is one and the same, and the route asks for it."""
    return request.blueprint == "api" and "keyed" in g


def _once_more() -> Response:
    """Make the same request anew, its words and files read already."""
    current_app.logger.warning("commit unsure, once more: %s", request.url_rule)
    db.session.rollback()
    for _name, file in request.files.items(multi=True):
        file.stream.seek(0)
    app, same, session = (
        cast(Any, one)._get_current_object() for one in (current_app, request, cookie)
    )
    same.environ[AGAIN] = True
    g.pop("sent", None)
    with app.app_context(), RequestContext(app, same.environ, request=same, session=session):
        return app.full_dispatch_request()
