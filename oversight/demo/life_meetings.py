"""The demo zone's 组织生活会: some branches held one with a party day of each half-year, an organ missed
the first.
"""

from __future__ import annotations

import sqlalchemy as sa

from oversight.base.db import new_id
from oversight.models import Activity, LifeMeeting

from .date_changes import Year

HELD = (
    "branch01",
    "branch03",
    "branch05",
    "branch08",
    "branch12",
    "branch15",
    "branch16",
    "branch17",
    "branch18",
)
MISSED = "branch12"  # nothing in any first half
FROM = (3, 9)  # the month from which the first party day of a half-year served for it


def fill(year: Year, _held: list[dict]) -> None:
    """Write the meetings in bulk, but for days on which an appraisal held its own."""
    keys = {year.book.units[key]: key for key in HELD}
    there = set(year.session.execute(sa.select(LifeMeeting.unit_id, LifeMeeting.held_on)).all())
    days = year.session.execute(
        sa.select(  # columns: what was written in bulk is not in the session's objects
            Activity.id,
            Activity.zone_id,
            Activity.unit_id,
            Activity.year,
            Activity.month,
            Activity.held_on,
            Activity.held_entered_at,
        )
        .where(Activity.unit_id.in_(keys), Activity.held_on.is_not(None))
        .order_by(Activity.held_on, Activity.id)
    )
    rows: dict[tuple, dict] = {}
    for day in days:
        half, key = int(day.month > 6), keys[day.unit_id]
        if (
            day.month < FROM[half]
            or key == MISSED
            and half == 0
            or (day.unit_id, day.held_on) in there
        ):
            continue
        rows.setdefault(
            (day.unit_id, day.year, half),
            {
                "id": new_id(),
                "zone_id": day.zone_id,
                "unit_id": day.unit_id,
                "held_on": day.held_on,
                "activity_id": day.id,
                "noted_by": year.book.people[f"{key}.secretary"],
                "noted_at": day.held_entered_at,
            },
        )
    if rows:
        year.session.execute(sa.insert(LifeMeeting), list(rows.values()))
