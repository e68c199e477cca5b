"""A branch's 组织生活会 over the API: list a year's, note one, take one back. What may be noted is
below.
"""

from __future__ import annotations

from oversight.base.db import db
from oversight.base.refusals import NotFound
from oversight.engine import authority
from oversight.ledger import life_meetings
from oversight.models import Case, LifeMeeting
from oversight.views.session import actor, by_token, moment

from . import http
from .http import answer, bp
from .shapes import day, named
from .units import unit_in_reach


@bp.get("/units/<uuid:unit_id>/life-meetings")
@by_token
def life_meetings_of(unit_id):
    branch, year = unit_in_reach(unit_id), http.year(moment().today.year)
    if branch.kind != "branch":
        raise NotFound("只有党支部有组织生活会，请选一个党支部。")
    rows = life_meetings.of_year(db.session, branch.id, year)
    return answer({"items": [_meeting(row) for row in rows], "next": None})


@bp.post("/units/<uuid:unit_id>/life-meetings")
@by_token
def note_life_meeting(unit_id):
    sent = http.body(on=str)
    return _kept(
        lambda: life_meetings.note(db.session, str(unit_id), sent["on"], actor(), moment()), 201
    )


@bp.post("/life-meetings/<uuid:meeting_id>/take-back")
@by_token
def take_back_life_meeting(meeting_id):
    sent = http.body(reason=str)
    return _kept(
        lambda: life_meetings.take_back(
            db.session, str(meeting_id), sent["reason"], actor(), moment()
        ),
        200,
    )


def _kept(act, status: int):
    """Do it once for an Idempotency-Key, and answer the entry."""
    return http.given(http.once(http.key(required=False), status, lambda: _meeting(act()), _still))


def _still(body: dict) -> None:
    """Refuse to tell again of a unit that is out of reach by now. Raises NotFound."""
    unit_in_reach(body["unit"]["id"])


def _meeting(row: LifeMeeting) -> dict:
    """Return an entry; the case only to who may open it."""
    return {
        "id": row.id,
        "unit": named(row.unit),
        "on": day(row.held_on),
        "noted_at": day(row.noted_at),
        "activity": row.activity_id,
        "case": _seen(row.case_id) if row.case_id else None,
        "withdrawn_at": day(row.withdrawn_at),
        "withdrawn_why": row.withdrawn_why,
    }


def _seen(case_id: str) -> str | None:
    try:
        authority.see(db.session, actor(), db.session.get(Case, case_id))
    except NotFound:
        return None
    return case_id
