"""Bringing what an office kept of a branch's past months: upload, look at what would come of it, bring it in."""

from __future__ import annotations

from flask import Blueprint, current_app, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_login import login_required

from oversight.base.db import db, fetch
from oversight.base.refusals import DomainError, Forbidden, InvalidInput, NotFound
from oversight.base.sealing import Sealer
from oversight.base.sentences import N_
from oversight.base.spreadsheet import book_of
from oversight.engine import authority
from oversight.ledger import brought
from oversight.models import Unit
from oversight.views import present, session
from oversight.views.excel import TYPE

bp = Blueprint("brought", __name__)


def _unit(unit_id) -> Unit:
    """Return a branch of which the reader keeps the records. Raises NotFound, Forbidden."""
    unit = fetch(db.session, Unit, str(unit_id))
    if unit.kind != "branch":
        raise NotFound()
    authority.enters(db.session, unit, session.actor())
    return unit


def _sealer() -> Sealer:
    return Sealer(current_app.config["SECRET_KEY"])


def _page(unit: Unit, found=None, sealed: str = "", refusal: DomainError | None = None):
    return render_template(
        "brought.html",
        unit=unit,
        found=found,
        sealed=sealed,
        refusal=refusal,
        troubles=getattr(refusal, "troubles", []),
    ), refusal.status if refusal else 200


@bp.get("/units/<uuid:unit_id>/past")
@login_required
def show(unit_id):
    return _page(_unit(unit_id))


@bp.get("/units/<uuid:unit_id>/past/template.xlsx")
@login_required
def template(unit_id):
    """Answer with the workbook to fill in, with the members' names."""
    sheets = brought.blank(db.session, _unit(unit_id), session.moment().today)
    name = N_("以前的活动.xlsx")
    return send_file(book_of(sheets), mimetype=TYPE, as_attachment=True, download_name=name)


@bp.post("/units/<uuid:unit_id>/past")
@login_required
def upload(unit_id):
    """Show what a workbook would bring; nothing is written."""
    with session.keeping("bring"):
        unit = _unit(unit_id)
    who, at = session.actor(), session.moment()
    try:
        with session.acting("bring", trial=True):
            file = request.files.get("file")
            if file is None or not file.filename:
                raise InvalidInput({"file": N_("请选择一个表格文件。")})
            days = brought.read(db.session, unit, file.read(), who, at)
            found = brought.look(db.session, unit.id, days, who, at)
    except (NotFound, Forbidden):
        raise
    except DomainError as refusal:
        return _page(_unit(unit_id), refusal=refusal)
    sealed = _sealer().seal_file(f"{unit_id}\n{brought.to_plain(days)}".encode()).decode()
    return _page(_unit(unit_id), found, sealed)


@bp.post("/units/<uuid:unit_id>/past/apply")
@login_required
def apply(unit_id):
    """Bring in what was looked at, all or nothing."""
    with session.keeping("bring"):
        unit = _unit(unit_id)
    try:
        with session.acting("bring"):
            days = _opened(str(unit_id))
            who, at = session.actor(), session.moment()
            found = brought.apply(db.session, unit.id, days, who, at)
    except (NotFound, Forbidden):
        raise
    except DomainError as refusal:
        return _page(_unit(unit_id), refusal=refusal)
    year = url_for("year.show", unit_id=unit_id, year=days[-1].on.year)
    present.toast(_("已导入 %(n)s 个月的登记", n=len(found)), _("查看党日"), year)
    return redirect(url_for("brought.show", unit_id=unit_id))


def _opened(unit_id: str) -> list[brought.Day]:
    """Return what was sealed for this branch. Raises InvalidInput."""
    try:
        text = _sealer().open_file(request.form.get("sealed", "").encode()).decode()
        of, _line, plain = text.partition("\n")
        if of == unit_id:
            return brought.from_plain(plain)
    except ValueError:
        pass
    raise InvalidInput({"file": N_("看过的内容已经不在了，请重新上传。")})
