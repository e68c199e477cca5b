"""Pages of units: the tree, founding, renaming, and merging, splitting or moving with what passes
to whom.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required

from oversight.base import typed
from oversight.base.db import db
from oversight.base.refusals import DomainError, InvalidInput, NotFound
from oversight.base.rows import ids_of
from oversight.base.sentences import N_
from oversight.models import Reorganization, Unit
from oversight.models.organizations import CATEGORIES, UNIT_KINDS
from oversight.organization.members import members
from oversight.organization.units import outline, page_of
from oversight.register import audit_log, founding, reorganize, reorganized, sheets, units
from oversight.views import excel, present, session
from oversight.views.forms import FIND
from oversight.views.present import ymd

from . import listed
from .office import bp, change, day, in_reach, keeps, require_keeper, unit_named, unit_of

KINDS = {"merge": N_("并入其他支部"), "split": N_("分设新支部"), "move": N_("划转到另一上级")}


@bp.get("/units")
@login_required
def unit_list():
    require_keeper()
    name = typed.line(request.args.get("q", ""))[:80]
    if excel.wanted():
        return excel.answer(*listed.places(_listed(name)))
    page = page_of(db.session, _listed(name), request.args.get("cursor", ""))
    return render_template(
        "admin/units.html", page=page, name=name, kinds=UNIT_KINDS, categories=CATEGORIES
    )


def _listed(name: str) -> list[str]:
    """Return the ids of what `tree` lists, without groups; `name` is a part of theirs."""
    who = session.actor()
    rows = outline(db.session, who.zone_id)
    order = {row.id: (row.sort, row.id) for row in rows}
    keeps_all = who.holds("sysadmin", "secadmin", "auditor")
    seen = [
        row
        for row in rows
        if (keeps_all or row.path.startswith(who.sight))
        and row.kind != "group"
        and name in row.name
    ]
    seen.sort(key=lambda row: [order.get(one, (0, one)) for one in row.path.strip("/").split("/")])
    return ids_of(seen)


def tree() -> list[Unit]:
    """Return the units that the reader keeps or sees, each below its superior."""
    return units.tree(db.session, session.actor())


@bp.get("/units/<uuid:unit_id>")
@login_required
def unit(unit_id):
    return _page(unit_of(unit_id))


def _page(found: Unit, refusal=None) -> str:
    who = session.actor()
    above = audit_log.answers_for(db.session, who, found)
    return render_template(
        "admin/unit.html",
        unit=found,
        refusal=refusal,
        kinds=UNIT_KINDS,
        categories=CATEGORIES,
        below=units.BELOW.get(found.kind, ()),
        may=keeps(found, "units"),
        may_found=keeps(found if found.kind != "zone" else None, "units"),
        above=above,
        reorganizing=KINDS if above and found.kind == "branch" else {},
        reorganized=reorganized.of_unit(db.session, found),
        target=partial(reorganize.target, db.session),
        what=reorganize.WHAT,
        acts=audit_log.ACTS,
        changes=audit_log.listed(db.session, found.zone_id, about_id=found.id),
        form=request.form,
        **_entering(found),
    )


def _entering(found: Unit) -> dict:
    """Return what the page shows of how a branch's records come in."""
    if found.kind != "branch":
        return {}
    who = units.recorders(db.session, found, session.moment().today)
    chosen = found.recorder_id or (units.SUPERIOR_ENTERS if found.proxied_from else "")
    return {"recorders": who, "recorder": chosen}


@bp.post("/units/<uuid:unit_id>/begin")
@login_required
def begin(unit_id):
    found = unit_of(unit_id)

    def do() -> str:
        units.start_using(
            db.session, found, day("begins", N_("启用日期")), session.actor(), session.moment()
        )
        return _("启用日期已定为%(day)s。", day=ymd(found.accountable_from))

    return _unit_change(unit_id, "begin", do)


@bp.post("/units/<uuid:unit_id>/recorder")
@login_required
def recorder(unit_id):
    found = unit_of(unit_id)

    def do() -> str:
        chosen = request.form.get("recorder", "")
        units.let_enter(db.session, found, chosen, session.actor(), session.moment())
        return _("已设定：%(who)s。", who=_(units.recorded_by(db.session, found)))

    return _unit_change(unit_id, "recorder", do)


def _unit_change(unit_id, act: str, do: Callable[[], str]):
    return change(
        "units",
        act,
        do,
        lambda refusal: _page(unit_of(unit_id), refusal),
        url_for("admin.unit", unit_id=unit_id),
    )


@bp.post("/units/<uuid:unit_id>/rename")
@login_required
def rename(unit_id):
    found = unit_of(unit_id)

    def do() -> str:
        units.rename(
            db.session, found, request.form.get("name", ""), session.actor(), session.moment()
        )
        return _("已更名为%(name)s。", name=found.name)

    return _unit_change(unit_id, "rename", do)


@bp.post("/units/<uuid:unit_id>/found")
@login_required
def found_unit(unit_id):
    parent = unit_of(unit_id)

    def do() -> str:
        on = day("on", N_("起"))
        try:
            row = founding.ask(
                db.session,
                parent,
                request.form.get("kind", ""),
                request.form.get("new_name", ""),
                on,
                session.actor(),
                session.moment(),
                request.form.get("category") or None,
            )
        except (
            InvalidInput
        ) as refusal:  # beside it on the page stands the form that renames the parent
            raise InvalidInput(
                {
                    "new_name" if name == "name" else name: said
                    for name, said in refusal.fields.items()
                }
            ) from refusal
        if row.pending:
            return _("已登记，%(day)s起生效；在这以前可以改期或收回。", day=ymd(row.day))
        return _("已设立%(name)s。", name=row.name)

    return change(
        "units",
        "found",
        do,
        lambda refusal: _page(unit_of(unit_id), refusal),
        url_for("admin.unit", unit_id=unit_id),
    )


# Merging, splitting, moving ----------------------------------------------------------------------


@bp.route("/units/<uuid:unit_id>/<any(merge, split, move):kind>", methods=["GET", "POST"])
@login_required
def reorganize_unit(unit_id, kind):
    """Ask, show what passes to whom, and only then do it."""
    found = unit_of(unit_id)
    if request.method == "GET":  # what is sent is refused where the refusal is kept
        reorganize.answered_from_above(db.session, found, session.actor())
    if request.method == "GET" or request.form.get("then") == FIND:
        return _reorganize(found, kind)
    if request.form.get("sure") != "1":
        return _preview(found, kind)

    def do() -> str:
        row = _carry_out(found, kind)
        if row.pending:
            return _("已登记，%(day)s起生效；在这以前可以改期或收回。", day=ymd(row.day))
        return _("已办理：%(unit)s%(what)s。", unit=found.name, what=_(KINDS[kind]))

    return change(
        "units",
        kind,
        do,
        lambda refusal: _reorganize(unit_of(unit_id), kind, refusal),
        url_for("admin.unit", unit_id=unit_id),
    )


def _preview(found: Unit, kind: str):
    """Do it and take it back: what would be refused is refused now."""
    seen = units.preview(db.session, found)
    said: dict[str, Any] = {
        "members": seen.members,
        "posts": seen.posts,
        "inherited": len(seen.inherited),
        "ended": len(seen.ended),
    }
    on = day("on", N_("起")) if kind == "split" else None
    if on is not None:
        people = request.form.getlist("people")
        said["sheets"] = sheets.affected(db.session, found.id, people, on)
    try:
        with session.acting(kind, workflow="units", trial=True):
            _carry_out(found, kind)
    except NotFound:
        raise
    except DomainError as refusal:
        return _reorganize(unit_of(found.id), kind, refusal), refusal.status
    return _reorganize(unit_of(found.id), kind, preview=said)


def _carry_out(found: Unit, kind: str) -> Reorganization:
    who, at, on = session.actor(), session.moment(), day("on", N_("起"))
    if kind == "split":
        name, people = request.form.get("name", ""), request.form.getlist("people")
        return reorganize.split(db.session, found, name, people, on, who, at)
    other = in_reach(unit_named("into"))
    if kind == "merge":
        return reorganize.merge(db.session, [found], other, on, who, at)[0]
    return reorganize.move(db.session, found, other, on, who, at)


@bp.post("/reorganizations/<uuid:change_id>/<any(redate, take_back):what>")
@login_required
def change_reorganization(change_id, what):
    """Put a merger, split or move to another day, or take it back."""
    row = db.session.get(Reorganization, str(change_id))
    unit_id = unit_of(row.unit_id if row else None).id

    def do() -> str:
        who, at, why = session.actor(), session.moment(), request.form.get("why", "")
        if what == "redate":
            reorganized.redate(db.session, row, day("on", N_("起")), why, who, at)
            return _("生效日期已改。")
        reorganized.take_back(db.session, row, why, who, at)
        return _("已收回。")

    return change(
        "units",
        what,
        do,
        lambda refusal: _page(unit_of(unit_id), refusal),
        url_for("admin.unit", unit_id=unit_id),
    )


def _reorganize(found: Unit, kind: str, refusal=None, preview: dict | None = None) -> str:
    wanted = ("branch",) if kind == "merge" else ("zone", "town", "department", "middle")
    others = [
        one for one in tree() if one.kind in wanted and one.id not in (found.id, found.parent_id)
    ]
    if kind == "merge":
        others = [one for one in tree() if one.kind == "branch" and one.id != found.id]
    return render_template(
        "admin/reorganize.html",
        unit=found,
        kind=kind,
        label=KINDS[kind],
        others=present.picks(present.choices_of(others), request.form.get("into")),
        refusal=refusal,
        preview=preview,
        people=members(db.session, found.id, session.moment().today) if kind == "split" else (),
        form=request.form,
    )
