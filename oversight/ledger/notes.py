"""What lies on the superior's desk once a branch has written its record: a correction that makes a
breach look better, a late entry (补录), and the record of a state-owned enterprise (备案).
"""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from oversight.base.clock import Moment
from oversight.calendar.party_days import entered_late
from oversight.engine import transitions
from oversight.models import Activity
from oversight.organization.actor import Actor, AuthorityBasis

RANKS = {"absent": 0, "leave": 1, "other_form": 2, "present": 3}
MISSING = ("absent", "leave")


def better(row: Activity, what: dict, held_on: date) -> dict[str, int]:
    """Return what a correction makes better, by what it was: how many members, or 1 for the day."""
    found: dict[str, int] = {}
    if row.rule_day and row.held_on != row.day and held_on == row.day:
        found["late"] = 1
    for before, after in what.values():
        was = before[0] if before else ""
        if was in MISSING and RANKS[after[0]] > RANKS[was]:
            found[was] = found.get(was, 0) + 1
    return found


def tell(
    session: Session,
    row: Activity,
    who: Actor,
    basis: AuthorityBasis,
    at: Moment,
    *,
    fresh: bool = False,
    filed: bool = False,
    better: dict[str, int] | None = None,
) -> None:
    """Lay what the superior has to take note of on his desk. Does not commit.

    `fresh`: noted for the first time that it was held; `filed`: the sheet is handed in for the
    first time. What was copied from the handbook asks for no notice. Source: S-4.4c
    """
    if row.source:
        return
    found = {
        "correction": better,
        "late_entry": fresh and entered_late(session, row),
        "filing": filed and row.unit.rule_set == "soe",
    }
    for about, due in found.items():
        if due:
            facts: dict[str, object] = {"record": row.id, "about": about}
            if better:
                facts["before"] = list(better)
            transitions.open_case(session, "record_note", row.unit_id, facts, who, at, basis=basis)
