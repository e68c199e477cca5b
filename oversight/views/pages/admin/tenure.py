"""Pages of power: appointing, relieving, taking back, and what a roster proposes."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required

from oversight.base import typed
from oversight.base.db import db
from oversight.base.refusals import NotFound
from oversight.law.roles import ADMINISTRATORS, OFFICES, there_is
from oversight.models import Case, Person, Post, Unit
from oversight.register import audit_log, posts, proposals, tenure
from oversight.views import excel, session

from . import listed
from .office import bp, change, day, keeps, person_named, unit_of


@bp.get("/units/<uuid:unit_id>/posts")
@login_required
def post_list(unit_id):
    unit = unit_of(unit_id)
    if excel.wanted():
        return excel.answer(*listed.posts(unit, posts.of_unit(db.session, unit)))
    return _posts(unit)


def _posts(unit: Unit, refusal=None) -> str:
    today = session.moment().today
    held = posts.of_unit(db.session, unit)
    keeps_keepers = session.actor().holds("secadmin")
    offices = {
        key: label
        for key, label in OFFICES.items()
        if there_is(key, unit.kind) and (keeps_keepers or key not in ADMINISTRATORS)
    }
    return render_template(
        "admin/posts.html",
        unit=unit,
        refusal=refusal,
        held=held,
        offered=offices,
        form=request.form,
        today_is=today,
        may=keeps(unit, "posts"),
        released=unit.kind in tenure.RELEASED,
        outside=not session.actor().holds(*ADMINISTRATORS),
        undoable=tenure.undoable,
        people=posts.candidates(
            db.session,
            unit,
            session.actor(),
            typed.line(request.values.get("find", ""))[:60],
            request.form.get("person"),
        ),
        acts=audit_log.ACTS,
        changes=audit_log.listed(db.session, unit.zone_id, "posts", unit.id),
    )


def _changed(unit_id, act: str, do):
    """Make a change of a unit's posts, or show its page again with what is wrong."""
    again = url_for("admin.post_list", unit_id=unit_id)
    return change("posts", act, do, lambda refusal: _posts(unit_of(unit_id), refusal), again)


@bp.post("/units/<uuid:unit_id>/posts")
@login_required
def appoint(unit_id):
    unit = unit_of(unit_id)

    def do() -> str:
        one, office = _chosen(), request.form.get("office", "")
        days = day("from_on", "起"), day("to_on", "止", required=False)
        seat = tenure.Seat(unit, one, office, *days)
        made = tenure.appoint(db.session, seat, session.actor(), session.moment())
        if not isinstance(made, Case):
            return _("%(name)s已任职。", name=one.name)
        if made.workflow == "appointment":
            return _("已提出由%(name)s任职，另一名管理员放行后生效。", name=one.name)
        return _("已提出由%(name)s任职，他所在单位同意后生效。", name=one.name)

    return _changed(unit_id, "appoint", do)


def _chosen() -> Person:
    """Return who is to hold a post: chosen within reach, or named from without."""
    name = request.form.get("name", "").strip()
    if not name:
        return person_named("person")
    return posts.named(db.session, session.actor(), name, request.form.get("of_unit", ""))


def _post(post_id) -> Post:
    """Return a post of a unit that the reader keeps or sees. Raises NotFound."""
    post = db.session.get(Post, str(post_id))
    if post is None or not unit_of(post.unit_id):
        raise NotFound()
    return post


@bp.post("/posts/<uuid:post_id>/end")
@login_required
def end_post(post_id):
    post = _post(post_id)

    def do() -> str:
        last = day("last", "最后一天")
        freed = tenure.end(db.session, post, last, session.actor(), session.moment())
        return _("职务已登记结束，%(n)s 件未办事项随职务移交。", n=freed)

    return _changed(post.unit_id, "end_post", do)


@bp.post("/posts/<uuid:post_id>/<any(undo_begin, undo_end):what>")
@login_required
def undo_post(post_id, what):
    post = _post(post_id)
    unit_id, name = post.unit_id, db.session.get(Person, post.person_id).name

    def do() -> str:
        undo, why = getattr(tenure, what), request.form.get("why", "")
        undo(db.session, post, why, session.actor(), session.moment())
        return _("%(name)s的登记已收回。", name=name)

    return _changed(unit_id, what, do)


# What a roster proposes ---------------------------------------------------------------------------


@bp.get("/proposals")
@login_required
def proposal_list():
    if excel.wanted():
        return excel.answer(*listed.proposals(proposals.every(db.session, session.actor())))
    return _proposals()


def _proposals(refusal=None) -> str:
    rows, count = proposals.waiting(db.session, session.actor())
    return render_template(
        "admin/proposals.html", rows=rows, count=count, refusal=refusal, form=request.form
    )


@bp.post("/proposals/<any(confirm, decline):what>")
@login_required
def decide_proposals(what):
    def do() -> str:
        ids, who, at = set(request.form.getlist("proposal")), session.actor(), session.moment()
        if what == "confirm":
            return _("已确认 %(n)s 项任免。", n=proposals.confirm(db.session, ids, who, at))
        why = request.form.get("why", "")
        return _("已退回 %(n)s 项任免。", n=proposals.decline(db.session, ids, why, who, at))

    proposals.entitled(session.actor())
    return change("posts", what, do, _proposals, url_for("admin.proposal_list"))
