"""Logging in and out, and who is asking: the account, the actor, the moment of the request."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date
from functools import wraps
from urllib.parse import urlsplit

from flask import (
    Blueprint,
    current_app,
    flash,
    g,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_babel import gettext as _
from flask_login import (
    LoginManager,
    UserMixin,
    current_user,
    login_required,
    login_user,
    logout_user,
)
from flask_wtf import FlaskForm
from sqlalchemy.exc import DatabaseError, SQLAlchemyError
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length

from oversight.base.clock import Moment
from oversight.base.db import db
from oversight.base.refusals import DomainError, Forbidden, InvalidInput, NotLoggedIn, TooMany
from oversight.base.sealing import Sealer
from oversight.base.sentences import N_
from oversight.base.typed import user_name
from oversight.calendar.zone import zone_settings
from oversight.engine import inbox
from oversight.engine.use_case import one_transaction, use_case
from oversight.law.roles import ADMINISTRATORS
from oversight.models import Account, Login
from oversight.organization.actor import Actor, actor_of
from oversight.register import accounts, credentials, installation, stays, tokens
from oversight.register.sign_ins import Place

from . import demo_door, kept, masking

bp = Blueprint("access", __name__)
NAMED = [InputRequired(N_("请填写用户名。")), Length(max=60)]
SAFE = ("GET", "HEAD", "OPTIONS")
NOT_KEPT = N_("登录已过期。内容太长，没能保存；请先返回把它复制下来，再登录。")
manager = LoginManager()
manager.login_view = "access.login"
manager.login_message = N_("请先登录。")


class SignedIn(UserMixin):
    """A live log-in; its id is the token, so that it dies on the server."""

    def __init__(self, token: str, account: Account, login: Login):
        self.token, self.account, self.login = token, account, login
        self.locale = account.locale  # asked for every word, also after a commit

    def get_id(self) -> str:
        return self.token


class LoginForm(FlaskForm):
    username = StringField(N_("用户名"), NAMED, [user_name])
    password = PasswordField(N_("密码"), [InputRequired(N_("请填写密码。")), Length(max=128)])


class CodeForm(FlaskForm):
    code = StringField(
        N_("动态码"), [InputRequired(N_("请填写动态码。")), Length(max=40)], [user_name]
    )


class PasswordForm(FlaskForm):
    old = PasswordField(N_("原密码"), [InputRequired(N_("请填写原密码。"))])
    password = PasswordField(N_("新密码"), [InputRequired(N_("请填写新密码。"))])
    again = PasswordField(N_("再输一次新密码"), [InputRequired(N_("请再输一次新密码。"))])


class ActivationForm(FlaskForm):
    username = StringField(N_("用户名"), NAMED, [user_name])
    code = StringField(
        N_("激活码"), [InputRequired(N_("请填写激活码。")), Length(max=64)], [user_name]
    )
    password = PasswordField(N_("设一个密码"), [InputRequired(N_("请设一个密码。"))])
    again = PasswordField(N_("再输一次密码"), [InputRequired(N_("请再输一次密码。"))])


@manager.unauthorized_handler
def to_the_door():
    """Send a stranger to the log-in page; what he typed on a page of his own goes with him."""
    if request.method in SAFE or not kept.words_of_request():
        flash(_(manager.login_message))
        asked = request.full_path.rstrip("?")
        return redirect(url_for("access.login", next=_shown_by(asked) or None))
    token = kept.sealed()
    if not token:
        flash(_(NOT_KEPT), "warn")
    return _door("login.html", LoginForm(formdata=None), 401, token)


def _shown_by(path: str) -> str:
    """Return the page at an address, or above one that only takes posts."""
    return path if kept.readable(urlsplit(path).path) else kept.above(urlsplit(path).path)


def _door(template: str, form, status: int, token: str = "", **more):
    """Show a page before the log-in; what was typed goes along while it is still open."""
    found = kept.opened(token)
    return render_template(template, form=form, kept=token if found else "", **more), status


def wrote() -> bool:
    """True where the reader sends a page of his own."""
    return current_user.is_authenticated and kept.author() == account().id


def carried() -> str:
    """Return the sealed words that a log-in form brought along."""
    return request.form.get("kept", "")


def too_old():
    """Answer a form whose token belongs to no session of today, where we know whose page it was; None
    where that can't be known.
    """
    if request.endpoint in ("access.sign_in", "access.code"):
        flash(_("页面停留太久，请重新登录。"), "warn")
        return _own(carried()) or _door("login.html", LoginForm(formdata=None), 400, carried())
    if not current_user.is_authenticated:
        return to_the_door() if kept.author() else None
    token = kept.sealed()
    return _own(token, 400) or (_of_another(token) if token else None)


def _of_another(token: str):
    """Show the log-in page to go on as who typed: this page is not of who is logged in now."""
    return _door("login.html", LoginForm(formdata=None), 400, token, now=account().username)


def _own(token: str, status: int = 200):
    """Show the form with the words that were sealed, to who is logged in and typed them; else None."""
    found = kept.opened(token)
    who = account().id if current_user.is_authenticated else ""
    return kept.shown(found, status) if found and found.who == who else None


@bp.post("/kept")
@login_required
def resume():
    """Show the form again that words were typed into, to who typed them."""
    return _own(carried()) or redirect(url_for("desk.queue"))


@manager.user_loader
def load(token: str) -> SignedIn | None:
    found = credentials.live(db.session, token, moment().now, moment().today)
    if found is None or not found[0].open_on(moment().today):
        return None
    if moment().now - found[1].seen_at >= credentials.RENEWED:
        g.renew = found[1].id
    return SignedIn(token, *found)


def renew() -> None:
    """Note that the log-in is in use, at most every ten minutes: the one thing that a GET writes."""
    login_id = g.pop("renew", None)
    if login_id is not None:
        with beside():
            credentials.renew(db.session, login_id, moment().now)
        db.session.remove()


def place() -> Place:
    """Return where this request comes from."""
    return Place.of(request.remote_addr, request.user_agent.string)


def sealer() -> Sealer:
    return Sealer(current_app.config["SECRET_KEY"])


# What may be asked for by who must set a second factor or a new password first.
FIRST = {"factor": "security.factor", "password": "access.password"}
MACHINES = ("api", "health")
FREE = (*FIRST.values(), "access.logout", "access.text_size", "access.login", "static")


def held():
    """Lead who must set something first to where it is set."""
    if "_user_id" not in session or request.endpoint in FREE or request.blueprint in MACHINES:
        return None
    owes = current_user.login.owes if current_user.is_authenticated else ""
    g.held = bool(owes)
    return redirect(url_for(FIRST[owes])) if owes else None


def forget() -> None:
    """Treat the reader as a stranger for the rest of this request."""
    g.forgotten = "_user_id" in session
    g._login_user = manager.anonymous_user()


def has_log_in() -> bool:
    """True where the reader is logged in, as far as that can be asked just now."""
    return g.get("forgotten", False) or current_user.is_authenticated


@contextmanager
def beside() -> Iterator[None]:
    """Write what the answer does not hang on; where the database is away just then it is left."""
    with suppress(SQLAlchemyError, DomainError), one_transaction(db.session):
        yield


def moment() -> Moment:
    """Return the moment of this request; one for all that it does."""
    found = g.get("moment")
    if found is None:
        found = g.moment = current_app.extensions["clock"].moment()
    return found


def end_of(day: date) -> Moment:
    """Return the last minute of a day, as of which a page may be read."""
    return current_app.extensions["clock"].at(day, 23, 59)


def account() -> Account:
    """Return the account that asks, by page or by token. Raises NotLoggedIn."""
    if "account" in g:
        return g.account
    if current_user.is_authenticated:
        return current_user.account
    raise NotLoggedIn("请先登录。")


def actor() -> Actor:
    """Return the person that asks as an actor of today. Raises NotLoggedIn."""
    if "actor" not in g:
        found = actor_of(db.session, account().person_id, moment().today)
        g.actor = replace(found, token=g.get("token", ""))
    return g.actor


def settings() -> dict[str, str]:
    """Return the choices of the reader's zone."""
    return zone_settings(db.session, actor().zone_id)


def waiting() -> dict[str, int]:
    """Count what waits for the person that asks, by kind of business; once a request."""
    if "waiting" not in g:
        g.waiting, g.unread = inbox.waiting(db.session, actor())
    return g.waiting


def unread() -> int:
    """Count the reader's unread notices; once a request."""
    if "unread" not in g:
        waiting()
    return g.unread


def box_counts(*boxes: str) -> dict[str, int]:
    """Count boxes of the person that asks, and with them his unread notices."""
    found = inbox.box_counts(db.session, actor(), *boxes)
    g.unread = found.pop("unread")
    return found


def acting(act: str, *, case_id: str | None = None, workflow: str = "", trial: bool = False):
    """End what the reader does inside, as `use_case`."""
    return use_case(
        db.session, actor(), moment(), act, case_id=case_id, workflow=workflow, trial=trial
    )


def journal(refusal: DomainError, act: str, case_id: str | None = None) -> None:
    """Keep the refusal of what a page was asked to write, where nothing was tried. Commits."""
    with suppress(DomainError), acting(act, case_id=case_id):
        raise refusal


@contextmanager
def keeping(act: str, case_id: str | None = None):
    """Keep a refusal that is raised inside, before anything was tried."""
    try:
        yield
    except DomainError as refusal:
        journal(refusal, act, case_id)
        raise


def own_path(target: str | None) -> str | None:
    """Return where to go next, if it is a path of our own."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return None
    if not target.isprintable():
        return None
    parts = urlsplit(target)
    return target if not parts.scheme and not parts.netloc and "\\" not in target else None


@bp.get("/login")
def login():
    if current_user.is_authenticated:
        return redirect(url_for("desk.queue"))
    return render_template("login.html", form=LoginForm(), guests=demo_door.guests())


@bp.post("/login")
def sign_in():
    form = LoginForm()
    if guest := demo_door.guest(request.form.get("guest")):
        form.username.data, form.password.data = guest, installation.DEMO_PASSWORD
    elif not form.validate_on_submit():
        return _door("login.html", form, 422, carried())
    try:
        token = credentials.sign_in(
            db.session, form.username.data, form.password.data, moment(), place(), _stays()
        )
    except TooMany as hasty:
        return _hasty(hasty, form.password, "login.html", form=form, kept=carried())
    if token:
        return _enter(token, guest)
    form.password.errors = [_("用户名或密码不对。输错多次后，要隔一会儿才能再试。")]
    return _door("login.html", form, 422, carried())


def _stays() -> bool:
    """True where the reader wants to stay logged in on this phone."""
    return request.form.get("stay") == "1"


def may_stay() -> bool:
    """True where the page before the log-in asks whether to stay logged in."""
    with suppress(DatabaseError):  # not migrated yet: the page is there all the same
        return stays.offered(db.session)
    db.session.rollback()
    return False


def _enter(token: str, guest: str | None = None):
    """Begin the session of a token, or ask for its code. A guest is led to what he is to try."""
    session.clear()  # a fresh session: nothing planted before the log-in survives it
    onward = own_path(request.args.get("next"))
    found = load(token)
    if found is None:
        session["half"] = token
        masking.renew()
        if kept.opened(carried()):
            return _door("login_code.html", CodeForm(formdata=None), 200, carried())
        return redirect(url_for("access.code", next=onward))
    login_user(found)
    session.permanent = found.login.stays_days > 0
    kept.sign_pages(found.account.id)
    if guest and not onward:
        onward = demo_door.page_of(guest, db.session, actor())
    return _go_on(onward)


def _go_on(onward: str | None):
    """Lead to the form with what its author typed before he logged in, else to where he wanted."""
    if carried() and not kept.opened(carried()):
        flash(_("登录前填写的内容保存超过 30 分钟，已经清除。"), "warn")
    begins = actor().holds(*ADMINISTRATORS)  # perhaps of a zone that is not ready
    desk = url_for("desk.home" if begins else "desk.queue")
    return _own(carried()) or redirect(onward or desk)


def _hasty(hasty: TooMany, field, template: str, **given):
    """Say on the form that it was tried too often; log it: this is what an attack looks like."""
    current_app.logger.warning("log-in held back: address=%s", place().address)
    field.errors = [hasty.sentence]
    head = {"Retry-After": str(hasty.extra["retry_after"])}
    return render_template(template, **given), hasty.status, head


@bp.route("/login/code", methods=["GET", "POST"])
def code():
    """Ask for the second factor of a log-in whose password was right."""
    form, half = CodeForm(), session.get("half", "")
    if not half or not credentials.waits_for_code(db.session, half, moment()):
        return redirect(url_for("access.login"))
    if not form.validate_on_submit():
        return _door("login_code.html", form, 422 if form.is_submitted() else 200, carried())
    try:
        token = credentials.enter_code(
            db.session, half, form.code.data, moment(), sealer(), place()
        )
    except TooMany as hasty:
        return _hasty(hasty, form.code, "login_code.html", form=form, kept=carried())
    if token:
        return _enter(token)
    form.code.errors = [_("动态码不对。请用手机上最新的 6 位数字，或一个没有用过的恢复码。")]
    return _door("login_code.html", form, 422, carried())


@bp.post("/logout")
@login_required
def logout():
    with one_transaction(db.session):
        credentials.sign_out(db.session, account().id, moment().now, current_user.token)
    logout_user()
    session.clear()
    answer = redirect(url_for("access.login"))
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


@bp.route("/password", methods=["GET", "POST"])
@login_required
def password():
    form = PasswordForm()
    if not form.validate_on_submit():
        return render_template("password.html", form=form), 422 if form.is_submitted() else 200
    try:
        if form.password.data != form.again.data:
            raise InvalidInput({"again": N_("两次输入的新密码不一样。")})
        credentials.change_password(
            db.session, account(), form.old.data, form.password.data, moment(), place()
        )
    except TooMany as hasty:
        return _hasty(hasty, form.old, "password.html", form=form)
    except InvalidInput as wrong:
        for name, sentence in wrong.fields.items():
            getattr(form, name).errors = [sentence]
        return render_template("password.html", form=form), 422
    logout_user()
    flash(_("密码已修改，请用新密码登录。"), "ok")
    return redirect(url_for("access.login"))


@bp.route("/activate", methods=["GET", "POST"])
def activate():
    """Let somebody with a slip set his password; nobody needs to be logged in."""
    form = ActivationForm()
    if not form.validate_on_submit():
        return render_template("activate.html", form=form), 422 if form.is_submitted() else 200
    try:
        if form.password.data != form.again.data:
            raise InvalidInput({"again": N_("两次输入的密码不一样。")})
        accounts.activate(
            db.session, form.username.data, form.code.data, form.password.data, moment(), place()
        )
    except TooMany as hasty:
        return _hasty(hasty, form.code, "activate.html", form=form)
    except InvalidInput as wrong:
        for name, sentence in wrong.fields.items():
            getattr(form, name).errors = [sentence]
        return render_template("activate.html", form=form), 422
    return _at_once(form)


def _at_once(form: ActivationForm):
    """Log in whoever has just set his password; who can't be yet finds the log-in page."""
    token = credentials.sign_in(
        db.session, form.username.data, form.password.data, moment(), place(), _stays()
    )
    if not token:
        flash(_("密码已设好，请登录。"), "ok")
        return redirect(url_for("access.login"))
    answer = _enter(token)
    flash(_("密码已设好，您已登录。下次用这个用户名和密码登录。"), "ok")
    return answer


@bp.post("/text-size")
@login_required
def text_size():
    """Keep 大字 with the account, so that it follows its user to every device."""
    with one_transaction(db.session):
        account().large_text = not account().large_text
    return redirect(own_path(request.form.get("back")) or url_for("desk.queue"))


def by_token(view):
    """Ask an API view for a bearer token. Raises NotLoggedIn."""

    @wraps(view)
    def wrapped(*args, **kwargs):
        kind, _space, token = request.headers.get("Authorization", "").partition(" ")
        bearer = token.strip() if kind.lower() == "bearer" else ""
        found = tokens.found(db.session, bearer, moment()) if bearer else None
        if found is None:
            raise NotLoggedIn("令牌缺失或已失效。")
        if found.scope == "read" and request.method not in SAFE:
            raise Forbidden("这个令牌只能查看，不能办理。", rule="scope")
        account_id, g.token = found.account_id, found.name
        tokens.seen(db.session, found, moment())
        g.account = db.session.get(Account, account_id)
        return view(*args, **kwargs)

    return wrapped
