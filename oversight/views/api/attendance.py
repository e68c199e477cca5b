"""The attendance sheet of a party day over the API: read it, record or correct it. What a sheet
means is below.
"""

from __future__ import annotations

from dataclasses import asdict

from oversight.base.db import db, find
from oversight.engine import authority
from oversight.ledger import arrange, attendance, course, leave, plans
from oversight.ledger import month as months
from oversight.models import Activity, Attendance, Case, Person
from oversight.views.session import actor, moment

from . import http
from . import messages as m
from .route import route
from .shapes import day, named
from .units import title_and_status

SETTLED = ("met_on", "came", "consulted", "own")


@route(
    "GET",
    "/activities/<uuid:activity_id>/attendance",
    "The sheet of a party day: its roster by class",
    m.Sheet,
    refuses=(403,),
    name="attendance",
)
def read_attendance(activity_id) -> m.Sheet:
    return sheet(attendance.readable(db.session, activity_id, actor()))


@route(
    "POST",
    "/activities/<uuid:activity_id>/attendance",
    "Record who took part; opens a follow-up for each on leave or absent",
    m.Recorded,
    sends=m.Attendance,
    key="optional",
)
def record_attendance(activity_id, sent: m.Attendance, key: str | None):
    def make() -> m.Recorded:
        read = attendance.read_sheet(dict(sent))
        done = attendance.submit(db.session, activity_id, read, actor(), moment())
        return {**sheet(done.activity), "opened": list(done.opened)}

    def still(_body: dict) -> None:
        attendance.readable(db.session, activity_id, actor())

    return http.given(http.once(key, 200, make, still))


@route(
    "GET",
    "/activities/<uuid:activity_id>/plan",
    "What is arranged and was settled before a party day",
    m.Planned,
    refuses=(403,),
)
def read_plan(activity_id) -> m.Planned:
    return _planned(attendance.readable(db.session, activity_id, actor()))


@route(
    "POST",
    "/activities/<uuid:activity_id>/plan",
    "Arrange a party day before it is held: host, manner, invitees, and what was settled beforehand",
    m.Planned,
    sends=m.PlanAhead,
)
def arrange_day(activity_id, sent: m.PlanAhead) -> m.Planned:
    """Arrange a party day before it is held; what is left out stays as it was."""
    read = attendance.read_sheet(dict(sent))
    row = attendance.readable(db.session, activity_id, actor())
    plan = None
    if given := {name: value for name, value in sent.items() if name in SETTLED}:
        stands = plans.of(db.session, row)
        plan = plans.read({**asdict(stands), "came": list(stands.came), **given})
    return _planned(arrange.submit(db.session, activity_id, read, actor(), moment(), plan))


def _planned(row: Activity) -> m.Planned:
    """Return an activity with its plan: when the committee met and who came, and what was asked."""
    stands = plans.of(db.session, row)
    return {
        **sheet(row),
        "met_on": stands.met_on or None,
        "came": list(stands.came),
        "consulted": stands.consulted,
        "own": stands.own,
    }


@route(
    "POST",
    "/activities/<uuid:activity_id>/leave",
    "Say before a party day of my branch that I cannot come, or take it back",
    m.OwnLeave,
    sends=m.AskLeave,
)
def ask_leave(activity_id, sent: m.AskLeave) -> m.OwnLeave:
    """Say before a party day of my branch that I cannot come; the sheet takes it as a proposal."""
    given = db.session, activity_id
    if category := sent["category"]:
        found = leave.submit(*given, category, actor(), moment())
    else:
        found = leave.take_back(*given, actor(), moment())
    return {"activity": found.id, "on": day(found.day), "category": category}


def sheet(row: Activity) -> m.Sheet:
    """Return an activity with its roster: everybody's class, and whose follow-up is which case."""
    rows = attendance.rows_of(db.session, row)
    cases = attendance.missing_cases(db.session, row)
    counted = attendance.counts(db.session, [row.id]).get(row.id)
    people = attendance.people(db.session, row, moment().today)
    writes = authority.may_enter(db.session, row.unit, actor())
    asked = leave.of(db.session, row) if writes else {}
    return {
        "id": row.id,
        **title_and_status(row),
        "unit": named(row.unit),
        "year": row.year,
        "month": row.month,
        "on": day(row.day),
        "held_on": day(row.held_on),
        "entered_at": day(row.held_entered_at),
        "entry": months.one(db.session, row, moment().today).entry,
        "copied": row.source is not None,
        "entered_for": _named(row.entered_for),
        "corrected_from": [key for key in (row.bettered or "").split(",") if key],
        "confirmed_at": day(row.confirmed_at),
        "host": _named(row.host_id),
        "host_why": row.host_why,
        "mode": row.mode,
        "begins": row.begins,
        "place": row.place,
        "theme": row.theme,
        "invitees": attendance.invited(db.session, row),
        "counts": counted.classes if counted else None,
        "open_make_ups": counted.open if counted else None,
        "version": row.version,
        "journal": record_lines(course.of(db.session, [row.id]).get(row.id, [])),
        "exempt": _exempt(row),
        "members": [
            _member(person, rows.get(person.id), cases.get(person.id), asked.get(person.id))
            for person in people
        ],
    }


def _named(person_id: str | None) -> m.Named | None:
    person = find(db.session, Person, person_id)
    return {"id": person.id, "name": person.name} if person else None


def record_lines(lines: list[course.Line]) -> list[m.RecordLine]:
    """Return the course of a record."""
    return [
        {
            "at": day(line.at),
            "who": line.who,
            "act": line.act,
            "label": line.label,
            "state": line.state,
            "why": line.why,
        }
        for line in lines
    ]


def _exempt(row: Activity) -> list[m.ExemptMember]:
    on = row.held_on or row.day or moment().today
    found = attendance.free_lines(db.session, row, on)
    return [{"id": one.id, "name": one.name, "told": told} for one, told in found]


def _member(
    person: Person, row: Attendance | None, case: Case | None, asked: str | None
) -> m.SheetMember:
    return {
        "id": person.id,
        "name": person.name,
        "flags": [flag for flag in m.FLAGS if getattr(person, flag)],
        "class": row.kind if row else None,
        "form": row.form if row else None,
        "category": row.category if row else None,
        "asked_leave": asked,
        "case": {"id": case.id, "state": case.state} if case else None,
    }
