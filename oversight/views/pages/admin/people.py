"""Pages of people and posts: members of a branch, who holds which post, and who stands in for whom."""

from __future__ import annotations

from collections import Counter

import sqlalchemy as sa
from flask import render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required

from oversight import workflows
from oversight.base.db import db, is_id
from oversight.base.refusals import NotFound
from oversight.engine import authority
from oversight.law.roles import ADMINISTRATORS, NO_BUSINESS, OFFICES, SUPERIOR
from oversight.models import Person, Post, Substitution, Unit
from oversight.organization.members import members
from oversight.register import audit_log, posts
from oversight.register import members as people
from oversight.views import session

from .office import bp, change, day, in_reach, keeps, person_named, unit_named, unit_of
from .units import tree

# Members -----------------------------------------------------------------------------------------


@bp.get("/units/<uuid:unit_id>/people")
@login_required
def people_list(unit_id):
    return _people(unit_of(unit_id))


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
            day("on", "起"),
            session.actor(),
            session.moment(),
            day("joined_on", "入党日期", required=False),
        )
        return _("%(name)s已转入。", name=made.name)

    return change(
        do,
        lambda refusal: _people(unit_of(unit_id), refusal),
        url_for("admin.people_list", unit_id=unit_id),
    )


def _member(person_id) -> tuple[Person, Unit]:
    """Return a member and his branch, where the reader keeps it or sees it. Raises NotInSight."""
    person = db.session.get(Person, str(person_id))
    branch = people.branch_of(db.session, person, session.moment().today) if person else None
    if branch is None:
        raise NotFound()
    return person, unit_of(branch.id)


@bp.get("/people/<uuid:person_id>")
@login_required
def person(person_id):
    return _person(*_member(person_id))


def _person(one: Person, unit: Unit, refusal=None) -> str:
    return render_template(
        "admin/person.html",
        one=one,
        unit=unit,
        refusal=refusal,
        form=request.form,
        flags=people.FLAGS,
        left=people.LEFT,
        may=keeps(unit, "people"),
        effects=people.effects(db.session, one, session.moment().today),
        branches=[row for row in tree() if row.kind == "branch" and row.id != unit.id],
        acts=audit_log.ACTS,
        changes=audit_log.listed(db.session, one.zone_id, about_id=one.id),
        group=people.groups_of(db.session, unit, session.moment().today).get(one.id),
    )


@bp.post("/people/<uuid:person_id>/<any(transfer, gone, flags):what>")
@login_required
def change_person(person_id, what):
    one, unit = _member(person_id)
    who, at = session.actor(), session.moment()

    def do() -> str:
        if what == "transfer":
            people.transfer(db.session, one, in_reach(unit_named("unit")), day("on", "起"), who, at)
        elif what == "gone":
            people.gone(db.session, one, request.form.get("why", ""), day("on", "日期"), who, at)
        else:
            people.set_flags(db.session, one, set(request.form.getlist("flag")), who, at)
        return _("%(name)s的情况已登记。", name=one.name)

    return change(
        do,
        lambda refusal: _person(*_member(person_id), refusal),
        url_for("admin.people_list", unit_id=unit.id),
    )


# Posts -------------------------------------------------------------------------------------------


@bp.get("/units/<uuid:unit_id>/posts")
@login_required
def post_list(unit_id):
    return _posts(unit_of(unit_id))


def _posts(unit: Unit, refusal=None) -> str:
    today = session.moment().today
    held = db.session.execute(
        sa.select(Post, Person)
        .join(Person, Person.id == Post.person_id)
        .where(Post.unit_id == unit.id)
        .order_by(Post.to_on.is_not(None), Post.from_on.desc(), Post.id)
    ).all()
    offices = {
        key: label
        for key, label in OFFICES.items()
        if key not in ADMINISTRATORS or unit.kind == "zone" and session.actor().holds("secadmin")
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
        people=_candidates(unit),
        acts=audit_log.ACTS,
        changes=audit_log.listed(db.session, unit.zone_id, "posts", unit.id),
    )


def _candidates(unit: Unit) -> list[Person]:
    """Return who can be chosen: members of the branch, holders of posts around the unit, and
    whoever was looked for.
    """
    today, find = session.moment().today, request.values.get("find", "").strip()[:60]
    living = sa.select(Person).where(Person.zone_id == unit.zone_id, Person.left_on.is_(None))
    near = living.join(Post, Post.person_id == Person.id).where(
        Post.unit_id.in_([unit.id, *unit.ancestors()]), authority.in_office(today)
    )
    named = (
        living.where(Person.name.contains(find, autoescape=True))
        if find
        else living.where(sa.false())
    )
    chosen = (
        living.where(Person.id == request.form["person"])
        if is_id(request.form.get("person"))
        else named
    )
    found = [*members(db.session, unit.id, today)]
    for query in (near, named, chosen):
        found += db.session.scalars(query.order_by(Person.name, Person.id).limit(100))
    return list({one.id: one for one in found}.values())


@bp.post("/units/<uuid:unit_id>/posts")
@login_required
def appoint(unit_id):
    unit = unit_of(unit_id)

    def do() -> str:
        one = person_named("person")
        posts.appoint(
            db.session,
            unit,
            one,
            request.form.get("office", ""),
            day("from_on", "起"),
            session.actor(),
            session.moment(),
            day("to_on", "止", required=False),
        )
        return _("%(name)s已任职。", name=one.name)

    return change(
        do,
        lambda refusal: _posts(unit_of(unit_id), refusal),
        url_for("admin.post_list", unit_id=unit_id),
    )


@bp.post("/posts/<uuid:post_id>/end")
@login_required
def end_post(post_id):
    post = db.session.get(Post, str(post_id))
    unit = unit_of(post.unit_id) if post else in_reach(None)

    def do() -> str:
        freed = posts.end(
            db.session, post, day("last", "最后一天"), session.actor(), session.moment()
        )
        return _("职务已登记结束，%(n)s 件未办事项随职务移交。", n=freed)

    return change(
        do,
        lambda refusal: _posts(unit_of(unit.id), refusal),
        url_for("admin.post_list", unit_id=unit.id),
    )


# Acting ------------------------------------------------------------------------------------------


@bp.get("/acting")
@login_required
def acting_list():
    """For everybody who holds a post: who stands in for whom in his units, and giving his own post
    away for a time.
    """
    return _acting()


def _acting(refusal=None) -> str:
    who, today = session.actor(), session.moment().today
    units = [unit for unit in tree() if unit.kind != "group"] if who.posts else []
    rows = posts.actings(db.session, [unit.id for unit in units], today)
    mine = [post for post in who.posts if post.office not in NO_BUSINESS]
    empty = _vacant(units)
    seats = {post.unit_id for post in mine} | {unit.id for unit, _office in empty}
    return render_template(
        "admin/acting.html",
        who=who,
        rows=rows,
        mine=mine,
        empty=empty,
        refusal=refusal,
        people=_stand_ins(seats),
        workflows=workflows.offered(session.settings()),
        form=request.form,
    )


def _stand_ins(units: set[str]) -> list[Person]:
    """Return those who could stand in: who serve in these units or belong to these branches."""
    today = session.moment().today
    found = {one.id: one for unit_id in units for one in members(db.session, unit_id, today)}
    rows = db.session.scalars(
        sa.select(Person)
        .join(Post, Post.person_id == Person.id)
        .where(Post.unit_id.in_(units), authority.in_office(today))
    )
    found |= {one.id: one for one in rows}
    found.pop(session.actor().id, None)
    return sorted(found.values(), key=lambda one: (one.name, one.id))


def _vacant(units: list[Unit]) -> list[tuple[Unit, str]]:
    """Return the seats that nobody holds in units below the reader: secretary, and officer above
    branches.
    """
    who, today = session.actor(), session.moment().today
    led = [
        post.unit
        for post in who.posts
        if post.office in SUPERIOR.ranks[0] and post.unit.kind != "branch"
    ]
    below = [
        unit for unit in units if any(unit.within(top.path) and unit.id != top.id for top in led)
    ][:200]
    held = {
        (unit_id, office)
        for unit_id, office in db.session.execute(
            sa.select(Post.unit_id, Post.office).where(
                Post.unit_id.in_([unit.id for unit in below]), authority.in_office(today)
            )
        )
    }
    seats = [(unit, "secretary") for unit in below] + [
        (unit, "officer") for unit in below if unit.kind != "branch"
    ]
    return [(unit, office) for unit, office in seats if (unit.id, office) not in held]


@bp.post("/acting")
@login_required
def give_acting():
    def do() -> str:
        unit_id, _colon, office = request.form.get("seat", "").partition(":")
        unit = in_reach(db.session.get(Unit, unit_id) if is_id(unit_id) else None)
        one = person_named("person")
        posts.give(
            db.session,
            unit,
            office,
            one,
            day("from_on", "起"),
            day("to_on", "止"),
            request.form.get("reason", ""),
            session.actor(),
            session.moment(),
            request.form.get("workflow") or None,
        )
        return _("%(name)s已被指定为代理。", name=one.name)

    return change(do, _acting, url_for("admin.acting_list"))


@bp.post("/acting/<uuid:acting_id>/end")
@login_required
def end_acting(acting_id):
    row = db.session.get(Substitution, str(acting_id))
    in_reach(row.unit if row else None)

    def do() -> str:
        posts.take_back(db.session, row, session.actor(), session.moment())
        return _("代理已结束。")

    return change(do, _acting, url_for("admin.acting_list"))
