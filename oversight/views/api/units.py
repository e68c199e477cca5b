"""What is in the reader's subtree: units, their members, activities and party days. Read only.

A unit's lists tell of the unit and of everything below it; visibility is in the WHERE.
"""

from __future__ import annotations

import sqlalchemy as sa

from oversight.base.db import db
from oversight.base.refusals import InvalidInput, NotFound
from oversight.calendar import party_days as activities
from oversight.calendar import zone
from oversight.engine.authority import is_member
from oversight.engine.sight import at_seat, in_sight
from oversight.ledger import attendance
from oversight.models import Activity, Case, Membership, Person, Unit, WorkItem
from oversight.views.pages import phone
from oversight.views.session import actor, by_token, moment

from . import http, shapes
from .http import answer, bp, page
from .shapes import day, named


def in_reach(who):
    """Return the condition on units that the reader belongs to or stands above."""
    return _under(who, who.sight)


def kept(who):
    """Return the condition on units that the reader may know of: administrators keep units, not
    their business.
    """
    return _under(who, [*who.sight, *(post.unit.path for post in who.posts)])


def _under(who, prefixes):
    paths = [Unit.path.startswith(prefix, autoescape=True) for prefix in dict.fromkeys(prefixes)]
    return sa.and_(Unit.zone_id == who.zone_id, sa.or_(sa.false(), *paths))


def below(row: Unit):
    return Unit.path.startswith(row.path, autoescape=True)


def unit_in_reach(unit_id, within=in_reach) -> Unit:
    """Return a unit. Raises NotInSight."""
    row = db.session.scalar(sa.select(Unit).where(Unit.id == str(unit_id), within(actor())))
    if row is None:
        raise NotFound()
    return row


def _from_cursor(statement, order: tuple, model):
    """Go on after the row that the cursor names, in the statement's order and sight.

    Raises WordsWrong.
    """
    mark = http.cursor()
    if mark is None:
        return statement.order_by(*order)
    last = db.session.execute(statement.with_only_columns(*order).where(model.id == mark)).first()
    if last is None:
        raise InvalidInput({"cursor": "翻页标记无效，请从第一页开始。"})
    return statement.where(
        sa.tuple_(*order)
        > sa.tuple_(
            *(sa.literal(value, column.type) for value, column in zip(last, order, strict=True))
        )
    ).order_by(*order)


# Units -------------------------------------------------------------------------------------------


@bp.get("/units")
@by_token
def units():
    who, size = actor(), http.limit()
    own = [post.unit_id for post in who.posts] + ([who.branch.id] if who.branch else [])
    order = (sa.case((Unit.id.in_(own), 0), else_=1), sa.func.length(Unit.path), Unit.sort, Unit.id)
    rows = list(
        db.session.scalars(
            _from_cursor(sa.select(Unit).where(kept(who)), order, Unit).limit(size + 1)
        )
    )
    above = _parents(rows)
    return page(rows, size, lambda row: shapes.unit(row, above.get(row.parent_id)))


def _parents(rows: list[Unit]) -> dict[str, Unit]:
    ids = {row.parent_id for row in rows if row.parent_id}
    return {row.id: row for row in db.session.scalars(sa.select(Unit).where(Unit.id.in_(ids)))}


@bp.get("/units/<uuid:unit_id>")
@by_token
def unit(unit_id):
    row = unit_in_reach(unit_id, kept)
    return answer(shapes.unit(row, db.session.get(Unit, row.parent_id) if row.parent_id else None))


@bp.get("/units/<uuid:unit_id>/members")
@by_token
def members(unit_id):
    who, size, top = actor(), http.limit(), unit_in_reach(unit_id)
    there = Membership.group_id == top.id if top.kind == "group" else below(top)
    statement = (
        sa.select(Membership, Person, Unit)
        .join(Person, Person.id == Membership.person_id)
        .join(Unit, Unit.id == Membership.unit_id)
        .where(in_reach(who), there, is_member(moment().today), Person.left_on.is_(None))
    )
    order = (Unit.path, Membership.sort, Membership.id)
    rows = db.session.execute(_from_cursor(statement, order, Membership).limit(size + 1)).all()
    leads = tuple(post.unit.path for post in who.posts)
    return page(
        rows,
        size,
        mark=lambda row: row.Membership.id,
        shape=lambda row: shapes.member(
            row.Person, row.Unit, row.Unit.path.startswith(leads), phone.masked(row.Person)
        ),
    )


# Activities and party days -----------------------------------------------------------------------


@bp.get("/units/<uuid:unit_id>/activities")
@by_token
def unit_activities(unit_id):
    size, top, year = http.limit(), unit_in_reach(unit_id), http.year(moment().today.year)
    statement = (
        sa.select(Activity, Unit)
        .join(Unit, Unit.id == Activity.unit_id)
        .where(in_reach(actor()), below(top), Activity.year == year)
    )
    order = (Unit.path, Activity.month, Activity.kind, Activity.id)
    rows = db.session.execute(_from_cursor(statement, order, Activity).limit(size + 1)).all()
    counted = attendance.counts(db.session, [row.Activity.id for row in rows])
    how = activities.moved_how(db.session, [row.Activity for row in rows])
    return page(
        rows,
        size,
        lambda row: _activity(row.Activity, row.Unit, counted, how),
        mark=lambda row: row.Activity.id,
    )


def _activity(row: Activity, branch: Unit, counted: dict, how: dict) -> dict:
    return {
        "id": row.id,
        "unit": named(branch),
        "year": row.year,
        "month": row.month,
        **title_and_status(row),
        "on": day(row.day),
        "rule_day": day(_rule_day(branch, row)),
        "held_on": day(row.held_on),
        "moved_how": how.get(row.id),
        **_turnout(counted.get(row.id)),
    }


def title_and_status(row: Activity) -> dict:
    """Return what an activity is called and how it stands."""
    name = f"{row.month}月主题党日" if row.kind == "party_day" else "“七一”活动"
    return {"name": name, "status": _status(row.unit, row)}


def _turnout(count: attendance.Count | None) -> dict:
    """Return who came, by class, and how many make-ups are open; nulls where nothing is recorded."""
    return {
        "attendance": count.classes if count else None,
        "open_make_ups": count.open if count else None,
    }


def _status(branch: Unit, row: Activity) -> str:
    """Say how a party day stands; a day that somebody consented to or chose is not provisional."""
    guess = (
        row.rule_day is not None
        and not row.moved_by
        and zone.rule_for(db.session, branch, row.year, row.month).provisional
    )
    stands = activities.status(row, moment().today, guess)
    return "moved" if stands == "planned" and _rule_day(branch, row) != row.rule_day else stands


@bp.get("/units/<uuid:unit_id>/party-days")
@by_token
def party_days(unit_id):
    branch, year = unit_in_reach(unit_id), http.year(moment().today.year)
    if branch.kind != "branch":
        raise NotFound("只有党支部有主题党日，请选一个党支部。")
    rows = {
        row.month: row
        for row in db.session.scalars(
            sa.select(Activity).where(
                Activity.unit_id == branch.id, Activity.year == year, Activity.kind == "party_day"
            )
        )
    }
    cases = _cases_about(list(rows.values()))
    counted = attendance.counts(db.session, [row.id for row in rows.values()])
    how = activities.moved_how(db.session, rows.values())
    months = [
        {
            **_party_day(branch, year, month, rows.get(month), cases, how),
            **_turnout(counted.get(rows[month].id) if month in rows else None),
        }
        for month in range(1, 13)
    ]
    return answer({"items": months, "next": None})


def _cases_about(rows: list[Activity]) -> dict[str, str]:
    """Return for each activity the open request about it, else the one that moved or excused it; in
    sight only.
    """
    who, ids = actor(), [row.id for row in rows]
    settled = {
        row.id: row.moved_by or row.excused_by for row in rows if row.moved_by or row.excused_by
    }
    seen = sa.or_(
        sa.exists().where(Unit.id == Case.unit_id, in_sight(who)),
        sa.exists().where(WorkItem.case_id == Case.id, at_seat(who)),
    )
    found = db.session.execute(
        sa.select(Case.id, Case.business_key, Case.closed_at, Case.state).where(
            Case.zone_id == who.zone_id,
            seen,
            Case.workflow == "date_change",
            sa.or_(Case.business_key.in_(ids), Case.id.in_(list(settled.values()))),
        )
    ).all()
    visible = {case.id for case in found}
    late = {case.business_key: case.id for case in found if case.state == "accepted_late"}
    return {
        **late,
        **{row_id: case_id for row_id, case_id in settled.items() if case_id in visible},
        **{case.business_key: case.id for case in found if case.closed_at is None},
    }


def _party_day(
    branch: Unit,
    year: int,
    month: int,
    row: Activity | None,
    cases: dict[str, str],
    how: dict[str, str],
) -> dict:
    """Return a month: planned or, where nobody has planned it yet, as the rule yields it now."""
    rule = (
        zone.rule_for(db.session, branch, year, month)
        if zone.has_rule_day(db.session, branch, month)
        else None
    )
    planned = row or Activity(**activities.plan(db.session, branch, year, month))
    explained = rule is not None and rule.on == planned.rule_day
    return {
        "month": month,
        "first_friday": day(rule.first_friday) if rule else None,
        "postponed_for": rule.postponed_for if rule else None,
        "rule_day": day(_rule_day(branch, planned)),
        "on": day(planned.day),
        "held_on": day(planned.held_on),
        **_standing(branch, planned),
        **_mover(branch, planned, how),
        "case": cases.get(planned.id),
        "activity": row.id if row else None,
        "steps": [
            {"text": step.text, "kind": step.kind, "day": day(step.day), "clause": step.clause}
            for step in rule.steps
        ]
        if explained
        else [],
    }


def _rule_day(branch: Unit, row: Activity):
    """Return what the rule yields; where the zone's notice set the day, what it would have yielded
    without.
    """
    if zone.notice_of(db.session, branch, row) is None:
        return row.rule_day
    return zone.rule_for(db.session, branch, row.year, row.month, noticed=False).on


def _mover(branch: Unit, row: Activity, how: dict[str, str]) -> dict:
    """Say what moved the day: a consent, a late report accepted, or the zone's notice with its
    number.
    """
    notice = zone.notice_of(db.session, branch, row)
    return {
        "moved_how": how.get(row.id) or ("zone_notice" if notice else None),
        "notice": notice.number if notice else None,
    }


def _standing(branch: Unit, row: Activity) -> dict:
    """A month that the branch does not answer for is never called missed."""
    owed, status = activities.owed(branch, row.year, row.month), _status(branch, row)
    if not owed and status in ("missed", "unrecorded", "unplanned"):
        status = "not_owed"
    return {"status": status, "owed": owed}
