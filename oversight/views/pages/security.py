"""Log-in and safety: where I am logged in, who tried to be, my second factor; the zone's record for
the auditor.
"""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user, login_required
from flask_wtf import FlaskForm
from markupsafe import Markup
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length

from oversight.base.db import db, is_id
from oversight.base.refusals import Forbidden, InvalidInput, RuleViolation, TooMany
from oversight.base.sentences import N_
from oversight.engine.use_case import one_transaction
from oversight.register import accounts, audit_log, credentials, second_factor, sign_ins
from oversight.views import excel
from oversight.views.pages.admin import listed
from oversight.views.session import account, acting, actor, moment, place, sealer, settings

bp = Blueprint("security", __name__)
PAGE = 50


class OwnerForm(FlaskForm):
    old = PasswordField(
        N_("现在的密码"), [InputRequired(N_("请填写现在的密码。")), Length(max=128)]
    )


class FactorForm(OwnerForm):
    code = StringField(N_("动态码"), [InputRequired(N_("请填写动态码。")), Length(max=40)])
    sealed = HiddenField(validators=[Length(max=300)])


@bp.get("/me/security")
@login_required
def show():
    return _page(OwnerForm(), 200)


def _page(form: OwnerForm, status: int):
    page = render_template(
        "security.html",
        form=form,
        account=account(),
        log_ins=credentials.log_ins(db.session, account(), moment()),
        this=current_user.login.id,
        tries=sign_ins.of_account(db.session, account().id),
        words=sign_ins.WORDS,
        wrong=sign_ins.WRONG,
    )
    return page, status


@bp.post("/me/security/end")
@login_required
def end():
    """End one log-in of mine, or all of them; whoever sits there must know the password."""
    form, which = OwnerForm(), request.form.get("login", "")
    if not form.validate_on_submit():
        return _page(form, 422)
    try:
        credentials.confirm_password(db.session, account(), form.old.data, moment(), place())
    except (InvalidInput, TooMany) as wrong:
        return _again(form, wrong, lambda status: _page(form, status))
    this = current_user.login.id
    with one_transaction(db.session):
        if not which or is_id(which):
            credentials.sign_out(db.session, account().id, moment().now, login_id=which or None)
    if which in ("", this):
        session.clear()
        flash(_("已退出登录。") if which else _("所有设备上的登录都已退出。"), "ok")
        return redirect(url_for("access.login"))
    flash(_("已退出那台设备上的登录。"), "ok")
    return redirect(url_for("security.show"))


# The second factor --------------------------------------------------------------------------------


@bp.route("/me/second-factor", methods=["GET", "POST"])
@login_required
def factor():
    """Set a second factor up; who has one finds here what can be done with it."""
    if account().totp_sealed:
        return render_template("factor_on.html", form=OwnerForm(), left=_left())
    form = FactorForm()
    if not form.validate_on_submit():
        return _set_up(form, 422 if form.is_submitted() else 200)
    try:
        credentials.confirm_password(db.session, account(), form.old.data, moment(), place())
        with one_transaction(db.session):
            codes = second_factor.turn_on(
                db.session, account(), form.sealed.data, form.code.data, moment(), sealer()
            )
            current_user.login.owes = ""
            _changed("factor_on")
    except (InvalidInput, TooMany) as wrong:
        return _again(form, wrong, lambda status: _set_up(form, status))
    return render_template("factor_codes.html", codes=codes)


def _changed(act: str) -> None:
    """Write down a change of my second factor; elsewhere I am logged out."""
    accounts.note(db.session, account(), act, account().person_id, moment())
    here = current_user.login.id
    credentials.sign_out(db.session, account().id, moment().now, but=here)


def _left() -> int:
    return second_factor.codes_left(db.session, account())


def _set_up(form: FactorForm, status: int):
    form.sealed.data = form.sealed.data or second_factor.draw(account(), sealer())
    try:
        typed, address = second_factor.shown(account(), form.sealed.data, sealer())
    except ValueError:
        form.sealed.data = second_factor.draw(account(), sealer())
        typed, address = second_factor.shown(account(), form.sealed.data, sealer())
    import segno  # of the few who set up a telephone

    picture = segno.make(address, error="m", micro=False)
    drawn = picture.svg_inline(scale=4, border=3, light="#fff", svgclass="qr", lineclass=None)
    owes = current_user.login.owes == "factor"
    page = render_template("factor.html", form=form, typed=typed, picture=Markup(drawn), owes=owes)
    return page, status


def _again(form, wrong: InvalidInput | TooMany, page):
    """Show a form again with what is wrong in it."""
    fields = wrong.fields if isinstance(wrong, InvalidInput) else {"old": wrong.sentence}
    for name, sentence in fields.items():
        getattr(form, name).errors = [sentence]
    return page(wrong.status)


@bp.post("/me/second-factor/<any(codes, off):act>")
@login_required
def change(act: str):
    """Draw new recovery codes, or do without a second factor; both need the password."""
    form = OwnerForm()

    def page(status: int):
        return render_template("factor_on.html", form=form, left=_left()), status

    if not form.validate_on_submit():
        return page(422)
    try:
        credentials.confirm_password(db.session, account(), form.old.data, moment(), place())
    except (InvalidInput, TooMany) as wrong:
        return _again(form, wrong, page)
    if act == "codes":
        with one_transaction(db.session):
            codes = second_factor.new_codes(db.session, account(), moment())
        return render_template("factor_codes.html", codes=codes)
    return _turn_off()


def _turn_off():
    with acting("factor_off", workflow="accounts"):
        if second_factor.required(db.session, account(), settings(), moment()):
            raise RuleViolation(
                "区里规定您登录时必须输动态码，不能关闭；换手机的，请系统管理员取消后再开通。",
                rule="second_factor",
                house_rule=N_("谁必须使用动态码，由区的设置规定。"),
            )
        second_factor.turn_off(db.session, account())
        _changed("factor_off")
    flash(_("动态码已关闭。"), "ok")
    return redirect(url_for("security.show"))


# The auditor --------------------------------------------------------------------------------------


@bp.get("/admin/sign-ins")
@login_required
def zone():
    """Every try at an account of the zone, for the auditor."""
    if not actor().holds("auditor"):
        raise Forbidden(
            "登录记录由审计管理员查看。", rule="keeper", house_rule=audit_log.SEPARATE.text
        )
    before = request.args.get("before", "")
    wrong = request.args.get("show") == "wrong"
    if excel.wanted():
        return excel.answer(*listed.tries(actor().zone_id, wrong))
    found = sign_ins.of_zone(
        db.session, actor().zone_id, wrong, int(before) if _number(before) else None, PAGE + 1
    )
    return render_template(
        "admin/sign_ins.html",
        rows=[row for row, _whose in found[:PAGE]],
        whose={row.id: whose for row, whose in found},
        more=len(found) > PAGE,
        failed=wrong,
        words=sign_ins.WORDS,
        wrong=sign_ins.WRONG,
    )


def _number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19
