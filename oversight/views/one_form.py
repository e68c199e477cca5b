"""Which of several forms a page shows where no script runs: one at a time, since what is typed into
another would be lost with a post. The others stand in the page, hidden by a style sheet of their own.
"""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Blueprint, redirect, request, url_for
from flask_login import login_required

from . import session

bp = Blueprint("one_form", __name__)
ASKED = "form"  # in an address: the name of the form that is shown


def asked(*names: str) -> str:
    """Return which of these forms the address asks for, or was refused; empty where none."""
    given = {request.args.get(ASKED, "")}
    if request.method == "POST":
        parts = [str(one) for one in (request.view_args or {}).values()]
        given |= {*parts, "-".join(reversed(parts)), (request.endpoint or "").rpartition(".")[2]}
    return next((name for name in names if name in given), "")


def address(name: str) -> str:
    """Return the address of this page that shows one of its forms."""
    from .drafts import page_here  # which knows the page where this answers a post

    path = page_here().partition("?")[0]
    others = {key: value for key, value in request.args.items() if key != ASKED}
    return f"{path}?{urlencode(others | {ASKED: name})}#at-{name}"


@bp.post("/one-form")
@login_required
def lead():
    """Lead on to another form; what was typed beside the button was just saved."""
    return redirect(session.own_path(request.args.get("to")) or url_for("desk.queue"), 303)


def register(app) -> None:
    """Let templates ask."""
    app.register_blueprint(bp)
    app.jinja_env.globals.update(form_asked=asked, form_address=address)
