"""What is owed on the sheet only because something else was recorded: help is announced and a solved issue
reported at the next party day; an oath is taken in its form, a discussion held members first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

import sqlalchemy as sa

from oversight.base.cells import FIRST
from oversight.models import Activity, RegisterEntry
from oversight.organization.units import with_former

# By what was settled in a register before. Source: G-3.2.4e, G-3.2.5c
TOLD_AFTER = {
    "CARE.NOTIFY": ("CARE.VISIT", "CARE.EMERGENCY"),
    "ISSUE.FEEDBACK": ("ISSUE.REGISTER", "ISSUE.TASKS"),
}
# By what the same sheet says. Source: G-3.1.2c, G-3.2.2a
WITH = {"OATH.FORM": ("OATH.JOIN_MONTH", "OATH.JULY1"), "RIGHTS.MEMBERS_FIRST": ("RIGHTS.DISCUSS",)}


def month_to_tell(done_on: date, days: dict[int, date]) -> int | None:
    """Return the month of the first party day on or after the day on which something was settled; None
    where that lies beyond the year of these days.
    """
    later = [month for month, day in days.items() if day >= done_on]
    return min(later, default=None)


def settled_before(row: Activity) -> sa.Select | None:
    """Return what asks for the entries settled since the party day before this one; None where this is
    none.
    """
    day = row.held_on or row.day
    if day is None or row.kind != "party_day":
        return None
    on = sa.func.coalesce(Activity.held_on, Activity.day)
    before = sa.select(sa.func.max(on)).where(
        Activity.unit_id == row.unit_id, Activity.kind == "party_day", on < day
    )
    line = with_former([row.unit_id])
    return (
        sa.select(RegisterEntry)
        .join(line, line.c.id == RegisterEntry.unit_id)
        .where(
            RegisterEntry.withdrawn_at.is_(None),
            RegisterEntry.done_on <= day,
            RegisterEntry.done_on > sa.func.coalesce(before.scalar_subquery(), FIRST),
            passed_on(line, day),
        )
    )


def passed_on(line: sa.CTE, on: date) -> sa.ColumnElement[bool]:
    """Return the condition that an entry is with whom it is counted for on a day: his own, or of a branch
    that was merged into his by then and had not dealt with it. House rule 承继.
    """
    left = sa.or_(RegisterEntry.done_on.is_(None), RegisterEntry.done_on >= line.c.ended_on)
    return sa.or_(line.c.id == line.c.heir, sa.and_(line.c.ended_on <= on, left))


def asked_by(keys: Iterable[str], table: Mapping[str, tuple[str, ...]]) -> set[str]:
    """Return what these keys bring with them."""
    known = set(keys)
    return {key for key, after in table.items() if known & set(after)}
