"""What is in the reader's subtree: units, their members, activities and party days. Read only.

A unit's lists tell of the unit and of everything below it; visibility is in the WHERE.
"""

from __future__ import annotations

from oversight.base.db import db, find
from oversight.base.refusals import NotFound
from oversight.calendar import party_days as activities
from oversight.ledger import attendance
from oversight.ledger import month as months
from oversight.models import Activity, Unit
from oversight.organization import reach
from oversight.organization.names import told_apart
from oversight.organization.units import by_id
from oversight.views.pages import phone
from oversight.views.session import actor, moment

from . import messages as m
from . import shapes
from .http import page
from .route import route
from .shapes import day, named


def unit_in_reach(unit_id: str, within=reach.in_reach) -> Unit:
    """Return a unit. Raises NotFound."""
    return reach.unit_in_reach(db.session, unit_id, actor(), within)


# Units -------------------------------------------------------------------------------------------


@route("GET", "/units", "What is in my subtree, own unit first", m.Units, query=m.Paging)
def units(asked: m.Paging):
    size = asked["limit"]
    rows = reach.units(db.session, actor(), asked.get("cursor") or None, size)
    above = by_id(db.session, {row.parent_id for row in rows if row.parent_id})
    return page(rows, size, lambda row: shapes.unit(row, above.get(row.parent_id)))


@route("GET", "/units/<uuid:unit_id>", "One unit", m.Unit)
def unit(unit_id) -> m.Unit:
    row = unit_in_reach(unit_id, reach.kept)
    return shapes.unit(row, find(db.session, Unit, row.parent_id))


@route(
    "GET",
    "/units/<uuid:unit_id>/members",
    "Its members and those of all units below it",
    m.Members,
    query=m.Paging,
)
def members(unit_id, asked: m.Paging):
    who, size, top = actor(), asked["limit"], unit_in_reach(unit_id)
    rows = reach.members(db.session, who, top, moment().today, asked.get("cursor") or None, size)
    leads = tuple(post.unit.path for post in who.posts)
    units = {row.Person.id: row.Unit.name for row in rows}
    called = told_apart([row.Person for row in rows[:size]], units)
    return page(
        rows,
        size,
        mark=lambda row: row.Membership.id,
        shape=lambda row: shapes.member(
            row.Person,
            row.Unit,
            row.Unit.path.startswith(leads),
            called[row.Person.id],
            phone.masked(row.Person),
        ),
    )


# Activities and party days -----------------------------------------------------------------------


@route(
    "GET",
    "/units/<uuid:unit_id>/activities",
    "Its activities of a year and those below it",
    m.Activities,
    query=m.YearPaging,
    name="activities",
)
def unit_activities(unit_id, asked: m.YearPaging):
    size, top, year = asked["limit"], unit_in_reach(unit_id), year_of(asked)
    rows, counted, how = months.activities(
        db.session, actor(), top, year, asked.get("cursor") or None, size
    )
    return page(
        rows,
        size,
        lambda row: _activity(row.Activity, row.Unit, counted, how),
        mark=lambda row: row.Activity.id,
    )


def year_of(asked: m.OfYear) -> int:
    return asked.get("year", moment().today.year)


def _activity(row: Activity, branch: Unit, counted: dict, how: dict) -> m.Activity:
    return {
        "id": row.id,
        "unit": named(branch),
        "year": row.year,
        "month": row.month,
        **title_and_status(row),
        "on": day(row.day),
        "rule_day": day(months.one(db.session, row, moment().today).rule_day),
        "held_on": day(row.held_on),
        "moved_how": how.get(row.id),
        **_turnout(counted.get(row.id)),
    }


def title_and_status(row: Activity) -> m.TitleAndStatus:
    """Return what an activity is called and how it stands."""
    name = activities.NAMES.get(row.kind) or f"{row.month}月主题党日"
    return {"name": name, "status": _status(months.one(db.session, row, moment().today))}


def _status(found: months.Month) -> str:
    """Say how a party day stands; one that the zone's notice moved is moved."""
    if found.before and not found.row.held_on:
        return "not_owed"
    noticed = found.stands == "planned" and found.rule_day != found.row.rule_day
    return "moved" if noticed else found.stands


def _turnout(count: attendance.Count | None) -> m.Counted:
    """Return who came, by class, and how many make-ups are open;

    nulls where nothing is recorded.
    """
    return {
        "attendance": count.classes if count else None,
        "open_make_ups": count.open if count else None,
    }


@route(
    "GET",
    "/units/<uuid:unit_id>/party-days",
    "A branch's twelve party days of a year",
    m.PartyDays,
    query=m.OfYear,
)
def party_days(unit_id, asked: m.OfYear) -> m.PartyDays:
    branch, year = unit_in_reach(unit_id), year_of(asked)
    if branch.kind != "branch":
        raise NotFound("只有党支部有主题党日，请选一个党支部。")
    found = months.of_year(db.session, branch, year, moment().today, months.Month)
    rows = [one.row for one in found if one.saved]
    cases = months.cases_in_sight(db.session, rows, actor())
    how = activities.moved_how(db.session, rows)
    return {"items": [_party_day(one, cases, how) for one in found], "next": None}


def _party_day(found: months.Month, cases: dict[str, str], how: dict[str, str]) -> m.PartyDay:
    """Return a month: planned or, where nobody has planned it yet, as the rule yields it now."""
    row, rule = found.row, found.rule
    explained = rule is not None and rule.on == row.rule_day
    return {
        "month": found.number,
        "first_friday": day(rule.first_friday) if rule else None,
        "postponed_for": rule.postponed_for if rule else None,
        "rule_day": day(found.rule_day),
        "on": day(row.day),
        "held_on": day(row.held_on),
        **_standing(found),
        "moved_how": months.how_moved(found, how),
        "notice": found.notice.number if found.notice else None,
        "case": cases.get(row.id),
        "activity": row.id if found.saved else None,
        "steps": [
            {"text": step.text, "kind": step.kind, "day": day(step.day), "clause": step.clause}
            for step in rule.steps
        ]
        if explained
        else [],
        **_turnout(found.counted),
    }


def _standing(found: months.Month) -> m.Standing:
    """A month that the branch does not answer for is never called missed."""
    status = _status(found)
    if not found.owed and status in ("missed", "unrecorded", "unplanned"):
        status = "not_owed"
    return {"status": status, "owed": found.owed}
