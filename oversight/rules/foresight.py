"""What guards ask about each of many cases, read at once before they ask."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session
from sqlalchemy.orm.util import identity_key

from oversight.base.db import by_ids, is_id
from oversight.base.rows import ids_of
from oversight.calendar import party_days
from oversight.models import Activity, Case

from . import date_change, parties


def read(session: Session, cases: list[Case], sides: dict[str, str]) -> None:
    """Read who has a part in these cases of a zone, their party days and what is near the days that
    they name.

    `sides` is by case the role by which its workflow is opened.
    """
    parties.read_many(session, cases[0].zone_id, sides)
    _read_activities(session, {(case.business_key or "")[:36] for case in cases})
    days = [day for case in cases for day in _days(case)]
    if days:
        date_change.read_days(session, {case.unit_id for case in cases}, days)


def _read_activities(session: Session, keys: set[str]) -> None:
    """Read the activities of these ids that the session does not hold yet."""
    asked = {key: identity_key(Activity, key) for key in keys if is_id(key)}
    held = [session.identity_map.get(name) for name in asked.values()]
    rows = [row for row in held if row is not None]
    missing = asked.keys() - set(ids_of(rows))
    if missing:
        rows += by_ids(session, Activity, missing).values()
    party_days.keep(session, rows)


def _days(case: Case) -> list[date]:
    named = (case.facts.get(name) for name in ("day", "new_day"))
    return [date.fromisoformat(day) for day in named if day]
