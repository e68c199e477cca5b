"""The attendance sheet of a party day over the API: read it, record or correct it. What a sheet
means is below.
"""

from __future__ import annotations

from oversight.base.db import db
from oversight.ledger import arrange, attendance
from oversight.models import Activity, Attendance, Case, Person
from oversight.views.session import actor, by_token, moment

from . import http, shapes
from .http import answer, bp
from .shapes import day, named
from .units import title_and_status

PARTS = {
    "present": list,
    "other_form": dict,
    "leave": dict,
    "absent": list,
    "held_on": str,
    "host": str,
    "host_why": str,
    "mode": str,
    "why": str,
    "invitees": dict,
}
ARRANGED = {name: PARTS[name] for name in ("host", "host_why", "mode", "invitees")}


@bp.get("/activities/<uuid:activity_id>/attendance")
@by_token
def read_attendance(activity_id):
    return answer(sheet(attendance.readable(db.session, str(activity_id), actor())))


@bp.post("/activities/<uuid:activity_id>/attendance")
@by_token
def record_attendance(activity_id):
    sent, key = http.body(**PARTS), http.key(required=False)
    if "invitees" not in http.sent():
        del sent["invitees"]  # left out: as they were

    def make() -> dict:
        read = attendance.read_sheet(sent)
        done = attendance.submit(db.session, str(activity_id), read, actor(), moment())
        return {**sheet(done.activity), "opened": list(done.opened)}

    def still(_body: dict) -> None:
        attendance.readable(db.session, str(activity_id), actor())

    return http.given(http.once(key, 200, make, still))


@bp.post("/activities/<uuid:activity_id>/plan")
@by_token
def arrange_day(activity_id):
    """Arrange a party day before it is held; what is left out stays as it was."""
    sent = {name: value for name, value in http.body(**ARRANGED).items() if name in http.sent()}
    return answer(
        sheet(
            arrange.submit(
                db.session, str(activity_id), attendance.read_sheet(sent), actor(), moment()
            )
        )
    )


def sheet(row: Activity) -> dict:
    """Return an activity with its roster: everybody's class, and whose follow-up is which case."""
    rows = attendance.rows_of(db.session, row)
    cases = attendance.missing_cases(db.session, row)
    counted = attendance.counts(db.session, [row.id]).get(row.id)
    people = attendance.people(db.session, row, moment().today)
    host = db.session.get(Person, row.host_id) if row.host_id else None
    return {
        "id": row.id,
        **title_and_status(row),
        "unit": named(row.unit),
        "year": row.year,
        "month": row.month,
        "on": day(row.day),
        "held_on": day(row.held_on),
        "entered_at": day(row.held_entered_at),
        "confirmed_at": day(row.confirmed_at),
        "host": {"id": host.id, "name": host.name} if host else None,
        "host_why": row.host_why,
        "mode": row.mode,
        "invitees": attendance.invited(db.session, row),
        "counts": counted.classes if counted else None,
        "open_make_ups": counted.open if counted else None,
        "members": [
            _member(person, rows.get(person.id), cases.get(person.id)) for person in people
        ],
    }


def _member(person: Person, row: Attendance | None, case: Case | None) -> dict:
    return {
        "id": person.id,
        "name": person.name,
        "flags": [flag for flag in shapes.FLAGS if getattr(person, flag)],
        "class": row.kind if row else None,
        "form": row.form if row else None,
        "category": row.category if row else None,
        "case": {"id": case.id, "state": case.state} if case else None,
    }
