"""Bringing the office's own roster by page: upload, look at what would change, apply or discard."""

from __future__ import annotations

import io

from flask import (
    Blueprint,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask_babel import gettext as _
from flask_login import login_required

from oversight.base import files
from oversight.base.db import db
from oversight.base.refusals import DomainError, InvalidInput, TooLarge, VersionConflict
from oversight.base.sealing import Sealer
from oversight.base.sentences import N_, say
from oversight.base.workbooks import MOST_BYTES
from oversight.models import Zone
from oversight.register.roster import apply as roster
from oversight.register.roster import template as empty
from oversight.views import present, progress
from oversight.views.pages.attachments import folder
from oversight.views.session import acting, actor, moment

bp = Blueprint("roster", __name__)
UPLOAD = "roster.upload"


def widen(endpoint: str | None, _values) -> None:
    """Let the request that brings a workbook be as large as one may be."""
    if endpoint == UPLOAD:
        request.max_content_length = MOST_BYTES + files.OVERHEAD


def too_large() -> TooLarge:
    return TooLarge(
        say(
            "这个文件超过 %(most)s MB，请按镇（部门）拆成几个文件分别导入。",
            most=MOST_BYTES // 2**20,
        )
    )


def _sealer() -> Sealer:
    return Sealer(current_app.config["SECRET_KEY"])


def _zone() -> Zone:
    return db.session.get(Zone, actor().zone_id)


def _page(found: roster.Read | None = None, refusal: DomainError | None = None, status: int = 200):
    return render_template(
        "roster.html",
        found=found,
        refusal=refusal,
        troubles=getattr(refusal, "troubles", []),
        notes=found.roster.notes if found else getattr(refusal, "notes", []),
        summary=roster.summary(found.plan) if found else [],
    ), status


@bp.get("/roster")
@login_required
def show():
    try:
        return _page(roster.draft(db.session, folder(), _zone(), _sealer(), actor(), moment()))
    except roster.Troubled as refusal:
        return _page(refusal=refusal)


@bp.get("/roster/template.xlsx")
@login_required
def template():
    roster.entitled(actor())
    return send_file(
        io.BytesIO(empty.write()),
        as_attachment=True,
        download_name=N_("名册模板.xlsx"),
        mimetype="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    )


@bp.post("/roster")
@login_required
def upload():
    file = request.files.get("file")
    name = (file.filename if file else "") or ""
    data = file.read() if file else b""
    return progress.followed(
        _("正在比对名册"),
        lambda stage: _upload(name.replace("\\", "/").split("/")[-1], data, stage),
    )


def _upload(name: str, data: bytes, stage):
    try:
        with acting("roster", workflow="roster"):
            roster.entitled(actor())
            if not name:
                raise InvalidInput({"file": N_("请选择一个名册文件。")})
            roster.propose(
                db.session, folder(), _zone(), data, name, _sealer(), actor(), moment(), stage
            )
    except DomainError as refusal:
        return _page(None, refusal, refusal.status)
    return redirect(url_for("roster.show"))


@bp.post("/roster/apply")
@login_required
def apply():
    return progress.followed(_("正在导入名册"), _apply)


def _apply(stage):
    try:
        with acting("roster", workflow="roster"):
            done = roster.accept(
                db.session,
                folder(),
                _zone(),
                _sealer(),
                actor(),
                moment(),
                request.form.get("digest", ""),
                "confirm" in request.form,
                stage,
            )
    except (VersionConflict, roster.RuleViolation) as refusal:
        found = roster.draft(db.session, folder(), _zone(), _sealer(), actor(), moment())
        return _page(found, refusal, refusal.status)
    except DomainError as refusal:
        return _page(None, refusal, refusal.status)
    present.toast(
        _(
            "名册已导入：新增 %(new)s 人，更新 %(changed)s 人。",
            new=done.plan.counts["people"]["new"],
            changed=done.plan.counts["people"]["changed"],
        ),
        _("去发激活单"),
        url_for("accounts.index"),
    )
    return redirect(url_for("roster.show"))


@bp.post("/roster/discard")
@login_required
def discard():
    with acting("roster_discard", workflow="roster"):
        roster.discard(db.session, folder(), actor())
    flash(_("已放弃，什么也没有改。"), "ok")
    return redirect(url_for("roster.show"))
