"""Pages and the JSON API: they read a request, call one use case and show its result."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from logging import INFO, getLogger
from time import monotonic

from babel import Locale
from flask import (
    Flask,
    Response,
    current_app,
    g,
    has_request_context,
    redirect,
    render_template,
    request,
)
from flask import session as flask_session
from flask.globals import request_ctx
from flask.sessions import SecureCookieSessionInterface
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter

from oversight.base import outages, patience
from oversight.base.alone import SEVERAL
from oversight.base.db import _reading, db, hold
from oversight.base.logs import new_id, request_id
from oversight.base.refusals import DomainError, NotLoggedIn, Unavailable
from oversight.base.sentences import N_
from oversight.engine.repeats import Repeated
from oversight.register import key_check
from oversight.views.pages.admin import (
    accounts,
    office,
    outlets,
    people,
    roster,
    tenure,
    units,
    work,
    zone,
)

from . import (
    addresses,
    assets,
    drafts,
    excel,
    health,
    kept,
    large,
    masking,
    once,
    one_form,
    present,
    said,
    session,
    slips,
    unsure,
)
from .api import attendance, cases, notices, obligations
from .api import life_meetings as api_life
from .pages import (
    appraise,
    attachments,
    blank_forms,
    brought,
    bulk,
    case,
    contact,
    desk,
    handbooks,
    law,
    ledger,
    life_meetings,
    opening,
    overview,
    own,
    papers,
    phone,
    plans,
    printed,
    prints,
    registers,
    reminders,
    search,
    security,
    start,
    tokens,
    written,
    year,
)

SAFE = ("GET", "HEAD", "OPTIONS")
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
HSTS = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}
API = (cases, attendance, api_life, notices, obligations)  # one blueprint
ADMIN = (office, units, people, tenure, outlets, work)  # one blueprint
BODY_MOST = attachments.DRAINED + 2**20  # what a server need not read to its end for anybody
STRANGERS_MOST = 64 * 2**10  # what a body may weigh before anybody has logged in
# Pages on which a stranger makes the server compare a password.
COSTLY = {("POST", "/login"), ("POST", "/login/code"), ("POST", "/activate"), ("POST", "/password")}
ASKED_BY_MACHINES = ("/healthz", "/readyz", "/metrics")
FILES = re.compile(r"(/api/v1)?/cases/[^/]*/attachments|/papers/[^/]*/original|/roster")
FORM = re.compile(r"/(forms|written)/.*\.pdf")  # set in a child when it is asked for
csrf = masking.Masked()
log = getLogger("oversight.request")
PAGES = (
    session,
    accounts,
    roster,
    desk,
    start,
    own,
    bulk,
    case,
    attachments,
    opening,
    year,
    life_meetings,
    plans,
    ledger,
    overview,
    registers,
    handbooks,
    brought,
    contact,
    papers,
    phone,
    search,
    printed,
    prints,
    blank_forms,
    written,
    security,
    reminders,
    tokens,
    law,
    drafts,
    zone,
    excel,
    ADMIN[0],
    API[0],
    health,
)
GLOBALS = {
    "excel_here": excel.link,
    "kept_words": kept.sealed,
    "appraising": appraise.Appraising,
    "life_of": life_meetings.Life,
    "may_stay": session.may_stay,
    "way_of_slips": slips.way,
    "steps_left": start.left,
    "steps_lacking": start.lacking,
}


class Figures(IntegerConverter):
    """A number in a path: more figures than any year or month has are no path at all."""

    regex = r"[0-9]{1,6}"


def costly(method: str, path: str) -> int:
    """Return 1 where a request costs a password's hash, 2 where it costs a child that reads a file, 3
    where a machine asks how we are, 4 where it writes and may wait for others who do: such ones have
    queues of their own, so that nobody takes all threads by them, whoever reads goes on, and whoever
    watches hears of it where all are taken.
    """
    if path in ASKED_BY_MACHINES:
        return 3
    if method == "POST" and FILES.fullmatch(path) or FORM.fullmatch(path):
        return 2
    if (method, path) in COSTLY:
        return 1
    return 0 if method in SAFE else 4


def chosen_locale() -> Locale | None:
    """Return the language of whoever is logged in; None leaves the installation's default."""
    if has_request_context() and current_user and current_user.is_authenticated:
        return said.language(current_user.locale)
    return None


def register(app: Flask) -> None:
    """Register every page and the API on the application."""
    https = app.config["OVERSIGHT"].https
    app.config.update(
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=https,
        SESSION_COOKIE_NAME="__Host-oversight" if https else "oversight",
        PERMANENT_SESSION_LIFETIME=timedelta(days=90),  # where it is to stay; the server ends it
        SERVED={"body_most": BODY_MOST, "costly": costly},
    )
    app.url_map.converters["int"] = Figures
    app.url_rule_class = addresses.Address
    app.session_interface = _Cookies()
    app.url_map.merge_slashes = False  # its redirects would believe the Host header
    csrf.init_app(app)
    session.manager.init_app(app)
    for module in PAGES:
        app.register_blueprint(module.bp)
    csrf.exempt(cases.bp)
    present.register(app)
    said.register(app)
    app.jinja_env.globals.update(GLOBALS)
    app.config["HEADERS"] = {**HEADERS, **(HSTS if https else {})}
    assets.register(app, app.config["HEADERS"], partial(_before, app.config["OVERSIGHT"].proxies))
    app.url_value_preprocessor(attachments.widen)
    app.url_value_preprocessor(roster.widen)
    app.url_value_preprocessor(_narrow)
    app.before_request(_begin)
    app.before_request(session.held)
    app.before_request(once.begin)
    excel.register(app)
    app.after_request(once.answered)
    app.register_error_handler(Repeated, once.again)
    app.after_request(_headers)
    drafts.register(app)
    one_form.register(app)
    app.teardown_request(_end)
    for kind in (DomainError, HTTPException, SQLAlchemyError, OSError, CSRFError):
        app.register_error_handler(kind, _refused)
    unsure.register(app, _refused)


class _Cookies(SecureCookieSessionInterface):
    digest_method = staticmethod(hashlib.sha256)


def trusting(proxies: tuple[str, ...], plain):
    """Wrap a WSGI application so that these addresses are believed in what they say of who asks
    them; of anybody else it is a stranger's word.
    """
    told = ProxyFix(plain, x_for=1, x_proto=1)

    def chosen(environ, start_response):
        found = told if environ.get("REMOTE_ADDR") in proxies else plain
        return found(environ, start_response)

    return chosen if proxies else plain


def _before(proxies: tuple[str, ...], plain):
    """Wrap the application in what stands before it."""
    return trusting(proxies, masking.squeezing(plain))


def _narrow(_endpoint: str | None, _values) -> None:
    """Limit the body of an unauthenticated request to what a log-in form needs, before parsing."""
    if "_user_id" not in flask_session and "Authorization" not in request.headers:
        request.max_content_length = STRANGERS_MOST


def _begin() -> None:
    g.begun = monotonic()
    request_id.set(new_id(request.headers.get("X-Request-ID", "")))
    if request.blueprint not in (None, "health"):
        _may_serve()
    g.reading = _reading.set(request.method in SAFE)
    g.patience = patience.begin(request.method in SAFE)
    if request.method in SAFE:
        hold(db.session)


def _may_serve() -> None:
    """Refuse by another's key, and where another process serves this database. Raises Unavailable."""
    if current_app.extensions["other_key"]:
        raise Unavailable(key_check.OTHER)
    if not health.serves():
        raise Unavailable(SEVERAL)


def _end(_error) -> None:
    db.session.remove()
    if "reading" in g:
        _reading.reset(g.pop("reading"))
        patience.end(g.pop("patience"))
    session.renew()


def _headers(response: Response) -> Response:
    for name, value in current_app.config["HEADERS"].items():
        response.headers.setdefault(name, value)
    response.headers["X-Request-ID"] = request_id.get()
    _told(response.status_code)
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def _told(status: int) -> None:
    """Log a request by its rule: what its address holds beside may tell of people."""
    if log.isEnabledFor(INFO):
        rule = request.url_rule.rule if request.url_rule else ""
        took = round((monotonic() - g.get("begun", monotonic())) * 1000)
        fields = {"method": request.method, "rule": rule, "status": status, "ms": took}
        log.info("request", extra={"fields": fields})


def _refused(error):
    """Answer a refusal: a problem document to API clients, a page with the sentence to people."""
    with suppress(SQLAlchemyError):  # a connection that is gone cannot even be told
        db.session.rollback()
    refusal = _as_no(error)
    if request.path.startswith("/api/"):
        answer = problem(refusal)
        answer.headers.extend(
            {"Allow": ", ".join(error.valid_methods or ())} if refusal.status == 405 else {}
        )
        return answer
    if isinstance(refusal, NotLoggedIn):
        return session.manager.unauthorized()
    if isinstance(error, CSRFError) and (again := session.too_old()):
        return again
    if refusal.status == 405 and request.method == "GET" and (above := kept.above(request.path)):
        return redirect(above)
    return _said(refusal)


def _said(refusal: DomainError):
    """Show a page with the sentence, and what was typed where its author may go on with it."""
    if request.method in SAFE:
        refusal = outages.of_page(refusal)
    if refusal.status >= 500:
        session.forget()  # the page of a failure asks the database nothing
    words = kept.sealed() if refusal.status != 400 or session.wrote() else ""
    if request_ctx.url_adapter is None:  # a Host header that is none: no address is written with it
        request_ctx.url_adapter = current_app.url_map.bind("localhost")
    number = request_id.get() if refusal.status >= 500 else ""
    shown = render_template(
        "error.html",
        refusal=refusal,
        kept=words,
        above=_above(refusal),
        number=number,
        wrote=request.method not in SAFE,
    )
    return shown, refusal.status


def _above(refusal: DomainError) -> str:
    """Return the page that a refused address lies under, to go on from; empty where there is none."""
    if refusal.status >= 500:
        return ""
    found = kept.above(request.path.rstrip("/").rpartition("/")[0])
    return "" if found in ("/desk", request.path) else found


def _as_no(error) -> DomainError:
    write = next((write for kind, write in _KINDS.items() if isinstance(error, kind)), _no_more)
    return write(error)


def _stayed_too_long(_error) -> DomainError:
    refusal = DomainError("页面停留太久或来路不明，请返回刷新后重试；您写的内容可先复制下来。")
    refusal.status, refusal.title = 400, N_("请重试")
    return refusal


def _too_large(error) -> DomainError:
    most = request.max_content_length or 0
    if large.read_again():
        return large.refusal(most)
    attachments.drain()
    if request.endpoint == roster.UPLOAD:
        return roster.too_large()
    if "_user_id" not in flask_session and not request.path.startswith("/api/"):
        refusal = _no_more(error)
        refusal.sentence = session.NOT_KEPT
        return refusal
    return attachments.too_large() if request.endpoint in attachments.SENDING else _no_more(error)


def _fails(error) -> DomainError:
    """Tell what a database or disk could not do. Raises what is a bug."""
    refusal = outages.as_refusal(error)
    if refusal is None:
        raise error
    current_app.logger.warning("%s: %s", outages.named(error), refusal.status)
    return refusal


def _no_more(error) -> DomainError:
    refusal = DomainError(_HTTP.get(error.code, error.description or error.name))
    refusal.status, refusal.title = error.code, N_("没有办成")
    return refusal


_KINDS: dict[type, Callable] = {
    DomainError: lambda error: error,
    CSRFError: _stayed_too_long,
    RequestEntityTooLarge: _too_large,
    SQLAlchemyError: _fails,
    OSError: _fails,
}
_HTTP = {
    404: N_("没有找到这个页面。"),
    405: N_("不能这样访问这个地址。"),
    413: N_("内容太大，请减少后再提交。"),
    400: N_("请求的内容不完整或格式不对。"),
    415: N_("请求的内容类型不对。"),
    500: N_("没有办成，请稍后再试。"),
}


def problem(refusal: DomainError) -> Response:
    """Write a refusal as an RFC 9457 problem document."""
    kind = f"urn:oversight:{refusal.code}" if refusal.code else "about:blank"
    body = {
        "type": kind,
        "title": refusal.title,
        "status": refusal.status,
        "detail": refusal.sentence,
        **refusal.extra,
    }
    response = Response(
        json.dumps(body, ensure_ascii=False), refusal.status, mimetype="application/problem+json"
    )
    if refusal.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response
