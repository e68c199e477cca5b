"""A branch's 组织生活会 over the API: list a year's, note one, take one back. What may be noted is
below.
"""

from __future__ import annotations

from oversight.base.db import db
from oversight.base.refusals import NotFound
from oversight.engine import authority
from oversight.ledger import course, life_meetings
from oversight.models import Case, LifeMeeting
from oversight.views.session import actor, moment

from . import http
from . import messages as m
from .attendance import record_lines
from .route import route
from .shapes import day, named
from .units import unit_in_reach, year_of


@route(
    "GET",
    "/units/<uuid:unit_id>/life-meetings",
    "A branch's meetings of organizational life in a year, entries taken back among them",
    m.LifeMeetings,
    query=m.OfYear,
)
def life_meetings_of(unit_id, asked: m.OfYear) -> m.LifeMeetings:
    branch, year = unit_in_reach(unit_id), year_of(asked)
    if branch.kind != "branch":
        raise NotFound("只有党支部有组织生活会，请选一个党支部。")
    rows = life_meetings.of_year(db.session, branch.id, year)
    told = course.of(db.session, [row.id for row in rows])
    return {"items": [_meeting(row, told) for row in rows], "next": None}


@route(
    "POST",
    "/units/<uuid:unit_id>/life-meetings",
    "Note on which day one was held",
    m.LifeMeeting,
    sends=m.HeldOn,
    key="optional",
    status=201,
)
def note_life_meeting(unit_id, sent: m.HeldOn, key: str | None):
    def make() -> m.LifeMeeting:
        return _meeting(life_meetings.note(db.session, unit_id, sent["on"], actor(), moment()))

    return http.given(http.once(key, 201, make, _still))


@route(
    "POST",
    "/life-meetings/<uuid:meeting_id>/take-back",
    "Take back a wrong entry; it stays on record",
    m.LifeMeeting,
    sends=m.TakenBack,
    key="optional",
)
def take_back_life_meeting(meeting_id, sent: m.TakenBack, key: str | None):
    def make() -> m.LifeMeeting:
        why = sent["reason"]
        return _meeting(life_meetings.take_back(db.session, meeting_id, why, actor(), moment()))

    return http.given(http.once(key, 200, make, _still))


def _still(body: dict) -> None:
    """Make sure that a repeated answer is still within the caller's reach. Raises NotFound."""
    unit_in_reach(body["unit"]["id"])


def _meeting(row: LifeMeeting, told: dict | None = None) -> m.LifeMeeting:
    """Return an entry; the case only to who may open it."""
    told = course.of(db.session, [row.id]) if told is None else told
    return {
        "id": row.id,
        "unit": named(row.unit),
        "on": day(row.held_on),
        "noted_at": day(row.noted_at),
        "activity": row.activity_id,
        "case": _seen(row.case_id) if row.case_id else None,
        "journal": record_lines(told.get(row.id, [])),
        "withdrawn_at": day(row.withdrawn_at),
        "withdrawn_why": row.withdrawn_why,
    }


def _seen(case_id: str) -> str | None:
    try:
        authority.see(db.session, actor(), db.session.get(Case, case_id))
    except NotFound:
        return None
    return case_id
