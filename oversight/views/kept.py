"""Words of a form that was refused: sealed into the page that says so, and put back when their author
may write. Nothing is stored on the server.
"""

from __future__ import annotations

import io
import json
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from urllib.parse import SplitResult, unquote, urlsplit

from flask import Response, current_app, render_template, request, url_for
from flask import session as cookie
from flask.ctx import RequestContext
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from . import masking
from .refill import DRAFT, Pairs, refill

LIVES = timedelta(minutes=30)
MOST = (
    60 * 2**10
)  # of a stranger's sealed text: with it his log-in form stays within what he may send
RAW_MOST = 256 * 2**10
NEVER = {"csrf_token", "kept", "password", "old", "again", "code"}
OF_THE_PAGE = {"version", "next", "from", "at", "back", DRAFT, "aside"}  # nobody typed these
BARE = "oversight.bare"  # in the environment of a page: the draft that is to be left out
SECRET = {"access", "security", "tokens"}  # blueprints whose forms hold secrets
SECRET_FORMS = {"admin.add_outlet"}  # others that do
PLAIN = re.compile(r"[\x00-\x7f]{0,3}|[\w.:-]+", re.ASCII)  # ids, numbers, chosen values


@dataclass(frozen=True)
class Kept:
    """What somebody sent: for which address, from which page, and when."""

    who: str
    at: datetime
    action: str
    page: str
    exact: bool
    words: Pairs

    @property
    def texts(self) -> list[str]:
        """Return what was written in words, without ids and chosen values."""
        return texts_of(self.words)


def texts_of(words: Pairs) -> list[str]:
    unsaid = NEVER | OF_THE_PAGE
    return [
        value
        for name, value in words
        if name.rpartition(".")[2] not in unsaid and not PLAIN.fullmatch(value)
    ]


# Whose page it was -------------------------------------------------------------------------------


def sign_pages(account_id: str) -> None:
    """Let every page of the session that begins name its reader in the form's token, so that a post
    without any session still says whose words it brings.
    """
    cookie["csrf_token"] = f"{secrets.token_hex(20)}.{account_id}"
    masking.renew()


def author() -> str:
    """Return from whose page a post comes, by the token that only we could sign; else nothing."""
    # Flask-WTF signs the token of a session under this salt.
    signer = URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="wtf-csrf-token")
    try:
        return str(signer.loads(masking.token(request.form.get("csrf_token")))).partition(".")[2]
    except (BadData, RequestEntityTooLarge):
        return ""


# Sealing -----------------------------------------------------------------------------------------


def words_of_request() -> Pairs:
    """Return what this post brought, where it is somebody's page and more than a press of a button."""
    if request.method != "POST" or request.blueprint in SECRET or not author():
        return []
    if request.endpoint in SECRET_FORMS:
        return []
    words = [pair for pair in request.form.items(multi=True) if pair[0] not in NEVER]
    return words if {name for name, value in words if value} - OF_THE_PAGE else []


def sealed() -> str:
    """Seal what this post brought; nothing where there is nothing to keep, or too much."""
    from .session import has_log_in, moment, sealer

    words = words_of_request()
    page, exact = whence()
    said = {
        "who": author(),
        "at": moment().now.isoformat(),
        "action": request.full_path.rstrip("?"),
        "page": page,
        "exact": exact,
        "words": words,
    }
    raw = json.dumps(said, ensure_ascii=False).encode()
    if not words or len(raw) > RAW_MOST:
        return ""
    token = sealer().seal_file(raw).decode()
    return token if len(token) <= (RAW_MOST if has_log_in() else MOST) else ""


def opened(token: str | None) -> Kept | None:
    """Open what a page kept; None where it isn't ours, or older than half an hour."""
    from .session import moment, sealer

    try:
        said = json.loads(sealer().open_file((token or "").encode()))
        words = [(name, value) for name, value in said.pop("words")]
        kept = Kept(at=datetime.fromisoformat(said.pop("at")), words=words, **said)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return kept if timedelta() <= moment().now - kept.at <= LIVES else None


# Pages -------------------------------------------------------------------------------------------


def readable(path: str) -> bool:
    """True where an address shows a page of the product."""
    try:
        endpoint, _values = current_app.url_map.bind("").match(unquote(path), method="GET")
    except HTTPException:
        return False
    return endpoint.split(".")[0] not in ("access", "static", "health", "api")


def above(path: str) -> str:
    """Return the nearest page at or above an address that only takes posts; empty where none is."""
    while path and not readable(path):
        path = path.rpartition("/")[0]
    return path


def whence() -> tuple[str, bool]:
    """Return on which page the form of this post stood, and whether that is known for certain."""
    came = urlsplit(request.referrer or "")
    if readable(came.path):
        return _local(came), True
    page = above(request.path) or url_for("desk.queue")
    return (_local(urlsplit(request.full_path)) if page == request.path else page), False


def _local(parts: SplitResult) -> str:
    return parts._replace(scheme="", netloc="", fragment="").geturl()


def shown(kept: Kept, status: int = 200):
    """Show the page that a form stands on, with what was typed; nothing is done."""
    answer = _fetched(kept.page, dict(kept.words).get(DRAFT, ""))
    found = None
    if answer.status_code == 200 and answer.mimetype == "text/html":
        html = answer.get_data(as_text=True)
        found = refill(html, kept.action, urlsplit(kept.page).path, kept.words)
    if found is None:
        onward = answer.location or kept.page
        return render_template("kept.html", kept=kept, onward=onward), status
    note = render_template("kept_note.html", files=found.files, more=texts_of(found.left))
    return Response(found.saying(note), status)


def _fetched(page: str, bare: str) -> Response:
    """Make a page for the session that there is now, as if it had been asked for; the form of the
    draft `bare` as it is without.
    """
    parts = urlsplit(page)
    environ = {
        name: value
        for name, value in request.environ.items()
        if not name.startswith(("werkzeug.", "CONTENT_")) and name != "HTTP_REFERER"
    }
    environ |= {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": unquote(parts.path),
        "QUERY_STRING": parts.query,
        "wsgi.input": io.BytesIO(),
        BARE: bare or "-",
    }
    app, session = (cast(Any, one)._get_current_object() for one in (current_app, cookie))
    with app.app_context(), RequestContext(app, environ, session=session):
        return app.full_dispatch_request()
