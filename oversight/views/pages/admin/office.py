"""Administration: the menu, who changed what, the calendar, and what all its pages share. Rules are
in operations.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required

from oversight.base.db import db, is_id
from oversight.base.refusals import DomainError, Forbidden, InvalidInput, NotFound
from oversight.base.sentences import N_
from oversight.base.typed import decoded
from oversight.calendar import holidays
from oversight.casework import paper_numbers
from oversight.law.inputs import read_day
from oversight.models import Person, Unit
from oversight.organization import reach
from oversight.register import audit_log, handover, pending, rest_days
from oversight.time import due, faults, figures, work
from oversight.views import excel, present, progress, session

from . import listed

bp = Blueprint("admin", __name__, url_prefix="/admin")
FILE_MOST = 200_000  # bytes of a file of rest days


# Shared ------------------------------------------------------------------------------------------


def keeps(unit: Unit | None, area: str) -> bool:
    return audit_log.may(db.session, session.actor(), area, unit)


def require_keeper() -> None:
    """Make sure that these pages are the reader's business. Raises Forbidden."""
    if not present.Shell().keeper:
        raise Forbidden("管理页面由管理员和上级党组织使用，您不能查看。")


def in_reach(unit: Unit | None) -> Unit:
    """Return a unit that the reader keeps or sees. Raises NotFound."""
    who = session.actor()
    if (
        unit is None
        or unit.zone_id != who.zone_id
        or not (who.sees(unit) or who.holds("sysadmin", "secadmin", "auditor"))
    ):
        raise NotFound()
    return unit


def unit_of(unit_id) -> Unit:
    require_keeper()
    return in_reach(db.session.get(Unit, str(unit_id)))


def person_named(field: str) -> Person:
    """Return the person within reach chosen in a form. Raises InvalidInput naming the field."""
    chosen = request.form.get(field, "")
    found = reach.person_in_reach(db.session, chosen, session.actor()) if is_id(chosen) else None
    if found is None:
        raise InvalidInput({field: N_("请从名单中选一个人。")})
    return found


def unit_named(field: str) -> Unit:
    """Return the unit chosen in a form. Raises InvalidInput naming the field."""
    found = db.session.get(Unit, request.form[field]) if is_id(request.form.get(field)) else None
    if found is None or found.zone_id != session.actor().zone_id:
        raise InvalidInput({field: N_("请选一个单位。")})
    return found


def day(field: str, label: str, required: bool = True, first: int = 2000) -> date | None:
    """Return the day written in a form, of the year `first` or later. Raises InvalidInput naming the
    field.
    """
    text = request.form.get(field, "").strip()
    found = read_day(text, first)
    if found is None and (text or required):
        raise InvalidInput(
            {field: _("“%(word)s”还没有选，或写法不对，请在日历里选一天。", word=label)}
        )
    return found


def change(
    area: str, act: str, do: Callable[[], str], again: Callable[[DomainError], str], onward: str
):
    """Make a change and commit it, or show the form again with what is wrong and what was typed."""
    try:
        with session.acting(act, workflow=area):
            said = do()
    except NotFound:
        raise
    except DomainError as refusal:
        return again(refusal), refusal.status
    flash(said, "ok")
    return redirect(onward)


# Pages -------------------------------------------------------------------------------------------


@bp.get("/")
@login_required
def index():
    require_keeper()
    who = session.actor()
    runs = who.holds("sysadmin")
    broken = faults.listed(db.session, who.zone_id) if runs else []
    return render_template(
        "admin/index.html",
        who=who,
        faults=broken,
        steps=faults.LABELS,
        failed=figures.work_failed(db.session) if runs else 0,
        swept=due.last(db.session) if runs else None,
        silent=runs and due.silent(db.session, session.moment()),
        leapt=due.leapt(db.session, session.moment()) if runs else 0,
        coming=pending.within(db.session, who),
        numbers=session.settings()["reply_numbers"] != "own" and paper_numbers.seats(who),
    )


@bp.post("/retry")
@login_required
def retry():
    """Let the next run of the clock try again what has failed."""
    with session.acting("retry", workflow="calendar"):
        again = work.retry_sweep(db.session, session.actor(), session.moment())
    flash(_("%(n)s 件一分钟内再试。", n=again), "ok")
    return redirect(url_for("admin.index"))


@bp.get("/changes")
@login_required
def log():
    """Everything, for the auditor; others see the changes of what they keep on its pages."""
    who, before = session.actor(), request.args.get("before", "")
    if not who.holds("auditor"):
        raise Forbidden(
            "全部变更记录由审计管理员查看。", rule="keeper", house_rule=audit_log.SEPARATE.text
        )
    area = request.args.get("area") if request.args.get("area") in audit_log.AREAS else None
    if excel.wanted():
        return excel.answer(*listed.changes(who.zone_id, area))
    rows = audit_log.listed(
        db.session, who.zone_id, area, None, before if is_id(before) else None, 50
    )
    return render_template(
        "admin/changes.html",
        rows=rows,
        more=rows.more,
        area=area,
        areas=audit_log.AREAS,
        acts=audit_log.ACTS,
    )


@bp.get("/calendar")
@login_required
def days():
    if excel.wanted():
        year = _year()
        require_keeper()
        found = holidays.days_of(db.session, session.actor().zone_id, year)[1]
        return excel.answer(*listed.days(year, found))
    return _calendar()


def _year() -> int:
    asked = read_day(f"{request.args.get('year', '')}-01-01")
    return (asked or session.moment().today).year


def _calendar(
    refusal: DomainError | None = None, text: str = "", rows=(), moves: int = 0, lacking=None
) -> str:
    require_keeper()
    who, year = session.actor(), _year()
    published, known = holidays.days_of(db.session, who.zone_id, year)
    return render_template(
        "admin/calendar.html",
        year=year,
        published=published,
        days=known,
        refusal=refusal,
        text=text,
        rows=rows,
        moves=moves,
        lacking=lacking or {},
        kinds=holidays.KINDS,
        may=who.holds("sysadmin"),
        changes=audit_log.listed(db.session, who.zone_id, "calendar"),
        acts=audit_log.ACTS,
    )


@bp.post("/calendar")
@login_required
def import_days():
    """Show what a file of rest days would change; write it once the reader has seen that."""
    file, text = request.files.get("file"), request.form.get("text", "")
    named = bool(file and file.filename)
    if file and named:
        text = decoded(file.read(4 * FILE_MOST)) or ""
    sure = request.form.get("sure") == "1"
    heading = _("正在导入休息日") if sure else _("正在核对休息日")
    return progress.followed(heading, lambda stage: _import(text, named, sure, stage))


def _import(text: str, named: bool, sure: bool, stage):
    who, at = session.actor(), session.moment()
    try:
        with session.acting("import", workflow="calendar", trial=not sure):
            audit_log.require(db.session, who, "calendar", None)
            if named and not text:
                raise InvalidInput(
                    {"file": N_("这个文件不是 CSV。请在 Excel 里另存为 CSV 后再导入。")}
                )
            if len(text) > FILE_MOST:
                raise InvalidInput({"text": N_("内容太长，请只放休息日。")})
            found = holidays.read_csv(text.encode())
            done = rest_days.load(db.session, who.zone_id, found, who, at, stage)
    except DomainError as refusal:
        return _calendar(refusal, text), refusal.status
    if not sure:
        return _calendar(text=text, rows=done.fresh, moves=done.moved, lacking=done.lacking)
    flash(_("已导入 %(n)s 天，%(m)s 个主题党日随之调整。", n=done.days, m=done.moved), "ok")
    return redirect(url_for("admin.days"))


@bp.get("/units/<uuid:unit_id>/handover")
@login_required
def checklist(unit_id):
    """The 交接清单 of a unit as of a day, to print: for its own leaders and for those above it."""
    who, unit = session.actor(), db.session.get(Unit, str(unit_id))
    if (
        unit is None
        or unit.zone_id != who.zone_id
        or not any(unit.within(prefix) for prefix in who.business)
    ):
        raise NotFound()
    on = read_day(request.args.get("on", "")) or session.moment().today
    sheet = handover.checklist(
        db.session,
        unit,
        min(on, session.moment().today),
        session.moment().today,
        current_app.extensions["clock"],
    )
    return render_template("admin/handover.html", sheet=sheet)
