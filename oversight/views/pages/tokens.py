"""A person's own tokens for programs: listed, issued, revoked. A token is shown once."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required

from oversight.base.db import db
from oversight.base.refusals import DomainError, InvalidInput
from oversight.base.sentences import N_
from oversight.register import tokens
from oversight.views.session import account, acting, actor, moment

bp = Blueprint("tokens", __name__)


def _page(made: str = "", refusal: DomainError | None = None):
    return render_template(
        "tokens.html",
        rows=tokens.live(db.session, account().id, moment()),
        scopes=tokens.SCOPES,
        lasts=tokens.LASTS,
        made=made,
        refusal=refusal,
        form=request.form,
    ), (refusal.status if refusal else 200)


@bp.get("/me/tokens")
@login_required
def index():
    return _page()


@bp.post("/me/tokens")
@login_required
def issue():
    try:
        with acting("token", workflow="accounts"):
            days = request.form.get("days", "").strip()
            if not days.isdecimal() or len(days) > 4:
                raise InvalidInput({"days": N_("“有效天数”要在 1 到 730 之间。")})
            made = tokens.issue(
                db.session,
                account(),
                actor().id,
                moment(),
                request.form.get("name", ""),
                request.form.get("scope", ""),
                int(days),
            )
    except DomainError as refusal:
        return _page(refusal=refusal)
    return _page(made)


@bp.post("/me/tokens/<uuid:token_id>/revoke")
@login_required
def revoke(token_id):
    with acting("revoke_token", workflow="accounts"):
        tokens.revoke(db.session, account(), str(token_id), actor().id, moment())
    flash(_("令牌已收回，马上失效。"), "ok")
    return redirect(url_for("tokens.index"))
