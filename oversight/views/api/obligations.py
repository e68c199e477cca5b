"""The ledger over the API: what a unit owes, what others owe it, and what the branches below it owe; and
what was done of the duties that are settled by the monthly sheet or the year sheet.
"""

from __future__ import annotations

from oversight.base.clock import Moment
from oversight.base.db import db
from oversight.base.refusals import InvalidInput
from oversight.base.sentences import N_
from oversight.law.inputs import read_day
from oversight.ledger import attendance, duty_records, obligations
from oversight.ledger.obligations import Obligation
from oversight.models import Activity, DutyRecord
from oversight.views.session import actor, end_of, moment

from . import http
from . import messages as m
from .route import route
from .shapes import day, named

BRANCHES = 40  # of a page of the ledger of those below


@route(
    "GET",
    "/obligations",
    "The ledger: what a unit owes, what others owe it, what the branches below it owe",
    m.Obligations,
    query=m.InLedger,
    refuses=(403, 404),
)
def ledger(asked: m.InLedger) -> m.Obligations:
    who, at = actor(), _asked_day(asked)
    unit = obligations.readable(db.session, asked.get("unit") or None, who)
    if asked["box"] == "units":
        size = min(asked["limit"], BRANCHES)
        rows = obligations.below(db.session, unit, asked.get("cursor") or None, size, at.today)
        items = list(obligations.of_units(db.session, rows[:size], at))
        return _page(items, rows[size - 1].id if len(rows) > size else None)
    found = obligations.sides(db.session, unit, who, at)
    return _page(getattr(found, asked["box"]))


def _asked_day(asked: m.InLedger) -> Moment:
    """Return the end of the day that is asked about. Raises InvalidInput."""
    if not asked.get("on"):
        return _as_of(asked.get("as_of"))
    now = moment()
    day_asked = obligations.read_on(asked["on"], now.today)
    return now if day_asked == now.today else end_of(day_asked)


def _as_of(text: str | None) -> Moment:
    """Return the end of the day as of which is asked; never later than now. Raises InvalidInput."""
    now, day_asked = moment(), read_day(text)
    if text and (day_asked is None or day_asked > now.today):
        raise InvalidInput({"as_of": N_("日期写成 2026-01-09 这样，只能查看今天和以前的台账。")})
    return now if day_asked in (None, now.today) else end_of(day_asked)


def _page(items: list[Obligation], following: str | None = None) -> m.Obligations:
    return {
        "items": [_one(item) for item in items],
        "next": following,
        "counts": obligations.counted(items),
    }


def _one(item: Obligation) -> m.Obligation:
    return {
        "key": item.key,
        "clause": item.clause,
        "title": item.title,
        "kind": item.kind,
        "owed_by": named(item.unit),
        "owed_to": named(item.to),
        "period": item.period,
        "due_on": day(item.due_on),
        "state": item.state,
        "settled_by": item.settled_by or None,
        "about": item.about or None,
        "explained": item.why or None,
        "activity": item.activity_id,
        "case": item.case_id,
    }


# What was done -----------------------------------------------------------------------------------


@route(
    "GET",
    "/activities/<uuid:activity_id>/duties",
    "What the sheet of a party day says was done there",
    m.Duties,
    refuses=(403,),
)
def read_duties(activity_id) -> m.Duties:
    return _sheet(attendance.readable(db.session, activity_id, actor()))


@route(
    "PUT",
    "/activities/<uuid:activity_id>/duties",
    "Let the sheet of a party day say what was done there, in place of what it said",
    m.Duties,
    sends=m.DutiesDone,
    refuses=(403,),
)
def write_duties(activity_id, sent: m.DutiesDone) -> m.Duties:
    wanted = duty_records.read(sent.get("duties") or {})
    version, why = sent.get("version"), sent.get("why") or ""
    row = duty_records.submit(db.session, activity_id, wanted, actor(), moment(), why, version)
    return _sheet(row)


def _sheet(row: Activity) -> m.Duties:
    found = duty_records.of_sheets(db.session, [row.id]).get(row.id, {})
    return {
        "activity": row.id,
        "version": row.version,
        "duties": {key: _done(one) for key, one in found.items()},
    }


def _done(one: DutyRecord) -> m.DutyDone:
    return {
        "note": one.facts.get("note", ""),
        "except": one.facts.get("except", []),
        "done_on": day(one.done_on),
        "noted_at": day(one.noted_at),
    }


@route(
    "POST",
    "/units/<uuid:unit_id>/duties",
    "Enter on the year sheet of a unit what it did on a day",
    m.YearEntry,
    sends=m.EntersDuty,
    key="optional",
    status=201,
)
def enter_duty(unit_id, sent: m.EntersDuty, key: str | None):
    def make() -> m.YearEntry:
        row = duty_records.enter(
            db.session, unit_id, sent["key"], sent["on"], sent.get("note") or "", actor(), moment()
        )
        return {"id": row.id, "key": row.key, "on": day(row.done_on)}

    def still(_body: dict) -> None:
        obligations.readable(db.session, unit_id, actor())

    return http.given(http.once(key, 201, make, still))
