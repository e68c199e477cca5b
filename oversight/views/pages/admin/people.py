"""Pages of people: members of a branch, and who stands in for whom."""

from __future__ import annotations

from collections import Counter

from flask import render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required

from oversight import workflows
from oversight.base.db import db, find
from oversight.base.refusals import NotFound
from oversight.base.rows import ids_of
from oversight.base.sentences import N_
from oversight.law.roles import NO_BUSINESS
from oversight.models import Person, Substitution, Unit
from oversight.organization.members import members
from oversight.register import audit_log, leaving, posts, tenure
from oversight.register import members as people
from oversight.views import excel, present, session
from oversight.views.forms import FIND, Choice
from oversight.views.pages import listed

from . import listed as lists
from .office import bp, change, day, in_reach, keeps, person_named, unit_named, unit_of
from .units import tree

# Members -----------------------------------------------------------------------------------------


@bp.get("/units/<uuid:unit_id>/people")
@login_required
def people_list(unit_id):
    unit, today = unit_of(unit_id), session.moment().today
    if excel.wanted():
        rows, groups = (
            members(db.session, unit.id, today),
            people.groups_of(db.session, unit, today),
        )
        return excel.answer(*listed.people(unit, rows, groups, people.FLAGS))
    return _people(unit)


def _people(unit: Unit, refusal=None) -> str:
    groups = people.groups_of(db.session, unit, session.moment().today)
    return render_template(
        "admin/people.html",
        unit=unit,
        refusal=refusal,
        form=request.form,
        may=keeps(unit, "people"),
        people=members(db.session, unit.id, session.moment().today),
        flags=people.FLAGS,
        coming=people.coming(db.session, unit, session.moment().today),
        gone=leaving.recent(db.session, unit, session.moment().today),
        fates=leaving.LEFT,
        groups=groups,
        sizes=list(Counter(groups.values()).items()),
    )


@bp.post("/units/<uuid:unit_id>/people")
@login_required
def join(unit_id):
    unit = unit_of(unit_id)

    def do() -> str:
        made = people.join(
            db.session,
            unit,
            request.form.get("name", ""),
            day("on", N_("起")),
            session.actor(),
            session.moment(),
            day("joined_on", N_("入党日期"), required=False, first=people.FIRST.year),
        )
        return _("%(name)s已转入。", name=made.name)

    return change(
        "people",
        "transfer_in",
        do,
        lambda refusal: _people(unit_of(unit_id), refusal),
        url_for("admin.people_list", unit_id=unit_id),
    )


def _member(person_id) -> tuple[Person, Unit]:
    """Return a member and his branch, where the reader keeps it or sees it. Raises NotFound."""
    person = db.session.get(Person, str(person_id))
    today = session.moment().today
    branch = people.branch_of(db.session, person, today) if person else None
    later = people.pending(db.session, person, today) if person and branch is None else None
    if branch is None and later is None:
        raise NotFound()
    return person, unit_of(branch.id if branch else later.unit_id)


@bp.get("/people/<uuid:person_id>")
@login_required
def person(person_id):
    return _person(*_member(person_id))


def _person(one: Person, unit: Unit, refusal=None) -> str:
    later = people.pending(db.session, one, session.moment().today)
    return render_template(
        "admin/person.html",
        one=one,
        unit=unit,
        refusal=refusal,
        form=request.form,
        flags=people.FLAGS,
        left=leaving.LEFT,
        may=keeps(unit, "people"),
        later=later,
        posts=tenure.held(db.session, one.id, session.moment().today),
        came=people.came_from(db.session, one, session.moment().today),
        to=db.session.get(Unit, later.unit_id) if later else None,
        effects=people.effects(db.session, one, session.moment().today),
        branches=present.picks(_others(unit), request.form.get("unit")),
        acts=audit_log.ACTS,
        changes=audit_log.listed(db.session, one.zone_id, about_id=one.id),
        group=people.groups_of(db.session, unit, session.moment().today).get(one.id),
    )


def _others(unit: Unit) -> list[Choice]:
    """Return the branches to which a member of this one can be transferred."""
    found = [row for row in tree() if row.kind == "branch" and row.id != unit.id]
    return present.choices_of(found)


@bp.post("/people/<uuid:person_id>/<any(transfer, take_back, gone, flags, correct):what>")
@login_required
def change_person(person_id, what):
    one, unit = _member(person_id)
    if request.form.get("then") == FIND:
        return _person(one, unit)
    who, at = session.actor(), session.moment()

    def do() -> str:
        sure = request.form.get("sure") == "1"
        if what == "transfer":
            to, on = in_reach(unit_named("unit")), day("on", N_("起"))
            people.transfer(db.session, one, to, on, who, at, sure)
        elif what == "take_back":
            people.take_back(db.session, one, request.form.get("why", ""), who, at)
        elif what == "correct":
            joined = day("joined_on", N_("入党日期"), required=False, first=people.FIRST.year)
            known = people.Known(request.form.get("name", ""), request.form.get("number"), joined)
            people.correct(db.session, one, known, request.form.get("why", ""), who, at)
        elif what == "gone":
            why, on = request.form.get("why", ""), day("on", N_("日期"))
            leaving.gone(db.session, one, why, on, who, at, sure)
        else:
            people.set_flags(db.session, one, set(request.form.getlist("flag")), who, at)
        return _("%(name)s的情况已登记。", name=one.name)

    return change(
        "people",
        what,
        do,
        lambda refusal: _person(*_member(person_id), refusal),
        url_for("admin.people_list", unit_id=unit.id),
    )


@bp.post("/units/<uuid:unit_id>/people/<uuid:person_id>/undo_left")
@login_required
def undo_left(unit_id, person_id):
    unit, one = unit_of(unit_id), db.session.get(Person, str(person_id))
    if one is None or one.zone_id != unit.zone_id:
        raise NotFound()

    def do() -> str:
        why = request.form.get("why", "")
        leaving.take_back(db.session, one, why, session.actor(), session.moment())
        return _("%(name)s的离开登记已收回。", name=one.name)

    return change(
        "people",
        "undo_left",
        do,
        lambda refusal: _people(unit_of(unit_id), refusal),
        url_for("admin.people_list", unit_id=unit_id),
    )


# Acting ------------------------------------------------------------------------------------------


@bp.get("/acting")
@login_required
def acting_list():
    """For everybody who holds a post: who stands in for whom in his units, and giving his own post
    away for a time.
    """
    if excel.wanted():
        return excel.answer(*lists.acting(_stand_ins(_within())))
    return _acting()


def _within() -> list[Unit]:
    """Return the units in which the reader may learn who stands in for whom."""
    return [unit for unit in tree() if unit.kind != "group"] if session.actor().posts else []


def _stand_ins(units: list[Unit]) -> list[Substitution]:
    return posts.actings(db.session, ids_of(units), session.moment().today)


def _acting(refusal=None) -> str:
    who, units = session.actor(), _within()
    rows = _stand_ins(units)
    mine = [post for post in who.posts if post.office not in NO_BUSINESS]
    vacant = {
        f"{unit.id}:{office}": (unit, office)
        for unit, office in posts.vacant(db.session, who, units)
    }
    named = [Choice(key, unit.name) for key, (unit, _office) in vacant.items()]
    free = present.picks(named, request.form.get("seat"))
    empty = [vacant[one.id] for one in free.rows]
    seats = {post.unit_id for post in mine} | {unit.id for unit, _office in empty}
    return render_template(
        "admin/acting.html",
        who=who,
        rows=rows,
        mine=mine,
        empty=empty,
        free=free,
        refusal=refusal,
        people=posts.stand_ins(db.session, seats, who),
        workflows=workflows.offered(session.settings()),
        form=request.form,
    )


@bp.post("/acting")
@login_required
def give_acting():
    if request.form.get("then") == FIND:
        return _acting()

    def do() -> str:
        unit_id, _colon, office = request.form.get("seat", "").partition(":")
        unit = in_reach(find(db.session, Unit, unit_id))
        one = person_named("person")
        posts.give(
            db.session,
            unit,
            office,
            one,
            day("from_on", N_("起")),
            day("to_on", N_("止")),
            request.form.get("reason", ""),
            session.actor(),
            session.moment(),
            request.form.get("workflow") or None,
        )
        return _("%(name)s已被指定为代理。", name=one.name)

    return change("acting", "give", do, _acting, url_for("admin.acting_list"))


@bp.post("/acting/<uuid:acting_id>/end")
@login_required
def end_acting(acting_id):
    row = db.session.get(Substitution, str(acting_id))
    in_reach(row.unit if row else None)

    def do() -> str:
        posts.take_back(db.session, row, session.actor(), session.moment())
        return _("代理已结束。")

    return change("acting", "end", do, _acting, url_for("admin.acting_list"))
