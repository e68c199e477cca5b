"""Drafts over HTTP: saved by a button or a script, put back into their form wherever it stands, gone
once it was sent. A form takes part by `drafting(…)` within it.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from urllib.parse import urlsplit

from flask import Blueprint, Response, current_app, g, redirect, render_template, request, url_for
from flask import session as cookie
from flask_babel import gettext as _
from flask_login import current_user, login_required
from markupsafe import Markup
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import HTTPException

from oversight.base.db import db
from oversight.base.refusals import BadRequest, DomainError
from oversight.base.sealing import fingerprint
from oversight.base.sentences import N_
from oversight.engine.use_case import one_transaction
from oversight.register import drafts

from . import kept, present, refill, session

bp = Blueprint("drafts", __name__)
# Whose forms may have drafts: none that holds a secret or a ballot.
FORMS = {
    "case.make": N_("办理事项"),
    "case.act": N_("办理事项"),
    "opening.send": N_("发起"),
    "contact.make": N_("缺席补课"),
    "attend.save": N_("登记到会"),
    "attend.arrange_day": N_("活动安排"),
}
LONGEST = 300
ASIDE = "aside"  # names what a button does beside the form that it stands in, and begins its fields
NEVER = (kept.NEVER | kept.OF_THE_PAGE | {"over"}) - {"version"}
ANY = "any"  # the draft that a script saves over: whichever is there
DONE = "drafts_done"  # in the cookie: what the browser may forget


# The form ----------------------------------------------------------------------------------------


def drafting(address: str, form: str, button: bool = True, enter: str = "") -> Markup:
    """Write the bar of a form with drafts; `form` is its id, `address` where it is sent, with what
    tells it from others sent there. `enter` is what the key of that name means, else nothing.
    """
    if "drafting" not in g:
        g.drafting, g.drafted = {}, (form, enter)
    g.drafting[address] = _bar(address, button), button
    return g.drafting[address][0]


def _bar(address: str, button: bool, said: str = "", **more) -> Markup:
    template = current_app.jinja_env.get_template("draft.html")
    return Markup(template.render(address=address, button=button, said=said, **more).strip())


def drafted() -> tuple[str, str]:
    """Return the id of the page's first form with a draft, and what Enter means there; empty where it
    has none. To be asked once the page's body is written.
    """
    return g.get("drafted", ("", ""))


def _said(at: datetime) -> str:
    """Say when a draft was saved: the hour, with its day where that is not today."""
    today = present.local_day(at) == session.moment().today
    return _("草稿已于 %(at)s 保存", at=present.when(at).split()[-1] if today else present.when(at))


def put_back(answer: Response) -> Response:
    """Put the reader's drafts into the forms of a page; one statement, none where he has no draft. The
    form that was just sent shows what was sent, and only when its draft was saved.
    """
    bars = g.get("drafting")
    if not bars or answer.mimetype != "text/html" or not _has_any():
        return answer
    html, newest = answer.get_data(as_text=True), request.environ.get(kept.BARE) or _sent()
    for draft in drafts.of(db.session, session.account().id, bars, session.sealer()):
        words = draft.words if draft.address != newest else []
        found = refill.put_back(html, draft.address, words)
        if found:
            bar, button = bars[draft.address]
            html = found.html.replace(bar, _filled(draft, found, button), 1)
    answer.set_data(html)
    return answer


def _has_any() -> bool:
    return current_user.is_authenticated and current_user.login.has_drafts


def _filled(draft: drafts.Saved, found: refill.Refilled, button: bool) -> Markup:
    """Write the bar of a form into which its draft was put."""
    more = kept.texts_of(found.left)
    at = draft.at.isoformat()
    return _bar(draft.address, button, _said(draft.at), at=at, stale=found.stale, more=more)


# Saving ------------------------------------------------------------------------------------------


def _sent() -> str:
    """Return which form with a draft this request sends, empty where none."""
    return request.form.get(refill.DRAFT, "") if request.method == "POST" else ""


def _address() -> str:
    """Return where the form is sent whose draft this is. Raises BadRequest."""
    address = _sent()
    if not _called(address) or len(address) > LONGEST:
        raise BadRequest("这个表单不存草稿。")
    return address


def _called(address: str) -> str:
    """Say what the form does that is sent to an address; empty where it has no drafts."""
    with suppress(HTTPException):
        way = current_app.url_map.bind("").match(urlsplit(address).path, method="POST")
        return FORMS.get(way[0], "")
    return ""


def _words(but: str = "") -> drafts.Pairs:
    """Return what this request brings for a draft, without the fields that begin with `but`."""
    return [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name.rpartition(".")[2] not in NEVER and not (but and name.startswith(but))
    ]


def _save(but: str = "", over: str | None = None) -> datetime:
    """Save the words of this request, without the fields that begin with `but`. Commits. Raises
    BadRequest, TooLarge, VersionConflict.
    """
    found = drafts.Saved(_address(), _back(), _words(but), session.moment().now)
    with one_transaction(db.session):
        at = drafts.keep(db.session, session.account(), found, session.sealer(), over)
    current_user.login.has_drafts = True
    return at


@bp.post("/drafts")
@login_required
def keep():
    """Save a draft: for a script, which is told when, or by the button, which leads back."""
    over = request.form.get("over")
    if over is None:
        _save()
        return redirect(_back(), 303)
    try:
        at = _save(over=None if over == ANY else over)
    except DomainError as refusal:
        return {"said": present.translated(refusal.sentence)}, refusal.status
    return {"said": _said(at), "at": at.isoformat()}


@bp.get("/drafts")
@login_required
def mine():
    """List the reader's drafts, also those whose form is no longer there."""
    found = [
        (draft, _called(draft.address), _said(draft.at), kept.texts_of(draft.words))
        for draft in drafts.all_of(db.session, session.account().id, session.sealer())
    ]
    return render_template("drafts.html", drafts=found)


@bp.post("/drafts/drop")
@login_required
def drop():
    address = _address()
    with one_transaction(db.session):
        drafts.drop(db.session, session.account().id, address)
    _forgotten(address)
    return redirect(_back(), 303)


def _back() -> str:
    """Return the page on which the form stands."""
    page, exact = kept.whence()
    return page if exact else page_of(_address())


def page_of(address: str) -> str:
    """Return the page on which a form stands that is sent to an address, as far as that tells."""
    path = urlsplit(address).path
    return address if kept.readable(path) else kept.above(path) or url_for("desk.queue")


def aside() -> None:
    """Where a button does something beside the form that it stands in, save what else was typed, and
    let what it does see only its own fields.
    """
    by_page = request.method == "POST" and "_user_id" in cookie
    name = request.form.get(ASIDE, "") if by_page else ""
    if not name or not current_user.is_authenticated:
        return
    own = f"{name}."
    if any(value for key, value in _words(own) if key != "version"):
        _save(own)
    for kind in ("form", "files"):
        setattr(request, kind, _only(getattr(request, kind), own))


def _only(sent, own: str) -> ImmutableMultiDict:
    """Return the fields of one purpose, by their own names, and the token."""
    mine = [pair for pair in sent.items(multi=True) if pair[0].startswith((own, "csrf_token"))]
    return ImmutableMultiDict((name.removeprefix(own), value) for name, value in mine)


# Gone once it was sent ---------------------------------------------------------------------------


def sent(answer: Response) -> Response:
    """Drop the draft of a form that was just sent and taken."""
    address = _sent() if _taken(answer) else ""
    if address and current_user.is_authenticated:
        with session.beside():
            drafts.drop(db.session, session.account().id, address)
        _forgotten(address)
    return answer


def _taken(answer: Response) -> bool:
    """True where a form with a draft was answered by leading on, and not first elsewhere."""
    led_on = request.method == "POST" and answer.status_code in (302, 303)
    return led_on and request.endpoint in FORMS and not g.get("held", False)


def _forgotten(address: str) -> None:
    """Let the next page tell the browser that it may forget what it kept itself."""
    cookie[DONE] = [*cookie.get(DONE, []), address][-4:]


def page_here() -> str:
    """Return the address of this page, or of the one above where it answers a form."""
    return page_of(request.full_path.rstrip("?"))


def reader_mark() -> str:
    """Return what tells the reader's words in the browser from those of others at the same device."""
    return fingerprint(f"drafts.{session.account().id}")[:16]


def done() -> str:
    """Return the addresses that the browser may forget, once."""
    return " ".join(cookie.pop(DONE, []))


def register(app) -> None:
    """Take part in every request of the application."""
    app.before_request(aside)
    app.after_request(put_back)
    app.after_request(sent)
    app.jinja_env.globals.update(
        drafting=drafting,
        drafted=drafted,
        drafts_done=done,
        page_here=page_here,
        reader_mark=reader_mark,
    )
