"""Administration of accounts: slips by branch, resets, locks. What was done is in the record of
changes.
"""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required

from oversight.base.db import db
from oversight.base.refusals import DomainError, NotFound
from oversight.engine import transitions
from oversight.engine.authority import is_member
from oversight.models import Account, Membership, Unit
from oversight.organization.units import outline, page_of, zone_unit
from oversight.register import accounts
from oversight.views.present import Chip
from oversight.views.session import actor, moment

bp = Blueprint("accounts", __name__)
DOABLE = {"lock": "账号已锁定。", "unlock": "已解除锁定。", "leave": "账号已停用。"}


def _kept(name: str) -> list[str]:
    """Return the ids of the units whose accounts the reader keeps, by place in the tree; `name` is a
    part of theirs. Raises NotYours.
    """
    who = actor()
    posts = [post.unit for post in who.posts if post.office == "sysadmin"]
    accounts.rule_over(who, posts[0] if posts else zone_unit(db.session, who.zone_id))
    paths = tuple(unit.path for unit in posts)
    units = outline(db.session, who.zone_id, Unit.kind != "group")
    kept = [unit for unit in units if unit.path.startswith(paths) and name in unit.name]
    kept.sort(key=lambda unit: (unit.path.count("/") > 3, unit.parent_id or "", unit.sort, unit.id))
    return [unit.id for unit in kept]


def _unit(unit_id) -> Unit:
    unit = db.session.get(Unit, str(unit_id))
    if unit is None:
        raise NotFound()
    accounts.rule_over(actor(), unit)
    return unit


def _counts(unit_ids: list[str]) -> dict[str, tuple[int, int]]:
    """Count members and set passwords of some branches."""
    rows = db.session.execute(
        sa.select(
            Membership.unit_id,
            sa.func.count(),
            sa.func.count(sa.case((Account.password_hash != "", 1))),
        )
        .select_from(Membership)
        .outerjoin(Account, Account.person_id == Membership.person_id)
        .where(Membership.unit_id.in_(unit_ids), is_member(moment().today))
        .group_by(Membership.unit_id)
    )
    return {unit_id: (members, active) for unit_id, members, active in rows}


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
    name = request.args.get("q", "").strip()[:80]
    page = page_of(db.session, _kept(name), request.args.get("cursor", ""))
    groups: dict[str, list[Unit]] = {}
    for unit in page.rows:
        town = page.above[unit.parent_id].name if unit.kind == "branch" else ""
        groups.setdefault(town, []).append(unit)
    counts = _counts([unit.id for unit in page.rows])
    return render_template("accounts.html", groups=groups, counts=counts, page=page, name=name)


@bp.get("/accounts/units/<uuid:unit_id>")
@login_required
def show(unit_id):
    unit, at = _unit(unit_id), moment()
    holding = accounts.slips_of(db.session, unit.zone_id, at)
    rows = [
        (person, account, state(account, holding))
        for person, account in accounts.people_of(db.session, unit, at)
    ]
    return render_template("accounts_unit.html", unit=unit, rows=rows)


@bp.post("/accounts/units/<uuid:unit_id>/issue")
@login_required
def issue(unit_id):
    """Answer with the slips themselves, once: the codes are kept nowhere."""
    try:
        made = accounts.issue_unit(db.session, _unit(unit_id), actor(), moment())
        db.session.commit()
    except DomainError as refusal:
        raise _noted(refusal, "issue") from refusal
    if not made:
        flash(_("这里的人都已有密码或激活单，没有可发的。"), "warn")
        return redirect(url_for("accounts.show", unit_id=unit_id))
    return render_template("slips.html", slips=made)


@bp.post("/accounts/people/<uuid:person_id>/reset")
@login_required
def reset(person_id):
    """Answer with one slip, once; what the account had before is void."""
    try:
        made = accounts.issue_one(db.session, str(person_id), actor(), moment())
        db.session.commit()
    except DomainError as refusal:
        raise _noted(refusal, "reset") from refusal
    return render_template("slips.html", slips=[made])


@bp.post("/accounts/people/<uuid:person_id>/<any(lock, unlock, leave):act>")
@login_required
def make(person_id, act):
    try:
        getattr(accounts, act)(db.session, str(person_id), actor(), moment())
        db.session.commit()
    except DomainError as refusal:
        raise _noted(refusal, act) from refusal
    flash(_(DOABLE[act]), "ok")
    unit = accounts.unit_of(db.session, str(person_id), moment())
    return redirect(
        url_for("accounts.show", unit_id=unit.id) if unit else url_for("accounts.index")
    )


def _noted(refusal: DomainError, act: str) -> DomainError:
    """Keep a refusal, and hand it on to be shown."""
    db.session.rollback()
    transitions.refuse(db.session, refusal, actor(), moment(), act, workflow="accounts")
    return refusal
