"""Administration of accounts: slips by branch, resets, locks. What was done is in the record of
changes.
"""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required

from oversight.base import typed
from oversight.base.db import db, fetch
from oversight.base.rows import ids_of
from oversight.base.sentences import N_
from oversight.models import Account, Unit
from oversight.organization.units import page_of
from oversight.register import accounts
from oversight.views import excel
from oversight.views.pages import listed
from oversight.views.present import Chip
from oversight.views.session import acting, actor, moment

from . import listed as lists

bp = Blueprint("accounts", __name__)
DOABLE = {
    "lock": N_("账号已锁定。"),
    "unlock": N_("已解除锁定。"),
    "leave": N_("账号已停用。"),
    "drop_factor": N_("动态码已取消，原来的登录已退出。"),
}


def _unit(unit_id) -> Unit:
    unit = fetch(db.session, Unit, str(unit_id))
    accounts.rule_over(actor(), unit)
    return unit


def state(account: Account | None, holding: dict) -> Chip:
    """Say how an account stands."""
    if account is None:
        return Chip("", _("没有账号"))
    if account.closed_at:
        return Chip("", _("已停用"), "x")
    if not account.enabled:
        return Chip("warn", _("已锁定"), "lock")
    if account.password_hash:
        return Chip("ok", _("已激活"), "ok")
    return (
        Chip("info", _("待激活"), "clock")
        if account.id in holding
        else Chip("warn", _("激活单已过期"), "late")
    )


@bp.get("/accounts")
@login_required
def index():
    name = typed.line(request.args.get("q", ""))[:80]
    kept = accounts.kept(db.session, actor(), name)
    if excel.wanted():
        return excel.answer(*lists.accounts_of(kept))
    page = page_of(db.session, kept, request.args.get("cursor", ""))
    groups: dict[str, list[Unit]] = {}
    for unit in page.rows:
        town = page.above[unit.parent_id].name if unit.kind == "branch" else ""
        groups.setdefault(town, []).append(unit)
    counts = accounts.counts(db.session, ids_of(page.rows), moment())
    return render_template("accounts.html", groups=groups, counts=counts, page=page, name=name)


@bp.get("/accounts/units/<uuid:unit_id>")
@login_required
def show(unit_id):
    unit, at = _unit(unit_id), moment()
    holding = accounts.slips_of(db.session, unit.zone_id, at)
    rows = [
        (person, account, state(account, holding), account is not None and account.id in holding)
        for person, account in accounts.people_of(db.session, unit, at)
    ]
    if excel.wanted():
        return excel.answer(*listed.accounts(unit, rows))
    return render_template("accounts_unit.html", unit=unit, rows=rows)


@bp.post("/accounts/units/<uuid:unit_id>/issue")
@login_required
def issue(unit_id):
    """Answer with the slips themselves, once: the codes are kept nowhere."""
    with acting("issue", workflow="accounts"):
        waiting = accounts.ask_unit(db.session, _unit(unit_id), actor(), moment())
        made = accounts.issue_unit(db.session, _unit(unit_id), actor(), moment())
    if waiting:
        flash(
            _("%(n)s 人在镇（部门）以上任职，激活单已提出，另一名管理员放行后再打印。", n=waiting),
            "ok",
        )
    if not made and waiting:
        return redirect(url_for("accounts.show", unit_id=unit_id))
    if not made:
        flash(_("这里的人都已有密码或激活单，没有可发的。"), "warn")
        return redirect(url_for("accounts.show", unit_id=unit_id))
    return render_template("slips.html", slips=made)


@bp.post("/accounts/people/<uuid:person_id>/reset")
@login_required
def reset(person_id):
    """Answer with one slip, once; what the account had before is void.

    Of an account that decides, another administrator releases it first: then with that case.
    """
    one = str(person_id)
    with acting("reset", workflow="accounts"):
        if accounts.needs_release(db.session, one, moment()):
            why = request.form.get("reason", "")
            case = accounts.ask_reset(db.session, one, why, actor(), moment())
        else:
            case, made = None, accounts.issue_one(db.session, one, actor(), moment())
    if case is not None:
        flash(_("已提出，另一名管理员放行后，再到这里打印激活单。"), "ok")
        return redirect(url_for("case.show", case_id=case.id))
    return render_template("slips.html", slips=[made])


@bp.post("/accounts/people/<uuid:person_id>/<any(lock, unlock, leave, drop_factor):act>")
@login_required
def make(person_id, act):
    with acting(act, workflow="accounts"):
        getattr(accounts, act)(db.session, str(person_id), actor(), moment())
    return _done(person_id, DOABLE[act])


@bp.post("/accounts/people/<uuid:person_id>/undo_slip")
@login_required
def undo_slip(person_id):
    with acting("undo_slip", workflow="accounts"):
        why = request.form.get("why", "")
        accounts.withdraw_slip(db.session, str(person_id), why, actor(), moment())
    return _done(person_id, N_("激活单已收回，没有用过的都失效。"))


def _done(person_id, said: str):
    """Say what was done, and return to the unit."""
    flash(_(said), "ok")
    unit = accounts.unit_of(db.session, str(person_id), moment())
    return redirect(
        url_for("accounts.show", unit_id=unit.id) if unit else url_for("accounts.index")
    )
